// Attention for many queries at once: a query in each lane of a register.
//
// No sum runs across a register: scores of a position are one product of a broadcast key element with the transposed
// queries after the other, the softmax is taken lane by lane while positions go by (Milakov and Gimelshein, "Online
// normalizer calculation for softmax"; tiles as in Dao et al., "FlashAttention"), and the output is kept transposed.
//
// The file that includes this defines HW_LANES, the lanes of its registers, HW_INLINE, an inline function for its
// instruction set, and decode_row(type, row, length, out).

#include <math.h>

#include "CKernels.h"
#include "attention_scratch.h"

typedef float hw_lanes __attribute__((vector_size(4 * HW_LANES)));
typedef int32_t hw_lanes_int __attribute__((vector_size(4 * HW_LANES)));

HW_INLINE hw_lanes splat(float x) { return x - (hw_lanes){0}; }

HW_INLINE hw_lanes load_lanes(const float *p) {
  hw_lanes v;
  memcpy(&v, p, sizeof v);
  return v;
}

HW_INLINE void store_lanes(float *p, hw_lanes v) { memcpy(p, &v, sizeof v); }

HW_INLINE hw_lanes choose(hw_lanes_int mask, hw_lanes yes, hw_lanes no) {
  return (hw_lanes)((mask & (hw_lanes_int)yes) | (~mask & (hw_lanes_int)no));
}

// e^x: x = n ln 2 + r with |r| ≤ ln 2 / 2, e^r by its Taylor series to r^7 (error below 1e-8), 2^n by its bits. x is taken
// to lie between -87 and 88; a NaN stays one.
HW_INLINE hw_lanes exp_lanes(hw_lanes x) {
  x = choose(x < splat(-87.3f), splat(-87.3f), x);
  x = choose(x > splat(88.3f), splat(88.3f), x);
  // Adding 1.5 · 2^23 rounds to an integer, which then lies in the low bits.
  const hw_lanes magic = splat(0x1.8p23f), shifted = __builtin_elementwise_fma(x, splat(1.44269504f), magic);
  const hw_lanes n = shifted - magic;
  hw_lanes r = __builtin_elementwise_fma(n, splat(-0.693359375f), x);
  r = __builtin_elementwise_fma(n, splat(2.12194440e-4f), r);
  hw_lanes e = splat(1.0f / 5040);
  const float terms[7] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};
  for (int k = 0; k < 7; k++) e = __builtin_elementwise_fma(e, r, splat(terms[k]));
  return e * (hw_lanes)(((hw_lanes_int)shifted + 127) << 23);
}

// Scores of HW_TILE positions, a lane a query; keys: [HW_TILE, length].
HW_INLINE void tile_scores(const float *keys, const float *queries, size_t length, float *scores) {
  for (int p = 0; p < HW_TILE; p += 8) {
    hw_lanes sums[8];
    for (int k = 0; k < 8; k++) sums[k] = splat(0);
    for (size_t j = 0; j < length; j++) {
      const hw_lanes q = load_lanes(queries + j * HW_LANES);
#pragma clang loop unroll(full)
      for (int k = 0; k < 8; k++) {
        sums[k] = __builtin_elementwise_fma(splat(keys[(size_t)(p + k) * length + j]), q, sums[k]);
      }
    }
    for (int k = 0; k < 8; k++) store_lanes(scores + (p + k) * HW_LANES, sums[k]);
  }
}

// out = out * factor + the weighted sum of `count` values; values: [count, length], out: [length, lanes].
HW_INLINE void tile_values(const float *values, const float *weights, size_t count, size_t length, hw_lanes factor,
                           float *out) {
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    hw_lanes sums[8];
    for (size_t k = 0; k < 8; k++) sums[k] = load_lanes(out + (j + k) * HW_LANES) * factor;
    for (size_t p = 0; p < count; p++) {
      const hw_lanes weight = load_lanes(weights + p * HW_LANES);
      const float *value = values + p * length + j;
#pragma clang loop unroll(full)
      for (int k = 0; k < 8; k++) sums[k] = __builtin_elementwise_fma(weight, splat(value[k]), sums[k]);
    }
    for (size_t k = 0; k < 8; k++) store_lanes(out + (j + k) * HW_LANES, sums[k]);
  }
  for (; j < length; j++) {
    hw_lanes sum = load_lanes(out + j * HW_LANES) * factor;
    for (size_t p = 0; p < count; p++) {
      sum = __builtin_elementwise_fma(load_lanes(weights + p * HW_LANES), splat(values[p * length + j]), sum);
    }
    store_lanes(out + j * HW_LANES, sum);
  }
}

// The queries `first` ... of a job, as many as there are lanes; query q is head q % heads of token q / heads.
HW_INLINE void attend_lanes(const hw_attention *job, size_t first) {
  const size_t key_length = job->key_length, value_length = job->value_length;
  const size_t left = job->tokens * job->heads - first, count = left < HW_LANES ? left : HW_LANES;
  float *const keys = job->scratch, *const values = keys + HW_TILE * key_length;
  float *const queries = values + HW_TILE * value_length, *const out = queries + HW_LANES * key_length;
  float *const scores = out + HW_LANES * value_length;

  // Lanes without a query repeat the last one.
  hw_lanes_int begins, ends;
  for (size_t lane = 0; lane < HW_LANES; lane++) {
    const size_t query = first + (lane < count ? lane : count - 1), token = query / job->heads;
    const float *from = job->query + token * job->query_stride + query % job->heads * key_length;
    for (size_t j = 0; j < key_length; j++) queries[j * HW_LANES + lane] = from[j] * job->scale;
    const size_t end = job->start + token + 1;
    ends[lane] = (int32_t)end;
    begins[lane] = (int32_t)(job->window && end > job->window ? end - job->window : 0);
  }
  memset(out, 0, HW_LANES * value_length * sizeof(float));
  hw_lanes largest = splat(-1e30f), sum = splat(0);

  // Tiles begin at multiples of their size, so that a query's result does not depend on its neighbours.
  const size_t end = (size_t)ends[HW_LANES - 1];
  for (size_t base = (size_t)begins[0] / HW_TILE * HW_TILE; base < end; base += HW_TILE) {
    const size_t tile = end - base < HW_TILE ? end - base : HW_TILE;
    for (size_t p = 0; p < tile; p++) {
      const size_t position = base + p;
      decode_row(job->type, (const uint8_t *)job->keys + position * job->key_stride, key_length, keys + p * key_length);
      decode_row(job->type, (const uint8_t *)job->values + position * job->value_stride, value_length,
                 values + p * value_length);
    }
    // Rows of an earlier tile behind the last position are computed too, and masked.
    tile_scores(keys, queries, key_length, scores);
    hw_lanes peak = largest;
    for (size_t p = 0; p < tile; p++) {
      const hw_lanes_int position = (int32_t)(base + p) - (hw_lanes_int){0};
      hw_lanes s = load_lanes(scores + p * HW_LANES);
      // tanh x = 1 − 2 / (e^2x + 1)
      if (job->softcap != 0) {
        s = job->softcap * (1 - 2 / (exp_lanes(s * (2 / job->softcap)) + 1));
      }
      s = choose((position < ends) & (position >= begins), s, splat(-INFINITY));
      store_lanes(scores + p * HW_LANES, s);
      peak = choose(s > peak, s, peak);
    }
    const hw_lanes factor = exp_lanes(largest - peak);
    sum *= factor;
    for (size_t p = 0; p < tile; p++) {
      const hw_lanes s = load_lanes(scores + p * HW_LANES);
      const hw_lanes weight = choose(s == splat(-INFINITY), splat(0), exp_lanes(s - peak));
      store_lanes(scores + p * HW_LANES, weight);
      sum += weight;
    }
    largest = peak;
    tile_values(values, scores, tile, value_length, factor, out);
  }

  for (size_t lane = 0; lane < count; lane++) {
    const size_t query = first + lane;
    float *to = job->out + query / job->heads * job->out_stride + query % job->heads * value_length;
    for (size_t j = 0; j < value_length; j++) to[j] = out[j * HW_LANES + lane] / sum[lane];
  }
}
