// Matrix products and block formats with AVX2, FMA and F16C.

#if defined(__x86_64__)

#include "avx2.h"

#include <float.h>
#include <math.h>

#include "CKernels.h"
#include "avx2_blocks.h"

// Products of 32 weights and 32 activations in 8 sums; lanes 0...3 come from elements 0...15.
HW_INLINE __m256i dot_bytes(const uint32_t type, __m256i weights, const int8_t *x) {
  const __m256i values = load32(x);
  const __m256i pairs = HW_IS_SIGNED(type)
      ? _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(values, weights))
      : _mm256_maddubs_epi16(weights, values);
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

// The same with both planes of the activations, as floats. At most 4 * 128 * 127 * 257 a lane: no overflow.
HW_INLINE __m256 dot_group(const uint32_t type, __m256i weights, const int8_t *high, ptrdiff_t to_low) {
  const __m256i dot = _mm256_slli_epi32(dot_bytes(type, weights, high), 8);
  return _mm256_cvtepi32_ps(_mm256_add_epi32(dot, dot_bytes(type, weights, high + to_low)));
}

HW_INLINE __m128 load_meta(const float *meta) { return _mm_castpd_ps(_mm_load_sd((const double *)meta)); }

// `nr` rows times `nt` tokens, both constants. Sums run over the whole row in 8 lanes; minima, times the sums of the
// activations, run in lane 1 of `mins`.
HW_INLINE void tile(const uint32_t type, const int nr, const int nt, const uint8_t *weights, size_t row_bytes,
                    size_t length, const int8_t *high, ptrdiff_t to_low, const float *meta, float *out,
                    size_t out_stride) {
  const size_t groups = length / HW_GROUP, per_block = hw_block_groups(type), bytes = hw_block_bytes(type);
  __m256 sums[4];
  __m128 mins[4];
  for (int k = 0; k < nr * nt; k++) {
    sums[k] = _mm256_setzero_ps();
    mins[k] = _mm_setzero_ps();
  }
  float pairs[2][32];
  for (size_t i = 0; i < groups; i += per_block) {
    for (int r = 0; r < nr; r++) {
      const uint8_t *block = weights + (size_t)r * row_bytes + i / per_block * bytes;
      if (per_block > 1) block_scales(type, block, pairs[r]);
      for (size_t g = 0; g < per_block; g++) {
        const __m256i w = group_values(type, block, (int)g);
        const __m128 pair = per_block > 1 ? load_meta(pairs[r] + 2 * g) : block_scale(type, block);
        for (int t = 0; t < nt; t++) {
          const int k = r * nt + t;
          const int8_t *x = high + (size_t)t * length + (i + g) * HW_GROUP;
          const float *m = meta + HW_META * ((size_t)t * groups + i + g);
          const __m256 dot = dot_group(type, w, x, to_low);
          if (HW_HAS_HALVES(type)) {
            const float *halves = pairs[r] + 4 * g;
            const __m256 d = _mm256_broadcast_ss(m);
            sums[k] = _mm256_fmadd_ps(dot, _mm256_mul_ps(two_scales(halves[0], halves[2]), d), sums[k]);
            if (type == HW_Q2_K) {
              const __m256 sum = dot_group(type, _mm256_set1_epi8(1), x, to_low);
              sums[k] = _mm256_fmadd_ps(sum, _mm256_mul_ps(two_scales(halves[1], halves[3]), d), sums[k]);
            }
          } else {
            const __m128 product = _mm_mul_ps(pair, load_meta(m));
            sums[k] = _mm256_fmadd_ps(dot, _mm256_broadcastss_ps(product), sums[k]);
            if (!HW_IS_SIGNED(type)) mins[k] = _mm_add_ps(mins[k], product);
          }
        }
      }
    }
  }
  for (int r = 0; r < nr; r++) {
    for (int t = 0; t < nt; t++) {
      const int k = r * nt + t;
      out[(size_t)t * out_stride + (size_t)r] = sum_lanes(sums[k]) + _mm_cvtss_f32(_mm_movehdup_ps(mins[k]));
    }
  }
}

HW_INLINE void product(const uint32_t type, const uint8_t *weights, size_t rows, size_t length, hw_activations x,
                       size_t tokens, float *out, size_t out_stride) {
  const size_t row_bytes = length / HW_GROUP / hw_block_groups(type) * hw_block_bytes(type);
  const size_t meta_stride = length / HW_GROUP * HW_META;
  const ptrdiff_t to_low = x.low - x.high;
  size_t t = 0;
  for (; t + 4 <= tokens; t += 4) {
    for (size_t r = 0; r < rows; r++) {
      tile(type, 1, 4, weights + r * row_bytes, row_bytes, length, x.high + t * length, to_low,
           x.meta + t * meta_stride, out + t * out_stride + r, out_stride);
    }
  }
  for (; t < tokens; t++) {
    const int8_t *high = x.high + t * length;
    const float *meta = x.meta + t * meta_stride;
    const uint8_t *row = weights;
    float *to = out + t * out_stride;
    size_t r = 0;
    for (; r + 2 <= rows; r += 2, row += 2 * row_bytes) {
      tile(type, 2, 1, row, row_bytes, length, high, to_low, meta, to + r, out_stride);
    }
    if (r < rows) tile(type, 1, 1, row, row_bytes, length, high, to_low, meta, to + r, out_stride);
  }
}

HW_AVX2 void hw_avx2_multiply_quantized(uint32_t type, const void *weights, size_t rows, size_t length,
                                        hw_activations x, size_t tokens, float *out, size_t out_stride) {
  switch (type) {
#define CASE(TYPE) \
  case TYPE: product(TYPE, weights, rows, length, x, tokens, out, out_stride); return;
    CASE(HW_Q4_0)
    CASE(HW_Q4_1)
    CASE(HW_Q5_0)
    CASE(HW_Q5_1)
    CASE(HW_Q8_0)
    CASE(HW_Q2_K)
    CASE(HW_Q3_K)
    CASE(HW_Q4_K)
    CASE(HW_Q5_K)
    CASE(HW_Q6_K)
    CASE(HW_IQ4_NL)
    CASE(HW_IQ4_XS)
#undef CASE
  }
}

// Eight signed bytes as floats, times scale plus min, rounded twice as ggml does.
HW_INLINE void decode8(__m128i bytes, float scale, float min, float *out) {
  const __m256i wide = _mm256_cvtepi8_epi32(bytes);
  const __m256 scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(wide), _mm256_set1_ps(scale));
  _mm256_storeu_ps(out, _mm256_add_ps(scaled, _mm256_set1_ps(min)));
}

HW_INLINE void decode(const uint32_t type, const uint8_t *blocks, size_t count, float *out) {
  const size_t per_block = hw_block_groups(type), bytes = hw_block_bytes(type);
  float pairs[32];
  for (size_t i = 0; i < count / HW_GROUP; i++) {
    const uint8_t *block = blocks + i / per_block * bytes;
    const size_t g = i % per_block;
    if (per_block == 1) {
      _mm_storeu_ps(pairs, block_scale(type, block));
    } else if (g == 0) {
      block_scales(type, block, pairs);
    }
    __m256i values = group_values(type, block, (int)g);
    // These two are signed with no minimum; only products take them as unsigned with one.
    if (type == HW_Q4_0) values = _mm256_sub_epi8(values, _mm256_set1_epi8(8));
    if (type == HW_Q5_0) values = _mm256_sub_epi8(values, _mm256_set1_epi8(16));
    const int has_min = !HW_IS_SIGNED(type) && type != HW_Q4_0 && type != HW_Q5_0;
    for (int half = 0; half < 2; half++) {
      const float *pair = pairs + (HW_HAS_HALVES(type) ? 4 * g + 2 * (size_t)half : 2 * g);
      const float min = has_min ? pair[1] : -0.0f;  // added to anything, -0 changes nothing
      const __m128i low = half ? _mm256_extracti128_si256(values, 1) : _mm256_castsi256_si128(values);
      decode8(low, pair[0], min, out + i * HW_GROUP + 16 * half);
      decode8(_mm_srli_si128(low, 8), pair[0], min, out + i * HW_GROUP + 16 * half + 8);
    }
  }
}

HW_INLINE void decode_wide(uint32_t type, const uint16_t *x, size_t count, float *out) {
  size_t j = 0;
  for (; j + 8 <= count; j += 8) {
    const __m128i eight = _mm_loadu_si128((const __m128i *)(x + j));
    _mm256_storeu_ps(out + j, type == HW_F16 ? _mm256_cvtph_ps(eight)
                                             : _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(eight), 16)));
  }
  hw_kernels_portable()->dequantize(type, x + j, count - j, out + j);
}

HW_AVX2 void hw_avx2_dequantize(uint32_t type, const void *blocks, size_t count, float *out) {
  const size_t tail = hw_is_quantized(type) ? count % (HW_GROUP * hw_block_groups(type)) : 0;
  if (tail) {
    count -= tail;
    const size_t whole = count / HW_GROUP / hw_block_groups(type) * hw_block_bytes(type);
    hw_kernels_portable()->dequantize(type, (const uint8_t *)blocks + whole, tail, out + count);
  }
  switch (type) {
#define CASE(TYPE) \
  case TYPE: decode(TYPE, blocks, count, out); return;
    CASE(HW_Q4_0)
    CASE(HW_Q4_1)
    CASE(HW_Q5_0)
    CASE(HW_Q5_1)
    CASE(HW_Q8_0)
    CASE(HW_Q2_K)
    CASE(HW_Q3_K)
    CASE(HW_Q4_K)
    CASE(HW_Q5_K)
    CASE(HW_Q6_K)
    CASE(HW_IQ4_NL)
    CASE(HW_IQ4_XS)
#undef CASE
    case HW_F16: case HW_BF16: decode_wide(type, blocks, count, out); return;
    default: hw_kernels_portable()->dequantize(type, blocks, count, out);
  }
}

// 32 integers between -128 and 127 as bytes.
HW_INLINE void store_bytes(const __m256i whole[4], int8_t *out) {
  const __m256i low = _mm256_packs_epi32(whole[0], whole[1]), high = _mm256_packs_epi32(whole[2], whole[3]);
  // Packing works in halves of a register; this puts the groups of four back in order.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256((__m256i *)out, _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order));
}

// 32 integers of 16 bits, of each four in the order 0, 2, 1, 3.
HW_INLINE void store_wide(const __m256i wide[4], int16_t *out) {
  for (int k = 0; k < 4; k++) {
    const __m256i swapped = _mm256_shuffle_epi32(wide[k], _MM_SHUFFLE(3, 1, 2, 0));
    const __m256i packed = _mm256_packs_epi32(swapped, swapped);
    _mm_storeu_si128((__m128i *)(out + 8 * k), _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08)));
  }
}

HW_AVX2 void hw_avx2_quantize(const float *x, size_t tokens, size_t length, hw_activations out) {
  const __m256 no_sign = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  for (size_t i = 0; i < tokens * length / HW_GROUP; i++) {
    __m256 part[4], largest = _mm256_setzero_ps(), broken = _mm256_setzero_ps();
    for (int k = 0; k < 4; k++) {
      part[k] = _mm256_loadu_ps(x + i * HW_GROUP + 8 * k);
      const __m256 size = _mm256_and_ps(part[k], no_sign);
      largest = _mm256_max_ps(size, largest);
      broken = _mm256_or_ps(broken, _mm256_cmp_ps(size, _mm256_set1_ps(FLT_MAX), _CMP_NLE_UQ));
    }
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(largest), _mm256_extractf128_ps(largest, 1));
    four = _mm_max_ps(four, _mm_movehl_ps(four, four));
    const float peak = _mm_cvtss_f32(_mm_max_ss(four, _mm_movehdup_ps(four)));
    const int is_broken = _mm256_movemask_ps(broken);
    const __m256 factor = _mm256_set1_ps(peak >= 0x1p-100f && !is_broken ? 127 / peak : 0);

    __m256i whole[4], sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (int k = 0; k < 4; k++) {
      part[k] = _mm256_mul_ps(part[k], factor);
      whole[k] = is_broken ? _mm256_setzero_si256() : _mm256_cvtps_epi32(part[k]);
      sums[k / 2] = _mm256_add_epi32(sums[k / 2], whole[k]);
    }
    store_bytes(whole, out.high + i * HW_GROUP);
    __m256i wide[4];
    for (int k = 0; k < 4; k++) wide[k] = _mm256_slli_epi32(whole[k], 8);
    const __m256 limit = _mm256_set1_ps(127), unit = _mm256_set1_ps(256);
    for (int k = 0; k < 2; k++) sums[k] = _mm256_slli_epi32(sums[k], 8);
    for (int k = 0; k < 4; k++) {
      __m256 rest = _mm256_mul_ps(_mm256_sub_ps(part[k], _mm256_cvtepi32_ps(whole[k])), unit);
      rest = _mm256_max_ps(_mm256_min_ps(rest, limit), _mm256_sub_ps(_mm256_setzero_ps(), limit));
      whole[k] = is_broken ? _mm256_setzero_si256() : _mm256_cvtps_epi32(rest);
      sums[k / 2] = _mm256_add_epi32(sums[k / 2], whole[k]);
    }
    store_bytes(whole, out.low + i * HW_GROUP);
    for (int k = 0; k < 4; k++) wide[k] = _mm256_add_epi32(wide[k], whole[k]);
    store_wide(wide, out.wide + i * HW_GROUP);
    // Lanes 0 and 1: the sums of the halves.
    __m256i both = _mm256_hadd_epi32(sums[0], sums[1]);
    both = _mm256_hadd_epi32(both, both);
    const __m128i halves = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    const int first = _mm_cvtsi128_si32(halves), last = _mm_extract_epi32(halves, 1);
    const float scale = is_broken ? NAN : peak / 127 / 256;
    const __m128i all = _mm_setr_epi32(1, first + last, first, last);
    _mm_storeu_ps(out.meta + HW_META * i, _mm_mul_ps(_mm_set1_ps(scale), _mm_cvtepi32_ps(all)));
  }
}

// `nr` rows times `nt` tokens of floats, eight sums each.
HW_INLINE void float_tile(const int nr, const int nt, const float *weights, size_t length, const float *x, float *out,
                          size_t out_stride) {
  __m256 sums[8];
  for (int k = 0; k < nr * nt; k++) sums[k] = _mm256_setzero_ps();
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    __m256 w[2];
    for (int r = 0; r < nr; r++) w[r] = _mm256_loadu_ps(weights + (size_t)r * length + j);
    for (int t = 0; t < nt; t++) {
      const __m256 v = _mm256_loadu_ps(x + (size_t)t * length + j);
      for (int r = 0; r < nr; r++) sums[r * nt + t] = _mm256_fmadd_ps(w[r], v, sums[r * nt + t]);
    }
  }
  for (int r = 0; r < nr; r++) {
    for (int t = 0; t < nt; t++) {
      float sum = sum_lanes(sums[r * nt + t]);
      for (size_t k = j; k < length; k++) sum += weights[(size_t)r * length + k] * x[(size_t)t * length + k];
      out[(size_t)t * out_stride + (size_t)r] = sum;
    }
  }
}

HW_AVX2 void hw_avx2_multiply_float(const float *weights, size_t rows, size_t length, const float *x, size_t tokens,
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
