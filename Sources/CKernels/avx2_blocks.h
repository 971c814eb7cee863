// Groups of 32 quantized weights in AVX2 registers. Included by avx2.c only.

#ifndef HUBWATCH_AVX2_BLOCKS_H
#define HUBWATCH_AVX2_BLOCKS_H

#include <immintrin.h>

#include "formats.h"

#define HW_AVX2 __attribute__((target("avx2,fma,f16c")))
#define HW_INLINE static inline __attribute__((always_inline, target("avx2,fma,f16c")))

// Types whose 32 values are signed bytes; the others are unsigned and have a minimum.
#define HW_IS_SIGNED(type) \
  ((type) == HW_Q8_0 || (type) == HW_Q3_K || (type) == HW_Q6_K || (type) == HW_IQ4_NL || (type) == HW_IQ4_XS)
// Types with one scale for 16 elements instead of 32.
#define HW_HAS_HALVES(type) ((type) == HW_Q2_K || (type) == HW_Q3_K || (type) == HW_Q6_K)

HW_INLINE __m256i load32(const void *p) { return _mm256_loadu_si256(p); }

// 16 bytes to 32 nibbles: low ones first.
HW_INLINE __m256i nibbles(const uint8_t *qs) {
  const __m128i bytes = _mm_loadu_si128((const __m128i *)qs);
  const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(bytes), _mm_srli_epi16(bytes, 4), 1);
  return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

// 32 bits to 32 bytes of 0 or 16.
HW_INLINE __m256i fifth_bits(const uint8_t *qh) {
  uint32_t bits;
  memcpy(&bits, qh, 4);
  const __m256i spread = _mm256_shuffle_epi8(
      _mm256_set1_epi32((int)bits),
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303));
  const __m256i mask = _mm256_set1_epi64x((long long)0x8040201008040201ULL);
  const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(spread, mask), mask);
  return _mm256_and_si256(set, _mm256_set1_epi8(16));
}

// Bits shift ... of 32 bytes, under a mask; shift and mask fit into a byte.
HW_INLINE __m256i field(__m256i bytes, int shift, char mask) {
  return _mm256_and_si256(_mm256_srl_epi16(bytes, _mm_cvtsi32_si128(shift)), _mm256_set1_epi8(mask));
}

HW_INLINE __m256i iq4(__m256i indexes) {
  const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)hw_iq4_values));
  return _mm256_shuffle_epi8(table, indexes);
}

// The values of group i: unsigned bytes, or signed ones for HW_IS_SIGNED types.
HW_INLINE __m256i group_values(const uint32_t type, const uint8_t *block, int i) {
  switch (type) {
    case HW_Q4_0: return nibbles(((const hw_q4_0 *)block)->qs);
    case HW_Q4_1: return nibbles(((const hw_q4_1 *)block)->qs);
    case HW_Q5_0: {
      const hw_q5_0 *b = (const hw_q5_0 *)block;
      return _mm256_or_si256(nibbles(b->qs), fifth_bits(b->qh));
    }
    case HW_Q5_1: {
      const hw_q5_1 *b = (const hw_q5_1 *)block;
      return _mm256_or_si256(nibbles(b->qs), fifth_bits(b->qh));
    }
    case HW_Q8_0: return load32(((const hw_q8_0 *)block)->qs);
    case HW_IQ4_NL: return iq4(nibbles(((const hw_iq4_nl *)block)->qs));
    case HW_IQ4_XS: return iq4(nibbles(((const hw_iq4_xs *)block)->qs + 16 * i));
    case HW_Q4_K: return field(load32(((const hw_q4_k *)block)->qs + 32 * (i / 2)), 4 * (i % 2), 15);
    case HW_Q5_K: {
      const hw_q5_k *b = (const hw_q5_k *)block;
      const __m256i low = field(load32(b->qs + 32 * (i / 2)), 4 * (i % 2), 15);
      return _mm256_or_si256(low, _mm256_slli_epi16(field(load32(b->qh), i, 1), 4));
    }
    case HW_Q2_K: return field(load32(((const hw_q2_k *)block)->qs + 32 * (i / 4)), 2 * (i % 4), 3);
    case HW_Q3_K: {
      const hw_q3_k *b = (const hw_q3_k *)block;
      const __m256i low = field(load32(b->qs + 32 * (i / 4)), 2 * (i % 4), 3);
      const __m256i high = _mm256_slli_epi16(field(load32(b->hmask), i, 1), 2);
      return _mm256_sub_epi8(_mm256_or_si256(low, high), _mm256_set1_epi8(4));
    }
    default: {
      const hw_q6_k *b = (const hw_q6_k *)block;
      const __m256i low = field(load32(b->ql + 64 * (i / 4) + 32 * (i % 2)), i % 4 < 2 ? 0 : 4, 15);
      const __m256i high = _mm256_slli_epi16(field(load32(b->qh + 32 * (i / 4)), 2 * (i % 4), 3), 4);
      return _mm256_sub_epi8(_mm256_or_si256(low, high), _mm256_set1_epi8(32));
    }
  }
}

// Two halves that lie side by side, as floats in lanes 0 and 1.
HW_INLINE __m128 two_halves(const void *p) {
  int bits;
  memcpy(&bits, p, 4);
  return _mm_cvtph_ps(_mm_cvtsi32_si128(bits));
}

HW_INLINE float one_half(const void *p) {
  uint16_t bits;
  memcpy(&bits, p, 2);
  return _cvtsh_ss(bits);
}

// Scale and minimum of the single group of a 32-block, in lanes 0 and 1; the values are those of group_values.
HW_INLINE __m128 block_scale(const uint32_t type, const uint8_t *block) {
  switch (type) {
    case HW_Q4_1: case HW_Q5_1: return two_halves(block);
    case HW_Q4_0: return _mm_mul_ps(_mm_set1_ps(one_half(block)), _mm_setr_ps(1, -8, 0, 0));
    case HW_Q5_0: return _mm_mul_ps(_mm_set1_ps(one_half(block)), _mm_setr_ps(1, -16, 0, 0));
    default: return _mm_set_ss(one_half(block));
  }
}

// Scales and minima of a 256-block: `pairs` gets (scale, minimum) for each group or, with halves, each half group.
HW_INLINE void block_scales(const uint32_t type, const uint8_t *block, float pairs[32]) {
  int scale, min;
  switch (type) {
    case HW_Q4_K: case HW_Q5_K: {
      // Both begin with d, dmin and the same 12 bytes.
      const hw_q4_k *b = (const hw_q4_k *)block;
      const float d = one_half(&b->d), dmin = -one_half(&b->dmin);
      for (int i = 0; i < 8; i++) {
        hw_scale_min(b->scales, i, &scale, &min);
        pairs[2 * i] = d * (float)scale;
        pairs[2 * i + 1] = dmin * (float)min;
      }
      return;
    }
    case HW_Q2_K: {
      const hw_q2_k *b = (const hw_q2_k *)block;
      const float d = one_half(&b->d), dmin = -one_half(&b->dmin);
      for (int i = 0; i < 16; i++) {
        pairs[2 * i] = d * (float)(b->scales[i] & 15);
        pairs[2 * i + 1] = dmin * (float)(b->scales[i] >> 4);
      }
      return;
    }
    case HW_Q3_K: {
      const hw_q3_k *b = (const hw_q3_k *)block;
      const float d = one_half(&b->d);
      for (int i = 0; i < 16; i++) {
        pairs[2 * i] = d * (float)hw_q3_scale(b->scales, i);
        pairs[2 * i + 1] = 0;
      }
      return;
    }
    case HW_Q6_K: {
      const hw_q6_k *b = (const hw_q6_k *)block;
      const float d = one_half(&b->d);
      for (int i = 0; i < 16; i++) {
        pairs[2 * i] = d * (float)b->scales[i];
        pairs[2 * i + 1] = 0;
      }
      return;
    }
    default: {
      const hw_iq4_xs *b = (const hw_iq4_xs *)block;
      const float d = one_half(&b->d);
      for (int i = 0; i < 8; i++) {
        pairs[2 * i] = d * (float)hw_iq4_scale(b, i);
        pairs[2 * i + 1] = 0;
      }
    }
  }
}

// Lanes 0...3 from one number, 4...7 from another.
HW_INLINE __m256 two_scales(float low, float high) { return _mm256_set_m128(_mm_set1_ps(high), _mm_set1_ps(low)); }

HW_INLINE float sum_lanes(__m256 v) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

// e^x: x = n ln 2 + r with |r| ≤ ln 2 / 2, e^r by its Taylor series to r^7 (error below 1e-8), 2^n by its bits.
HW_INLINE __m256 exp8(__m256 x) {
  // The order of operands keeps a NaN a NaN.
  x = _mm256_min_ps(_mm256_set1_ps(88.3f), _mm256_max_ps(_mm256_set1_ps(-87.3f), x));
  const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
  __m256 e = _mm256_set1_ps(1.0f / 5040);
  const float terms[7] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};
  for (int k = 0; k < 7; k++) e = _mm256_fmadd_ps(e, r, _mm256_set1_ps(terms[k]));
  const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
  return _mm256_mul_ps(e, _mm256_castsi256_ps(power));
}

#endif
