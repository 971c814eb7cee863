// What some architectures do between the matrix products, with AVX2 and FMA.

#include "elementwise.h"

#if defined(__x86_64__)

#include "avx2_blocks.h"

HW_AVX2 static void rotate_halves(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns) {
  const size_t half = rotated / 2;
  for (size_t h = 0; h < heads; h++) {
    float *low = x + h * head_length, *high = low + half;
    size_t i = 0;
    for (; i + 8 <= half; i += 8) {
      // (cosine, sine) eight times becomes eight cosines and eight sines.
      const __m256 first = _mm256_loadu_ps(turns + 2 * i), second = _mm256_loadu_ps(turns + 2 * i + 8);
      const __m256d even = _mm256_castps_pd(_mm256_shuffle_ps(first, second, 0x88));
      const __m256d odd = _mm256_castps_pd(_mm256_shuffle_ps(first, second, 0xDD));
      const __m256 cosine = _mm256_castpd_ps(_mm256_permute4x64_pd(even, 0xD8));
      const __m256 sine = _mm256_castpd_ps(_mm256_permute4x64_pd(odd, 0xD8));
      const __m256 a = _mm256_loadu_ps(low + i), b = _mm256_loadu_ps(high + i);
      _mm256_storeu_ps(low + i, _mm256_fmsub_ps(a, cosine, _mm256_mul_ps(b, sine)));
      _mm256_storeu_ps(high + i, _mm256_fmadd_ps(a, sine, _mm256_mul_ps(b, cosine)));
    }
    for (; i < half; i++) {
      const float a = low[i], b = high[i];
      low[i] = a * turns[2 * i] - b * turns[2 * i + 1];
      high[i] = a * turns[2 * i + 1] + b * turns[2 * i];
    }
  }
}

// tanh x = 1 − 2 / (e^2x + 1), and for |x| < 1/4, where this cancels, its Taylor series to x^9 (error below 1e-8).
HW_INLINE __m256 tanh8(__m256 x) {
  const __m256 one = _mm256_set1_ps(1), e = exp8(_mm256_add_ps(x, x));
  const __m256 large = _mm256_sub_ps(one, _mm256_div_ps(_mm256_set1_ps(2), _mm256_add_ps(e, one)));
  const __m256 square = _mm256_mul_ps(x, x);
  __m256 small = _mm256_set1_ps(62.0f / 2835);
  const float terms[4] = {-17.0f / 315, 2.0f / 15, -1.0f / 3, 1};
  for (int k = 0; k < 4; k++) small = _mm256_fmadd_ps(small, square, _mm256_set1_ps(terms[k]));
  const __m256 is_small = _mm256_cmp_ps(square, _mm256_set1_ps(0.0625f), _CMP_LT_OQ);
  return _mm256_blendv_ps(large, _mm256_mul_ps(small, x), is_small);
}

HW_AVX2 static void geglu(float *gate, const float *up, size_t length) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    const __m256 g = _mm256_loadu_ps(gate + j), square = _mm256_mul_ps(g, g);
    const __m256 cubic = _mm256_fmadd_ps(_mm256_mul_ps(square, _mm256_set1_ps(0.044715f)), g, g);
    const __m256 t = tanh8(_mm256_mul_ps(_mm256_set1_ps(0.7978845608f), cubic));
    const __m256 gelu = _mm256_mul_ps(_mm256_mul_ps(g, _mm256_set1_ps(0.5f)), _mm256_add_ps(t, _mm256_set1_ps(1)));
    _mm256_storeu_ps(gate + j, _mm256_mul_ps(gelu, _mm256_loadu_ps(up + j)));
  }
  hw_elementwise_portable()->geglu(gate + j, up + j, length - j);
}

HW_AVX2 static void scale(float *x, float factor, size_t length) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    _mm256_storeu_ps(x + j, _mm256_mul_ps(_mm256_loadu_ps(x + j), _mm256_set1_ps(factor)));
  }
  for (; j < length; j++) x[j] *= factor;
}

HW_AVX2 static void add_scaled(float *x, const float *y, float factor, size_t length) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    const __m256 sum = _mm256_fmadd_ps(_mm256_set1_ps(factor), _mm256_loadu_ps(y + j), _mm256_loadu_ps(x + j));
    _mm256_storeu_ps(x + j, sum);
  }
  for (; j < length; j++) x[j] += factor * y[j];
}

HW_AVX2 static void soft_cap(float *x, float cap, size_t length) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    const __m256 t = tanh8(_mm256_div_ps(_mm256_loadu_ps(x + j), _mm256_set1_ps(cap)));
    _mm256_storeu_ps(x + j, _mm256_mul_ps(_mm256_set1_ps(cap), t));
  }
  hw_elementwise_portable()->soft_cap(x + j, cap, length - j);
}

const hw_elementwise *hw_elementwise_avx2(void) {
  static const hw_elementwise table = {
      .name = "avx2", .rotate_halves = rotate_halves, .geglu = geglu, .scale = scale, .add_scaled = add_scaled,
      .soft_cap = soft_cap,
  };
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : NULL;
}

#else

const hw_elementwise *hw_elementwise_avx2(void) { return NULL; }

#endif
