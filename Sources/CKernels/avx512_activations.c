// Quantizing activations with AVX-512.

#if defined(__x86_64__)

#include <float.h>
#include <immintrin.h>
#include <math.h>

#include "avx512.h"

HW_AVX512 void hw_avx512_quantize(const float *x, size_t tokens, size_t length, hw_activations out) {
  const __m512 largest_float = _mm512_set1_ps(FLT_MAX), limit = _mm512_set1_ps(127), unit = _mm512_set1_ps(256);
  for (size_t i = 0; i < tokens * length / HW_GROUP; i++) {
    __m512 part[2], size[2];
    __mmask16 broken = 0;
    for (int k = 0; k < 2; k++) {
      part[k] = _mm512_loadu_ps(x + i * HW_GROUP + 16 * k);
      size[k] = _mm512_abs_ps(part[k]);
      broken |= _mm512_cmp_ps_mask(size[k], largest_float, _CMP_NLE_UQ);
    }
    const float peak = _mm512_reduce_max_ps(_mm512_max_ps(size[0], size[1]));
    const __m512 factor = _mm512_set1_ps(peak >= 0x1p-100f && !broken ? 127 / peak : 0);
    const __mmask16 keep = broken ? 0 : 0xFFFF;
    int sums[2];
    for (int k = 0; k < 2; k++) {
      const __m512 scaled = _mm512_mul_ps(part[k], factor);
      const __m512i high = _mm512_maskz_cvtps_epi32(keep, scaled);
      __m512 rest = _mm512_mul_ps(_mm512_sub_ps(scaled, _mm512_cvtepi32_ps(high)), unit);
      rest = _mm512_max_ps(_mm512_min_ps(rest, limit), _mm512_sub_ps(_mm512_setzero_ps(), limit));
      const __m512i low = _mm512_maskz_cvtps_epi32(keep, rest);
      _mm_storeu_si128((__m128i *)(out.high + i * HW_GROUP + 16 * k), _mm512_cvtepi32_epi8(high));
      _mm_storeu_si128((__m128i *)(out.low + i * HW_GROUP + 16 * k), _mm512_cvtepi32_epi8(low));
      sums[k] = _mm512_reduce_add_epi32(_mm512_add_epi32(_mm512_slli_epi32(high, 8), low));
    }
    const float scale = broken ? NAN : peak / 127 / 256;
    const __m128i all = _mm_setr_epi32(1, sums[0] + sums[1], sums[0], sums[1]);
    _mm_storeu_ps(out.meta + HW_META * i, _mm_mul_ps(_mm_set1_ps(scale), _mm_cvtepi32_ps(all)));
  }
}

#endif
