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

HW_INLINE __m256 halves8(const uint16_t *data) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)data));
}

// One query over `positions` keys and values; strides in halves.
HW_AVX2 static void attend_one(const float *query, const uint16_t *keys, const uint16_t *values, size_t key_length,
                               size_t value_length, size_t key_stride, size_t value_stride, size_t positions,
                               float scale, float softcap, float *scores, float *out) {
  float largest = -INFINITY;
  for (size_t p = 0; p < positions; p++) {
    __m256 dots[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    size_t j = 0;
    for (; j + 16 <= key_length; j += 16) {
      for (int k = 0; k < 2; k++) {
        const __m256 key = halves8(keys + p * key_stride + j + 8 * (size_t)k);
        dots[k] = _mm256_fmadd_ps(_mm256_loadu_ps(query + j + 8 * k), key, dots[k]);
      }
    }
    if (j < key_length) {
      dots[0] = _mm256_fmadd_ps(_mm256_loadu_ps(query + j), halves8(keys + p * key_stride + j), dots[0]);
    }
    scores[p] = sum_lanes(_mm256_add_ps(dots[0], dots[1])) * scale;
    if (softcap != 0) scores[p] = softcap * tanhf(scores[p] / softcap);
    largest = scores[p] > largest ? scores[p] : largest;
  }
  __m256 sums = _mm256_setzero_ps();
  size_t p = 0;
  for (; p + 8 <= positions; p += 8) {
    const __m256 e = exp8(_mm256_sub_ps(_mm256_loadu_ps(scores + p), _mm256_set1_ps(largest)));
    _mm256_storeu_ps(scores + p, e);
    sums = _mm256_add_ps(sums, e);
  }
  float sum = sum_lanes(sums);
  for (; p < positions; p++) {
    scores[p] = expf(scores[p] - largest);
    sum += scores[p];
  }
  const __m256 share = _mm256_set1_ps(1 / sum);
  for (size_t j = 0; j < value_length; j += 32) {
    const int parts = value_length - j >= 32 ? 4 : (int)((value_length - j) / 8);
    __m256 means[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (p = 0; p < positions; p++) {
      const __m256 weight = _mm256_broadcast_ss(scores + p);
      if (parts == 4) {
        for (int k = 0; k < 4; k++) {
          means[k] = _mm256_fmadd_ps(weight, halves8(values + p * value_stride + j + 8 * (size_t)k), means[k]);
        }
      } else {
        for (int k = 0; k < parts; k++) {
          means[k] = _mm256_fmadd_ps(weight, halves8(values + p * value_stride + j + 8 * (size_t)k), means[k]);
        }
      }
    }
    for (int k = 0; k < parts; k++) _mm256_storeu_ps(out + j + 8 * k, _mm256_mul_ps(means[k], share));
  }
}

HW_AVX2 static void attend(const hw_attention *job) {
  if (job->type != HW_F16 || job->key_length % 8 != 0 || job->value_length % 8 != 0) {
    hw_kernels_portable()->attend(job);
    return;
  }
  const size_t key_stride = job->key_stride / 2, value_stride = job->value_stride / 2;
  for (size_t t = 0; t < job->tokens; t++) {
    const size_t end = job->start + t + 1, begin = job->window && end > job->window ? end - job->window : 0;
    for (size_t h = 0; h < job->heads; h++) {
      attend_one(job->query + t * job->query_stride + h * job->key_length,
                 (const uint16_t *)job->keys + begin * key_stride, (const uint16_t *)job->values + begin * value_stride,
                 job->key_length, job->value_length, key_stride, value_stride, end - begin, job->scale, job->softcap,
                 job->scratch, job->out + t * job->out_stride + h * job->value_length);
    }
  }
}

const hw_kernels *hw_kernels_avx2(void) {
  static const hw_kernels kernels = {
      .name = "avx2", .dequantize = hw_avx2_dequantize, .quantize = hw_avx2_quantize,
      .multiply_quantized = hw_avx2_multiply_quantized, .panel_rows = 8, .multiply_panels = hw_avx2_multiply_panels, .multiply_float = hw_avx2_multiply_float, .rms_norm = rms_norm,
      .rotate = rotate, .swiglu = swiglu, .add = add, .to_half = to_half, .attend = attend,
  };
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c") ? &kernels
                                                                                                         : NULL;
}

#else

const hw_kernels *hw_kernels_avx2(void) { return NULL; }

#endif
