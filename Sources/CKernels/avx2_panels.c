// Products of panels of 8 rows with AVX2.
//
// Codes and activations are multiplied as 16 bits: that costs as many instructions as two products of bytes, needs no
// care about overflow, and takes every type alike.

#if defined(__x86_64__)

#include <immintrin.h>

#include "CKernels.h"
#include "avx2.h"
#include "avx2_blocks.h"
#include "panels.h"

// Rows of a panel: the lanes of a register.
#define ROWS 8

// Two activations of 16 bits, in every lane.
HW_INLINE __m256i two(const int16_t *x) {
  int word;
  memcpy(&word, x, 4);
  return _mm256_set1_epi32(word);
}

HW_INLINE __m256 halves8(const uint8_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }

HW_INLINE __m256 bytes8(const uint8_t *p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

HW_INLINE __m256 signed8(const uint8_t *p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}

// A shift of 16-bit lanes, to the left where it is negative.
HW_INLINE __m256i shifted(__m256i v, const int right) {
  return right >= 0 ? _mm256_srli_epi16(v, right) : _mm256_slli_epi16(v, -right);
}

// Codes 4c and 4c + 2 of a group in every row, or 4c + 1 and 4c + 3 if `odd`, as 16 bits.
HW_INLINE __m256i codes(const uint32_t type, const uint8_t *group, const int c, const int odd) {
  const int bits = hw_panel_bits(type);
  const __m256i even_bytes = _mm256_set1_epi16(0xFF);
  if (bits == 8) {
    const __m256i four = load32(group + 32 * c);
    return odd ? _mm256_srli_epi16(four, 8) : _mm256_and_si256(four, even_bytes);
  }
  const __m256i both = load32(group + 32 * (c % 4));
  if (type == HW_IQ4_NL || type == HW_IQ4_XS) {
    // The table's bytes, plus 128.
    const __m128i table = _mm_xor_si128(_mm_loadu_si128((const __m128i *)hw_iq4_values), _mm_set1_epi8((char)0x80));
    const __m256i four = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), field(both, c < 4 ? 0 : 4, 15));
    return odd ? _mm256_srli_epi16(four, 8) : _mm256_and_si256(four, even_bytes);
  }
  const int shift = (c < 4 ? 0 : 4) + (odd ? 8 : 0);
  const __m256i low = _mm256_and_si256(shifted(both, shift), _mm256_set1_epi16(15));
  if (bits == 4) return low;
  const __m256i more = load32(group + 32 * (bits == 5 ? 4 : 4 + c / 4));
  const int from = (bits == 5 ? c : 2 * (c % 4)) + (odd ? 8 : 0);
  const __m256i mask = _mm256_set1_epi16(bits == 5 ? 0x10 : 0x30);
  return _mm256_or_si256(low, _mm256_and_si256(shifted(more, from - 4), mask));
}

// How far ahead of the codes.
#define AHEAD 8192

// 8 rows times `nt` tokens.
HW_INLINE void tile(const uint32_t type, const int nt, const uint8_t *panel, size_t length, hw_activations x,
                    float *out, size_t out_stride, size_t rows) {
  const hw_scale_kind kind = hw_panel_scale(type);
  const size_t groups = length / HW_GROUP, shared = hw_panel_shared_groups(kind);
  const size_t code_bytes = ROWS * hw_panel_code_bytes(type), scale_bytes = ROWS * hw_panel_scale_bytes(kind);
  const size_t panel_bytes = hw_panel_bytes(type, ROWS, length);
  const uint8_t *scales = panel + groups * code_bytes;
  const __m256 bias = _mm256_set1_ps((float)-hw_panel_bias(type));
  // Scales of 16 elements instead of 32: two rounds a group.
  const int parts = kind == HW_SCALE_TWO_BYTES ? 2 : 1;
  __m256 sums[4];
  for (int t = 0; t < nt; t++) sums[t] = _mm256_setzero_ps();
  for (size_t i = 0; i < groups; i += shared, scales += scale_bytes) {
    const __m256 d = halves8(scales);
    const __m256 m = kind == HW_SCALE_HALF_MIN || kind == HW_SCALE_BYTE_MIN ? halves8(scales + 2 * ROWS) : d;
    const uint8_t *bytes = scales + ROWS * hw_panel_shared_bytes(kind);
    // The next panel's scales are needed from its beginning on. Those of this one, so far ahead, lie where the codes of
    // the next will have been left out.
    if (nt == 1) {
      hw_prefetch(scales + panel_bytes, scale_bytes);
      hw_prefetch(scales + AHEAD, scale_bytes);
    }
    for (size_t g = 0; g < shared; g++, panel += code_bytes, bytes += ROWS * hw_panel_group_bytes(kind)) {
      if (nt == 1) hw_prefetch(panel + AHEAD, code_bytes);
      for (int part = 0; part < parts; part++) {
        const int first = part * 4, last = parts == 1 ? 8 : first + 4;
        // Two sums a token where there is but one token: a chain of additions would wait for itself.
        __m256i dots[4][2];
        for (int t = 0; t < nt; t++) dots[t][0] = dots[t][1] = _mm256_setzero_si256();
#pragma clang loop unroll(full)
        for (int c = first; c < last; c++) {
          const int16_t *values = x.wide + (i + g) * HW_GROUP + 4 * c;
#pragma clang loop unroll(full)
          for (int odd = 0; odd < 2; odd++) {
            const __m256i w = codes(type, panel, c, odd);
            const int k = nt == 1 ? odd : 0;
#pragma clang loop unroll(full)
            for (int t = 0; t < nt; t++) {
              dots[t][k] = _mm256_add_epi32(dots[t][k], _mm256_madd_epi16(w, two(values + (size_t)t * length + 2 * odd)));
            }
          }
        }
        __m256 scale = d, min;
        if (kind == HW_SCALE_BYTE_MIN) scale = _mm256_mul_ps(d, bytes8(bytes));
        if (kind == HW_SCALE_BYTE) scale = _mm256_mul_ps(d, signed8(bytes));
        if (kind == HW_SCALE_TWO_BYTES) scale = _mm256_mul_ps(d, signed8(bytes + ROWS * part));
        switch (kind) {
          case HW_SCALE_HALF_MIN: min = m; break;
          case HW_SCALE_BYTE_MIN: min = _mm256_fnmadd_ps(m, bytes8(bytes + ROWS), _mm256_setzero_ps()); break;
          default: min = _mm256_mul_ps(scale, bias);
        }
        const float *about = x.meta + HW_META * (i + g);
#pragma clang loop unroll(full)
        for (int t = 0; t < nt; t++, about += HW_META * groups) {
          const __m256i dot = nt == 1 ? _mm256_add_epi32(dots[t][0], dots[t][1]) : dots[t][0];
          const __m256 both = _mm256_mul_ps(scale, _mm256_broadcast_ss(about));
          sums[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), both, sums[t]);
          sums[t] = _mm256_fmadd_ps(min, _mm256_broadcast_ss(about + (parts == 1 ? 1 : 2 + part)), sums[t]);
        }
      }
    }
  }
  for (int t = 0; t < nt; t++) {
    float *to = out + (size_t)t * out_stride;
    if (rows >= ROWS) {
      _mm256_storeu_ps(to, sums[t]);
    } else {
      float lanes[ROWS];
      _mm256_storeu_ps(lanes, sums[t]);
      memcpy(to, lanes, rows * sizeof(float));
    }
  }
}

#define MOST_TOKENS 4
#include "panel_products.h"

HW_AVX2 void hw_avx2_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x,
                                     size_t tokens, float *out, size_t out_stride) {
  panel_product(type, panels, rows, length, x, tokens, out, out_stride);
}

#endif
