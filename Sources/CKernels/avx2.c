// Everything between the matrix products with AVX2, FMA and F16C, and the table of them all.

#include "CKernels.h"

#if defined(__x86_64__)

#include <math.h>

#include "avx2.h"
#include "avx2_blocks.h"

HW_AVX2 static void rms_norm(const float *x, const float *weight, size_t length, float epsilon, float *out) {
  __m256d squares[2] = {_mm256_setzero_pd(), _mm256_setzero_pd()};
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    for (int k = 0; k < 2; k++) {
      const __m256d v = _mm256_cvtps_pd(_mm_loadu_ps(x + j + 4 * k));
      squares[k] = _mm256_fmadd_pd(v, v, squares[k]);
    }
  }
  double lanes[4];
  _mm256_storeu_pd(lanes, _mm256_add_pd(squares[0], squares[1]));
  double sum = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
  for (size_t k = j; k < length; k++) sum += (double)x[k] * x[k];
  const float factor = (float)(1 / sqrt(sum / (double)length + epsilon));
  for (j = 0; j + 8 <= length; j += 8) {
    const __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(x + j), _mm256_set1_ps(factor));
    _mm256_storeu_ps(out + j, _mm256_mul_ps(scaled, _mm256_loadu_ps(weight + j)));
  }
  for (; j < length; j++) out[j] = x[j] * factor * weight[j];
}

HW_AVX2 static void swiglu(float *gate, const float *up, size_t length) {
  const __m256 one = _mm256_set1_ps(1);
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    const __m256 g = _mm256_loadu_ps(gate + j);
    const __m256 e = exp8(_mm256_sub_ps(_mm256_setzero_ps(), g));
    const __m256 silu = _mm256_div_ps(g, _mm256_add_ps(one, e));
    _mm256_storeu_ps(gate + j, _mm256_mul_ps(silu, _mm256_loadu_ps(up + j)));
  }
  hw_kernels_portable()->swiglu(gate + j, up + j, length - j);
}

HW_AVX2 static void rotate(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns) {
  if (rotated % 8 != 0) {
    hw_kernels_portable()->rotate(x, heads, head_length, rotated, turns);
    return;
  }
  for (size_t h = 0; h < heads; h++) {
    float *head = x + h * head_length;
    for (size_t j = 0; j < rotated; j += 8) {
      const __m256 v = _mm256_loadu_ps(head + j), t = _mm256_loadu_ps(turns + j);
      // (a, b) becomes (a cos − b sin, b cos + a sin)
      const __m256 turned = _mm256_mul_ps(_mm256_permute_ps(v, 0xB1), _mm256_movehdup_ps(t));
      _mm256_storeu_ps(head + j, _mm256_fmaddsub_ps(v, _mm256_moveldup_ps(t), turned));
    }
  }
}

HW_AVX2 static void add(float *x, const float *y, size_t length) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    _mm256_storeu_ps(x + j, _mm256_add_ps(_mm256_loadu_ps(x + j), _mm256_loadu_ps(y + j)));
  }
  for (; j < length; j++) x[j] += y[j];
}

HW_AVX2 static void to_half(const float *x, size_t length, uint16_t *out) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    _mm_storeu_si128((__m128i *)(out + j), _mm256_cvtps_ph(_mm256_loadu_ps(x + j), _MM_FROUND_TO_NEAREST_INT));
  }
  hw_kernels_portable()->to_half(x + j, length - j, out + j);
}

const hw_kernels *hw_kernels_avx2(void) {
  static const hw_kernels kernels = {
      .name = "avx2", .dequantize = hw_avx2_dequantize, .quantize = hw_avx2_quantize,
      .multiply_quantized = hw_avx2_multiply_quantized, .panel_rows = 8, .multiply_panels = hw_avx2_multiply_panels, .multiply_float = hw_avx2_multiply_float, .rms_norm = rms_norm,
      .rotate = rotate, .swiglu = swiglu, .add = add, .to_half = to_half, .attend = hw_avx2_attend,
  };
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") ? &kernels
                                                                                                         : NULL;
}

#else

const hw_kernels *hw_kernels_avx2(void) { return NULL; }

#endif
