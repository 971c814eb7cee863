// Attention with NEON.

#if defined(__aarch64__) && defined(__linux__)

#include <string.h>

#include "formats.h"
#include "neon.h"

HW_INLINE void decode_row(uint32_t type, const uint8_t *row, size_t length, float *out) {
  hw_neon_dequantize(type, row, length, out);
}

#define HW_LANES 4
#include "attention_lanes.h"

HW_INLINE hw_eight halves8(const uint16_t *p) { return (hw_eight){halves4(p), halves4(p + 4)}; }

// q · k of `length` elements, a multiple of 8.
HW_INLINE float dot(const float *query, const uint16_t *key, size_t length) {
  hw_eight sums[2] = {zero8(), zero8()};
  size_t j = 0;
  for (; j + 16 <= length; j += 16) {
    for (int k = 0; k < 2; k++) sums[k] = fma8(sums[k], load8(query + j + 8 * k), halves8(key + j + 8 * k));
  }
  if (j < length) sums[0] = fma8(sums[0], load8(query + j), halves8(key + j));
  return sum8(add8(sums[0], sums[1]));
}

// Scores become e^(score − largest); returns their sum.
HW_INLINE float soften(float *scores, size_t positions, float largest) {
  hw_eight sums = zero8();
  size_t p = 0;
  for (; p + 8 <= positions; p += 8) {
    const hw_eight s = load8(scores + p);
    const float32x4_t peak = vdupq_n_f32(largest);
    const hw_eight e = {exp4(vsubq_f32(s.low, peak)), exp4(vsubq_f32(s.high, peak))};
    store8(scores + p, e);
    sums = add8(sums, e);
  }
  float sum = sum8(sums);
  for (; p < positions; p++) {
    scores[p] = expf(scores[p] - largest);
    sum += scores[p];
  }
  return sum;
}

// The weighted sum of 8 * parts elements of all values; stride in halves.
HW_INLINE void weigh(const int parts, const uint16_t *values, size_t stride, const float *weights, size_t positions,
                     float share, float *out) {
  hw_eight sums[4] = {zero8(), zero8(), zero8(), zero8()};
  for (size_t p = 0; p < positions; p++) {
    for (int k = 0; k < parts; k++) sums[k] = fma8_by(sums[k], halves8(values + p * stride + 8 * k), weights[p]);
  }
  for (int k = 0; k < parts; k++) {
    vst1q_f32(out + 8 * k, vmulq_n_f32(sums[k].low, share));
    vst1q_f32(out + 8 * k + 4, vmulq_n_f32(sums[k].high, share));
  }
}

// One query after the other, over positions begin ... end - 1; keys and values are halves, of lengths that 8 divides.
HW_INLINE void attend_one(const hw_attention *job, const float *query, size_t begin, size_t end, float *out) {
  const size_t key_stride = job->key_stride / 2, value_stride = job->value_stride / 2, positions = end - begin;
  const uint16_t *keys = (const uint16_t *)job->keys + begin * key_stride;
  const uint16_t *values = (const uint16_t *)job->values + begin * value_stride;
  float *scores = job->scratch, largest = -INFINITY;
  for (size_t p = 0; p < positions; p++) {
    scores[p] = dot(query, keys + p * key_stride, job->key_length) * job->scale;
    if (job->softcap != 0) scores[p] = job->softcap * tanhf(scores[p] / job->softcap);
    largest = scores[p] > largest ? scores[p] : largest;
  }
  const float share = 1 / soften(scores, positions, largest);
  size_t j = 0;
  for (; j + 32 <= job->value_length; j += 32) {
    weigh(4, values + j, value_stride, scores, positions, share, out + j);
  }
  for (; j < job->value_length; j += 8) weigh(1, values + j, value_stride, scores, positions, share, out + j);
}

HW_NEON void hw_neon_attend(const hw_attention *job) {
  const size_t queries = job->tokens * job->heads;
  if (queries > HW_LANES / 2 || job->type != HW_F16 || job->key_length % 8 != 0 || job->value_length % 8 != 0) {
    for (size_t first = 0; first < queries; first += HW_LANES) attend_lanes(job, first);
    return;
  }
  for (size_t t = 0; t < job->tokens; t++) {
    const size_t end = job->start + t + 1, begin = job->window && end > job->window ? end - job->window : 0;
    for (size_t h = 0; h < job->heads; h++) {
      attend_one(job, job->query + t * job->query_stride + h * job->key_length, begin, end,
                 job->out + t * job->out_stride + h * job->value_length);
    }
  }
}

#endif
