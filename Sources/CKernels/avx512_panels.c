// Products of panels of 16 rows with AVX-512 and VNNI.

#if defined(__x86_64__)

#include <immintrin.h>

#include "CKernels.h"
#include "avx512.h"
#include "panels.h"

// Rows of a panel: the lanes of a register.
#define ROWS 16
// A word of four activations, in every lane.
HW_INLINE __m512i four(const int8_t *x) {
  int word;
  memcpy(&word, x, 4);
  return _mm512_set1_epi32(word);
}

HW_INLINE __m512 halves16(const uint8_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }

HW_INLINE __m512 bytes16(const uint8_t *p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

HW_INLINE __m512 signed16(const uint8_t *p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

// Codes 4c ... 4c + 3 of a group in every row.
HW_INLINE __m512i codes(const uint32_t type, const uint8_t *group, const int c) {
  const int bits = hw_panel_bits(type);
  if (bits == 8) return _mm512_loadu_si512(group + 64 * c);
  const __m512i both = _mm512_loadu_si512(group + 64 * (c % 4));
  const __m512i low = _mm512_and_si512(c < 4 ? both : _mm512_srli_epi16(both, 4), _mm512_set1_epi8(15));
  if (type == HW_IQ4_NL || type == HW_IQ4_XS) {
    // The table's bytes, plus 128.
    const __m128i table = _mm_xor_si128(_mm_loadu_si128((const __m128i *)hw_iq4_values), _mm_set1_epi8((char)0x80));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), low);
  }
  if (bits == 4) return low;
  // The other bits of the code, moved to bit 4, below a mask: low | (moved & mask).
  const __m512i more = _mm512_loadu_si512(group + 64 * (bits == 5 ? 4 : 4 + c / 4));
  const int from = bits == 5 ? c : 2 * (c % 4);
  const __m512i moved = from <= 4 ? _mm512_slli_epi16(more, (unsigned)(4 - from) & 15)
                                  : _mm512_srli_epi16(more, (unsigned)(from - 4) & 15);
  return _mm512_ternarylogic_epi32(low, moved, _mm512_set1_epi8(bits == 5 ? 0x10 : 0x30), 0xF8);
}

// How far ahead of the codes.
#define AHEAD 12288

// 16 rows times `nt` tokens.
HW_INLINE void tile(const uint32_t type, const int nt, const uint8_t *panel, size_t length, hw_activations x,
                    float *out, size_t out_stride, size_t rows) {
  const hw_scale_kind kind = hw_panel_scale(type);
  const size_t groups = length / HW_GROUP, shared = hw_panel_shared_groups(kind);
  const size_t code_bytes = ROWS * hw_panel_code_bytes(type), scale_bytes = ROWS * hw_panel_scale_bytes(kind);
  const size_t panel_bytes = hw_panel_bytes(type, ROWS, length);
  const ptrdiff_t to_low = x.low - x.high;
  const uint8_t *scales = panel + groups * code_bytes;
  const __m512 bias = _mm512_set1_ps((float)-hw_panel_bias(type));
  // Scales of 16 elements instead of 32: two rounds a group.
  const int parts = kind == HW_SCALE_TWO_BYTES ? 2 : 1;
  __m512 sums[8];
  for (int t = 0; t < nt; t++) sums[t] = _mm512_setzero_ps();
  for (size_t i = 0; i < groups; i += shared, scales += scale_bytes) {
    const __m512 d = halves16(scales);
    const __m512 m = kind == HW_SCALE_HALF_MIN || kind == HW_SCALE_BYTE_MIN ? halves16(scales + 2 * ROWS) : d;
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
        __m512 scale = d, min;
        if (kind == HW_SCALE_BYTE_MIN) scale = _mm512_mul_ps(d, bytes16(bytes));
        if (kind == HW_SCALE_BYTE) scale = _mm512_mul_ps(d, signed16(bytes));
        if (kind == HW_SCALE_TWO_BYTES) scale = _mm512_mul_ps(d, signed16(bytes + ROWS * part));
        switch (kind) {
          case HW_SCALE_HALF_MIN: min = m; break;
          case HW_SCALE_BYTE_MIN: min = _mm512_fnmadd_ps(m, bytes16(bytes + ROWS), _mm512_setzero_ps()); break;
          default: min = _mm512_mul_ps(scale, bias);
        }
        __m512i to_high[8], to_lower[8];
        for (int t = 0; t < nt; t++) to_high[t] = to_lower[t] = _mm512_setzero_si512();
        const int first = part * 4, last = parts == 1 ? 8 : first + 4;
#pragma clang loop unroll(full)
        for (int c = first; c < last; c++) {
          const __m512i w = codes(type, panel, c);
          const int8_t *values = x.high + (i + g) * HW_GROUP + 4 * c;
#pragma clang loop unroll(full)
          for (int t = 0; t < nt; t++, values += length) {
            to_high[t] = _mm512_dpbusd_epi32(to_high[t], w, four(values));
            to_lower[t] = _mm512_dpbusd_epi32(to_lower[t], w, four(values + to_low));
          }
        }
        const float *about = x.meta + HW_META * (i + g);
#pragma clang loop unroll(full)
        for (int t = 0; t < nt; t++, about += HW_META * groups) {
          const __m512i dot = _mm512_add_epi32(_mm512_slli_epi32(to_high[t], 8), to_lower[t]);
          const __m512 both = _mm512_mul_ps(scale, _mm512_set1_ps(about[0]));
          sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), both, sums[t]);
          sums[t] = _mm512_fmadd_ps(min, _mm512_set1_ps(about[parts == 1 ? 1 : 2 + part]), sums[t]);
        }
      }
    }
  }
  const __mmask16 wanted = rows >= ROWS ? 0xFFFF : (__mmask16)((1u << rows) - 1);
  for (int t = 0; t < nt; t++) _mm512_mask_storeu_ps(out + (size_t)t * out_stride, wanted, sums[t]);
}

#define MOST_TOKENS 8
#include "panel_products.h"

HW_AVX512 void hw_avx512_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length,
                                         hw_activations x, size_t tokens, float *out, size_t out_stride) {
  panel_product(type, panels, rows, length, x, tokens, out, out_stride);
}

#endif
