// Attention with AVX2, FMA and F16C.

#if defined(__x86_64__)

#include "avx2.h"
#include "avx2_blocks.h"

HW_INLINE __m256 halves8(const uint16_t *data) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)data));
}

HW_INLINE void decode_row(uint32_t type, const uint8_t *row, size_t length, float *out) {
  if (type != HW_F16 || length % 8 != 0) {
    hw_avx2_dequantize(type, row, length, out);
    return;
  }
  for (size_t j = 0; j < length; j += 8) _mm256_storeu_ps(out + j, halves8((const uint16_t *)row + j));
}

#define HW_LANES 8
#include "attention_lanes.h"

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

HW_AVX2 void hw_avx2_attend(const hw_attention *job) {
  const size_t queries = job->tokens * job->heads;
  if (queries > HW_LANES / 2 || job->type != HW_F16 || job->key_length % 8 != 0 || job->value_length % 8 != 0) {
    for (size_t first = 0; first < queries; first += HW_LANES) attend_lanes(job, first);
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

#endif
