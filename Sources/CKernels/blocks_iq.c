// The codebook formats IQ1, IQ2 and IQ3. Every block has 256 elements in 8 groups of 32; a code of 8 to 11 bits stands
// for 8 (IQ1, IQ2) or 4 elements (IQ3).

#include "decoders.h"
#include "formats.h"
#include "grids.h"

#pragma STDC FP_CONTRACT OFF

// Blocks are unaligned in a file, and little-endian.
static uint16_t load16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t load32(const uint8_t *p) { return load16(p) | (uint32_t)load16(p + 2) << 16; }

// Seven signs are stored; the eighth makes the number of negative ones even.
static unsigned all_signs(unsigned seven) { return seven | (unsigned)__builtin_parity(seven) << 7; }

// Eight elements of an IQ2 row; bit j of signs makes element j negative.
static void put_iq2(unsigned row, unsigned signs, float scale, float *out) {
  static const float values[4] = {8, 25, 43, 0};  // the grids have no 3
  for (int j = 0; j < 8; j++) out[j] = scale * values[row >> 2 * j & 3] * (signs >> j & 1 ? -1.0f : 1.0f);
}

// Four elements of an IQ3 row, with 8 values for their 3 bits.
static void put_iq3(const float values[8], unsigned row, unsigned signs, float scale, float *out) {
  for (int j = 0; j < 4; j++) out[j] = scale * values[row >> 4 * j & 7] * (signs >> j & 1 ? -1.0f : 1.0f);
}

// Eight elements of an IQ1 row: -1, 0 or 1, all moved by delta.
static void put_iq1(unsigned row, float delta, float scale, float *out) {
  for (int j = 0; j < 8; j++) out[j] = scale * ((float)(int)(row >> 2 * j & 3) - 1 + delta);
}

// A group is 8 bytes: four codes of 8 bits; four times seven signs, and a scale of 4 bits on top.
void hw_decode_iq2_xxs(const void *block, float *out) {
  const hw_iq2_xxs *b = block;
  for (int i = 0; i < 8; i++, out += 32) {
    const uint8_t *codes = b->qs + 8 * i;
    const uint32_t signs = load32(codes + 4);
    const float scale = hw_half(b->d) * (0.5f + (float)(signs >> 28)) * 0.25f;
    for (int k = 0; k < 4; k++) put_iq2(hw_iq2_xxs_grid[codes[k]], all_signs(signs >> 7 * k & 127), scale, out + 8 * k);
  }
}

// Codes of 9 bits with seven signs above; a scale of 4 bits for 16 elements.
void hw_decode_iq2_xs(const void *block, float *out) {
  const hw_iq2_xs *b = block;
  for (int k = 0; k < 32; k++) {
    const unsigned code = load16(b->qs + 2 * k);
    const unsigned small = b->scales[k / 4] >> 4 * (k / 2 % 2) & 15;
    const float scale = hw_half(b->d) * (0.5f + (float)small) * 0.25f;
    put_iq2(hw_iq2_xs_grid[code & 511], all_signs(code >> 9), scale, out + 8 * k);
  }
}

// Codes of 8 bits, two more in qh, all eight signs; a scale of 4 bits for 16 elements.
void hw_decode_iq2_s(const void *block, float *out) {
  const hw_iq2_s *b = block;
  for (int k = 0; k < 32; k++) {
    const unsigned code = b->qs[k] | (b->qh[k / 4] >> 2 * (k % 4) & 3u) << 8;
    const unsigned small = b->scales[k / 4] >> 4 * (k / 2 % 2) & 15;
    const float scale = hw_half(b->d) * (0.5f + (float)small) * 0.25f;
    put_iq2(hw_iq2_s_grid[code], b->signs[k], scale, out + 8 * k);
  }
}

// 64 codes of 8 bits; then for each group four times seven signs, and a scale of 4 bits on top.
void hw_decode_iq3_xxs(const void *block, float *out) {
  static const float values[8] = {4, 12, 20, 28, 36, 44, 52, 62};
  const hw_iq3_xxs *b = block;
  for (int k = 0; k < 64; k++) {
    const uint32_t group = load32(b->scales + 4 * (k / 8));
    const float scale = hw_half(b->d) * (0.5f + (float)(group >> 28)) * 0.5f;
    const unsigned signs = all_signs(group >> 7 * (k / 2 % 4) & 127);
    put_iq3(values, hw_iq3_xxs_grid[b->qs[k]], signs >> 4 * (k % 2), scale, out + 4 * k);
  }
}

// Codes of 8 bits, one more in qh, all signs; a scale of 4 bits for 32 elements.
void hw_decode_iq3_s(const void *block, float *out) {
  static const float values[8] = {1, 3, 5, 7, 9, 11, 13, 15};
  const hw_iq3_s *b = block;
  for (int k = 0; k < 64; k++) {
    const unsigned code = b->qs[k] | (b->qh[k / 8] >> k % 8 & 1u) << 8;
    const unsigned small = b->scales[k / 16] >> 4 * (k / 8 % 2) & 15;
    const float scale = hw_half(b->d) * (float)(1 + 2 * small);
    put_iq3(values, hw_iq3_s_grid[code], b->signs[k / 2] >> 4 * (k % 2), scale, out + 4 * k);
  }
}

// Codes of 8 bits; for each group 16 bits: four times three more bits, a scale of 3 bits, the sign of delta.
void hw_decode_iq1_s(const void *block, float *out) {
  const hw_iq1_s *b = block;
  for (int k = 0; k < 32; k++) {
    const unsigned group = load16(b->qh + 2 * (k / 4));
    const unsigned code = b->qs[k] | (group >> 3 * (k % 4) & 7) << 8;
    const float scale = hw_half(b->d) * (float)(2 * (group >> 12 & 7) + 1);
    put_iq1(hw_iq1_grid[code], group & 0x8000 ? -0.125f : 0.125f, scale, out + 8 * k);
  }
}

// Codes of 8 bits, three more and the sign of delta in a nibble of qh. Four words of 16 bits have four scales of 3 bits
// for 16 elements each, and on top a quarter of the half-precision scale.
void hw_decode_iq1_m(const void *block, float *out) {
  const hw_iq1_m *b = block;
  unsigned half = 0;
  for (int i = 0; i < 4; i++) half |= (unsigned)load16(b->scales + 2 * i) >> 12 << 4 * i;
  for (int k = 0; k < 32; k++) {
    const unsigned high = b->qh[k / 2] >> 4 * (k % 2) & 15u;
    const unsigned small = load16(b->scales + 2 * (k / 8)) >> 3 * (k / 2 % 4) & 7u;
    const float scale = hw_half((uint16_t)half) * (float)(2 * small + 1);
    put_iq1(hw_iq1_grid[b->qs[k] | (high & 7) << 8], high & 8 ? -0.125f : 0.125f, scale, out + 8 * k);
  }
}
