// Ternary weights (TQ), signs alone (Q1_0) and floats of four bits (FP4).

#include "decoders.h"
#include "formats.h"

#pragma STDC FP_CONTRACT OFF

// Five ternary digits fill a byte as a fraction of 256: times a power of three, the next digit comes on top.
static float ternary(uint8_t byte, int digit) {
  static const uint8_t powers[5] = {1, 3, 9, 27, 81};
  const uint8_t rest = (uint8_t)(byte * powers[digit]);
  return (float)((rest * 3 >> 8) - 1);
}

// Digit n of 32 bytes, then digit n of 16 bytes, then digit n of the 4 bytes of qh, which have four.
void hw_decode_tq1_0(const void *block, float *out) {
  const hw_tq1_0 *b = block;
  const float d = hw_half(b->d);
  for (int n = 0; n < 5; n++) {
    for (int j = 0; j < 32; j++) *out++ = d * ternary(b->qs[j], n);
  }
  for (int n = 0; n < 5; n++) {
    for (int j = 32; j < 48; j++) *out++ = d * ternary(b->qs[j], n);
  }
  for (int n = 0; n < 4; n++) {
    for (int j = 0; j < 4; j++) *out++ = d * ternary(b->qh[j], n);
  }
}

// Half a block has 32 bytes, each of its four groups another pair of bits.
void hw_decode_tq2_0(const void *block, float *out) {
  const hw_tq2_0 *b = block;
  const float d = hw_half(b->d);
  for (int i = 0; i < 8; i++) {
    for (int j = 0; j < 32; j++) {
      *out++ = d * (float)((b->qs[32 * (i / 4) + j] >> 2 * (i % 4) & 3) - 1);
    }
  }
}

// A bit an element: plus or minus the scale.
void hw_decode_q1_0(const void *block, float *out) {
  const hw_q1_0 *b = block;
  const float d = hw_half(b->d);
  for (int j = 0; j < 128; j++) out[j] = b->qs[j / 8] >> j % 8 & 1 ? d : -d;
}

// Twice the values of E2M1, so that they are whole; there is no negative zero.
static const float fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// 2^(e - 128): half of E8M0, for the doubled values. Two of them are subnormal; ggml has no NaN for 255.
static float half_e8m0(unsigned e) { return hw_float_from_bits(e < 2 ? 0x00200000u << e : (e - 1) << 23); }

void hw_decode_mxfp4(const void *block, float *out) {
  const hw_mxfp4 *b = block;
  const float d = half_e8m0(b->e);
  for (int j = 0; j < 16; j++) {
    out[j] = d * fp4_values[b->qs[j] & 15];
    out[j + 16] = d * fp4_values[b->qs[j] >> 4];
  }
}

// Half of UE4M3 (exponent bias 7), for the doubled values. Its one NaN counts as zero; the sign bit is not looked at,
// but for telling that NaN.
static float half_ue4m3(uint8_t bits) {
  if (bits == 0x7F) return 0;
  const unsigned exponent = bits >> 3 & 15, fraction = bits & 7;
  if (!exponent) return (float)fraction * 0x1p-10f;
  return (float)(8 + fraction) * hw_float_from_bits((exponent + 127 - 7 - 3 - 1) << 23);
}

// Four groups of 16 elements: of 8 bytes first the low nibbles, then the high ones.
void hw_decode_nvfp4(const void *block, float *out) {
  const hw_nvfp4 *b = block;
  for (int i = 0; i < 4; i++, out += 16) {
    const float d = half_ue4m3(b->d[i]);
    for (int j = 0; j < 8; j++) {
      out[j] = d * fp4_values[b->qs[8 * i + j] & 15];
      out[j + 8] = d * fp4_values[b->qs[8 * i + j] >> 4];
    }
  }
}
