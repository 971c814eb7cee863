// The block formats of GGUF tensors. Numbers and layouts: ggml's ggml_type and block structures.

#ifndef HUBWATCH_FORMATS_H
#define HUBWATCH_FORMATS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
  HW_F32 = 0, HW_F16 = 1, HW_Q4_0 = 2, HW_Q4_1 = 3, HW_Q5_0 = 6, HW_Q5_1 = 7, HW_Q8_0 = 8, HW_Q2_K = 10,
  HW_Q3_K = 11, HW_Q4_K = 12, HW_Q5_K = 13, HW_Q6_K = 14, HW_IQ2_XXS = 16, HW_IQ2_XS = 17, HW_IQ3_XXS = 18,
  HW_IQ1_S = 19, HW_IQ4_NL = 20, HW_IQ3_S = 21, HW_IQ2_S = 22, HW_IQ4_XS = 23, HW_IQ1_M = 29, HW_BF16 = 30,
  HW_TQ1_0 = 34, HW_TQ2_0 = 35, HW_MXFP4 = 39, HW_NVFP4 = 40, HW_Q1_0 = 41,
  // Our own, only in memory, beyond ggml's numbers.
  HW_G4 = 1004, HW_G8 = 1008,
};

// A block of 32 elements. d, m: half-precision scale and minimum; qh: fifth bits; qs: low and high nibbles are
// elements i and i + 16.
typedef struct { uint16_t d; uint8_t qs[16]; } hw_q4_0;
typedef struct { uint16_t d, m; uint8_t qs[16]; } hw_q4_1;
typedef struct { uint16_t d; uint8_t qh[4], qs[16]; } hw_q5_0;
typedef struct { uint16_t d, m; uint8_t qh[4], qs[16]; } hw_q5_1;
typedef struct { uint16_t d; int8_t qs[32]; } hw_q8_0;
typedef struct { uint16_t d; uint8_t qs[16]; } hw_iq4_nl;

// A block of 256 elements in 8 groups of 32, with small integer scales under one or two halves.
typedef struct { uint8_t scales[16], qs[64]; uint16_t d, dmin; } hw_q2_k;
typedef struct { uint8_t hmask[32], qs[64], scales[12]; uint16_t d; } hw_q3_k;
typedef struct { uint16_t d, dmin; uint8_t scales[12], qs[128]; } hw_q4_k;
typedef struct { uint16_t d, dmin; uint8_t scales[12], qh[32], qs[128]; } hw_q5_k;
typedef struct { uint8_t ql[128], qh[64]; int8_t scales[16]; uint16_t d; } hw_q6_k;
typedef struct { uint16_t d, scales_h; uint8_t scales_l[4], qs[128]; } hw_iq4_xs;

// Codebook blocks of 256 elements. qs: low bits of the codes; qh: their high bits; words of 16 and 32 bits are bytes here,
// because blocks are unaligned.
typedef struct { uint16_t d; uint8_t qs[64]; } hw_iq2_xxs;
typedef struct { uint16_t d; uint8_t qs[64], scales[8]; } hw_iq2_xs;
typedef struct { uint16_t d; uint8_t qs[32], signs[32], qh[8], scales[8]; } hw_iq2_s;
typedef struct { uint16_t d; uint8_t qs[64], scales[32]; } hw_iq3_xxs;
typedef struct { uint16_t d; uint8_t qs[64], qh[8], signs[32], scales[4]; } hw_iq3_s;
typedef struct { uint16_t d; uint8_t qs[32], qh[16]; } hw_iq1_s;
typedef struct { uint8_t qs[32], qh[16], scales[8]; } hw_iq1_m;

// Ternary blocks of 256 elements; signs of 128; FP4 blocks of 32 and 64, with an exponent, or four scales of 8 bits.
typedef struct { uint8_t qs[48], qh[4]; uint16_t d; } hw_tq1_0;
typedef struct { uint8_t qs[64]; uint16_t d; } hw_tq2_0;
typedef struct { uint16_t d; uint8_t qs[16]; } hw_q1_0;
typedef struct { uint8_t e, qs[16]; } hw_mxfp4;
typedef struct { uint8_t d[4], qs[32]; } hw_nvfp4;

// What weights that were packed by GPTQ and its kin become: element i is scale * q + min, in 32-bit floats, so that
// nothing of their half-precision scales and zeros is lost. Low and high nibbles are elements i and i + 16.
typedef struct { float scale, min; uint8_t qs[16]; } hw_g4;
typedef struct { float scale, min; int8_t qs[32]; } hw_g8;

_Static_assert(sizeof(hw_g4) == 24 && sizeof(hw_g8) == 40, "G blocks");
_Static_assert(sizeof(hw_q4_0) == 18 && sizeof(hw_q4_1) == 20, "Q4 blocks");
_Static_assert(sizeof(hw_q5_0) == 22 && sizeof(hw_q5_1) == 24, "Q5 blocks");
_Static_assert(sizeof(hw_q8_0) == 34 && sizeof(hw_iq4_nl) == 18, "Q8 and IQ4_NL blocks");
_Static_assert(sizeof(hw_q2_k) == 84 && sizeof(hw_q3_k) == 110, "Q2_K and Q3_K blocks");
_Static_assert(sizeof(hw_q4_k) == 144 && sizeof(hw_q5_k) == 176, "Q4_K and Q5_K blocks");
_Static_assert(sizeof(hw_q6_k) == 210 && sizeof(hw_iq4_xs) == 136, "Q6_K and IQ4_XS blocks");

_Static_assert(sizeof(hw_iq2_xxs) == 66 && sizeof(hw_iq2_xs) == 74 && sizeof(hw_iq2_s) == 82, "IQ2 blocks");
_Static_assert(sizeof(hw_iq3_xxs) == 98 && sizeof(hw_iq3_s) == 110, "IQ3 blocks");
_Static_assert(sizeof(hw_iq1_s) == 50 && sizeof(hw_iq1_m) == 56, "IQ1 blocks");
_Static_assert(sizeof(hw_tq1_0) == 54 && sizeof(hw_tq2_0) == 66 && sizeof(hw_q1_0) == 18, "TQ and Q1_0 blocks");
_Static_assert(sizeof(hw_mxfp4) == 17 && sizeof(hw_nvfp4) == 36, "FP4 blocks");

// The 16 values of the IQ4 types.
static const int8_t hw_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Bytes of a block, and groups of 32 in it, of the types that integer kernels take; 0 for all others.
static inline size_t hw_block_bytes(uint32_t type) {
  switch (type) {
    case HW_Q4_0: return sizeof(hw_q4_0);
    case HW_Q4_1: return sizeof(hw_q4_1);
    case HW_Q5_0: return sizeof(hw_q5_0);
    case HW_Q5_1: return sizeof(hw_q5_1);
    case HW_Q8_0: return sizeof(hw_q8_0);
    case HW_IQ4_NL: return sizeof(hw_iq4_nl);
    case HW_Q2_K: return sizeof(hw_q2_k);
    case HW_Q3_K: return sizeof(hw_q3_k);
    case HW_Q4_K: return sizeof(hw_q4_k);
    case HW_Q5_K: return sizeof(hw_q5_k);
    case HW_Q6_K: return sizeof(hw_q6_k);
    case HW_IQ4_XS: return sizeof(hw_iq4_xs);
    default: return 0;
  }
}

static inline size_t hw_block_groups(uint32_t type) {
  switch (type) {
    case HW_Q2_K: case HW_Q3_K: case HW_Q4_K: case HW_Q5_K: case HW_Q6_K: case HW_IQ4_XS: return 8;
    default: return 1;
  }
}

static inline float hw_float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline float hw_half(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 31) return hw_float_from_bits(sign | 0x7F800000 | fraction << 13);
  if (exponent) return hw_float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
  const float subnormal = (float)fraction * 0x1p-24f;
  return sign ? -subnormal : subnormal;
}

// The 6-bit scale and minimum of group i in the 12 bytes that Q4_K and Q5_K share.
static inline void hw_scale_min(const uint8_t *s, int i, int *scale, int *min) {
  if (i < 4) {
    *scale = s[i] & 63;
    *min = s[i + 4] & 63;
  } else {
    *scale = (s[i + 4] & 15) | (s[i - 4] >> 6) << 4;
    *min = s[i + 4] >> 4 | (s[i] >> 6) << 4;
  }
}

// The 6-bit scale, minus 32, of half group i (0...15) in the 12 bytes of Q3_K.
static inline int hw_q3_scale(const uint8_t *s, int i) {
  const int low = i < 8 ? s[i] & 15 : s[i - 8] >> 4;
  return (low | (s[8 + i % 4] >> 2 * (i / 4) & 3) << 4) - 32;
}

// The 6-bit scale, minus 32, of group i (0...7) in IQ4_XS.
static inline int hw_iq4_scale(const hw_iq4_xs *b, int i) {
  return ((b->scales_l[i / 2] >> 4 * (i % 2) & 15) | (b->scales_h >> 2 * i & 3) << 4) - 32;
}

// A group of 32 elements: element j is scale[j / 16] * values[j] + min[j / 16].
typedef struct {
  int8_t values[32];
  float scale[2], min[2];
} hw_group;

// Decodes group i of a block, element by element: the reference for every faster way.
void hw_unpack(uint32_t type, const void *block, int i, hw_group *out);

#endif
