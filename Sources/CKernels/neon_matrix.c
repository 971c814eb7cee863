// Products of rows as they lie in the file, with NEON: of floats, and of quantized rows that are in no panels.

#if defined(__aarch64__) && defined(__linux__)

#include <math.h>

#include "formats.h"
#include "neon.h"

#pragma STDC FP_CONTRACT OFF

// Tokens that share the work of unpacking a row.
#define TOKENS 8

// Sixteen weights times sixteen activations of two planes.
HW_INLINE int32_t dot16(int8x16_t weights, const int8_t *high, const int8_t *low) {
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t upper = vdotq_s32(zero, weights, vld1q_s8(high)), lower = vdotq_s32(zero, weights, vld1q_s8(low));
  return vaddvq_s32(vaddq_s32(vshlq_n_s32(upper, 8), lower));
}

// One row times `count` tokens. Weights are unpacked by the plain decoder, which fits every type: types that matter for
// speed come in panels. Floats are added up in the order of plain C.
HW_INLINE void row_product(uint32_t type, const uint8_t *row, size_t length, hw_activations x, size_t first,
                           size_t count, float *out, size_t out_stride) {
  const size_t per_block = hw_block_groups(type), bytes = hw_block_bytes(type), groups = length / HW_GROUP;
  float sums[TOKENS] = {0};
  for (size_t i = 0; i < groups; i++) {
    hw_group g;
    hw_unpack(type, row + i / per_block * bytes, (int)(i % per_block), &g);
    const int8x16_t weights[2] = {vld1q_s8(g.values), vld1q_s8(g.values + 16)}, ones = vdupq_n_s8(1);
    for (size_t t = 0; t < count; t++) {
      const size_t at = (first + t) * length + i * HW_GROUP;
      float product = 0;
      for (int half = 0; half < 2; half++) {
        const int8_t *high = x.high + at + 16 * half, *low = x.low + at + 16 * half;
        float part = g.scale[half] * (float)dot16(weights[half], high, low);
        if (g.min[half] != 0) part += g.min[half] * (float)dot16(ones, high, low);
        product += part;
      }
      sums[t] += x.meta[HW_META * ((first + t) * groups + i)] * product;
    }
  }
  for (size_t t = 0; t < count; t++) out[(first + t) * out_stride] = sums[t];
}

HW_NEON void hw_neon_multiply_quantized(uint32_t type, const void *weights, size_t rows, size_t length,
                                        hw_activations x, size_t tokens, float *out, size_t out_stride) {
  const size_t row_bytes = length / HW_GROUP / hw_block_groups(type) * hw_block_bytes(type);
  for (size_t first = 0; first < tokens; first += TOKENS) {
    const size_t count = tokens - first < TOKENS ? tokens - first : TOKENS;
    for (size_t r = 0; r < rows; r++) {
      row_product(type, (const uint8_t *)weights + r * row_bytes, length, x, first, count, out + r, out_stride);
    }
  }
}

// `nr` rows times `nt` tokens of floats, eight sums each.
HW_INLINE void float_tile(const int nr, const int nt, const float *weights, size_t length, const float *x, float *out,
                          size_t out_stride) {
  hw_eight sums[8];
  for (int k = 0; k < nr * nt; k++) sums[k] = zero8();
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    hw_eight w[2];
    for (int r = 0; r < nr; r++) w[r] = load8(weights + (size_t)r * length + j);
    for (int t = 0; t < nt; t++) {
      const hw_eight v = load8(x + (size_t)t * length + j);
      for (int r = 0; r < nr; r++) sums[r * nt + t] = fma8(sums[r * nt + t], w[r], v);
    }
  }
  for (int r = 0; r < nr; r++) {
    for (int t = 0; t < nt; t++) {
      float sum = sum8(sums[r * nt + t]);
      for (size_t k = j; k < length; k++) sum = fmaf(weights[(size_t)r * length + k], x[(size_t)t * length + k], sum);
      out[(size_t)t * out_stride + (size_t)r] = sum;
    }
  }
}

HW_NEON void hw_neon_multiply_float(const float *weights, size_t rows, size_t length, const float *x, size_t tokens,
                                    float *out, size_t out_stride) {
  size_t t = 0;
  for (; t + 4 <= tokens; t += 4) {
    size_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      float_tile(2, 4, weights + r * length, length, x + t * length, out + t * out_stride + r, out_stride);
    }
    if (r < rows) float_tile(1, 4, weights + r * length, length, x + t * length, out + t * out_stride + r, out_stride);
  }
  for (; t < tokens; t++) {
    size_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      float_tile(2, 1, weights + r * length, length, x + t * length, out + t * out_stride + r, out_stride);
    }
    if (r < rows) float_tile(1, 1, weights + r * length, length, x + t * length, out + t * out_stride + r, out_stride);
  }
}

#endif
