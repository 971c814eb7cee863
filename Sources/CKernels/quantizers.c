// Floats into block formats: plain C, which the compiler turns into vectors where it can.

#include "Quantizers.h"

#include <math.h>

#include "CKernels.h"
#include "formats.h"

#pragma STDC FP_CONTRACT OFF

static const float largest_half = 65504;

static uint16_t half(float x) {
  uint16_t bits;
  hw_kernels_portable()->to_half(&x, 1, &bits);
  return bits;
}

// The element farthest from 0, the first of equals; *broken is set when one is no number.
static float extreme(const float *x, int count, int *broken) {
  float found = 0;
  for (int j = 0; j < count; j++) {
    if (fabsf(x[j]) > fabsf(found)) found = x[j];
    *broken |= !isfinite(x[j]);
  }
  return found;
}

// The extreme element becomes -8, so that all 16 codes are used. The same bytes as ggml's reference.
static int quantize_q4_0(const float *x, hw_q4_0 *b) {
  int broken = 0;
  const float d = extreme(x, 32, &broken) / -8;
  if (broken || fabsf(d) > largest_half) return 1;
  const float inverse = d != 0 ? 1 / d : 0;
  for (int j = 0; j < 16; j++) {
    const float low = x[j] * inverse + 8.5f, high = x[j + 16] * inverse + 8.5f;
    // Tiny numbers have an infinite inverse; their scale is 0 in half precision, whatever the codes.
    b->qs[j] = (uint8_t)((low < 15 ? (int)low : 15) | (high < 15 ? (int)high : 15) << 4);
  }
  b->d = half(d);
  return 0;
}

static int quantize_q8_0(const float *x, hw_q8_0 *b) {
  int broken = 0;
  const float d = fabsf(extreme(x, 32, &broken)) / 127;
  if (broken || d > largest_half) return 1;
  const float inverse = d >= 0x1p-126f ? 1 / d : 0;
  for (int j = 0; j < 32; j++) b->qs[j] = (int8_t)roundf(x[j] * inverse);
  b->d = half(d);
  return 0;
}

// x[j] is about scale * q[j] - min with q from 0 to 15 and min from 0 on, by least squares: some ways of rounding are
// tried, and for each the best scale and minimum follow.
static void fit_group(const float *x, float *scale, float *min) {
  float low = 0, high = x[0], sum = 0;
  for (int j = 0; j < 32; j++) {
    low = fminf(low, x[j]);
    high = fmaxf(high, x[j]);
    sum += x[j];
  }
  *scale = 0;
  *min = -low;
  // All elements alike, or too small to be told apart: the minimum alone stands for them.
  if (!(high - low > 0x1p-100f)) return;
  float best = INFINITY;
  for (int step = 0; step <= 16; step++) {
    // 15 codes over the range, and up to one and a half more or less: the ends may be cut off.
    const float inverse = (13.5f + 0.1875f * (float)step) / (high - low);
    float q[32], q1 = 0, q2 = 0, xq = 0;
    for (int j = 0; j < 32; j++) {
      const float code = (float)(int)((x[j] - low) * inverse + 0.5f);
      q[j] = code < 15 ? code : 15;
      q1 += q[j];
      q2 += q[j] * q[j];
      xq += x[j] * q[j];
    }
    const float determinant = 32 * q2 - q1 * q1;
    float slope = (32 * xq - q1 * sum) / determinant, offset = (sum - slope * q1) / 32;
    // One code for all leaves the minimum free; above 0 there is none.
    if (!(determinant > 0) || offset > 0) {
      offset = 0;
      slope = xq / q2;
    }
    float error = 0;
    for (int j = 0; j < 32; j++) {
      const float difference = slope * q[j] + offset - x[j];
      error += difference * difference;
    }
    if (error < best && slope > 0) {
      best = error;
      *scale = slope;
      *min = -offset;
    }
  }
}

// Rounds a group under its final scale and minimum; returns the error.
static float round_group(const float *x, float scale, float min, uint8_t *q) {
  const float inverse = scale > 0 ? 1 / scale : 0;
  float error = 0;
  for (int j = 0; j < 32; j++) {
    float code = (x[j] + min) * inverse;
    code = code > 0 ? code < 15 ? code : 15 : 0;
    q[j] = (uint8_t)(code + 0.5f);
    const float difference = scale * (float)q[j] - min - x[j];
    error += difference * difference;
  }
  return error;
}

// The group's scale and minimum in 6 bits each, under the block's two halves: of the nearest and their neighbours those
// with the least error.
static void choose_codes(const float *x, float scale, float min, float d, float dmin, int *ls, int *lm, uint8_t *q) {
  const int nearest_scale = d > 0 ? (int)(scale / d + 0.5f) : 0, nearest_min = dmin > 0 ? (int)(min / dmin + 0.5f) : 0;
  float best = INFINITY;
  for (int s = nearest_scale - 1; s <= nearest_scale + 1; s++) {
    for (int m = nearest_min - 1; m <= nearest_min + 1; m++) {
      if (s < 0 || s > 63 || m < 0 || m > 63) continue;
      uint8_t codes[32];
      const float error = round_group(x, d * (float)s, dmin * (float)m, codes);
      if (error >= best) continue;
      best = error;
      *ls = s;
      *lm = m;
      memcpy(q, codes, 32);
    }
  }
}

static int quantize_q4_k(const float *x, hw_q4_k *b) {
  int broken = 0;
  if (fabsf(extreme(x, 256, &broken)) > largest_half * 63 || broken) return 1;
  float scales[8], mins[8], largest_scale = 0, largest_min = 0;
  for (int i = 0; i < 8; i++) {
    fit_group(x + 32 * i, &scales[i], &mins[i]);
    largest_scale = fmaxf(largest_scale, scales[i]);
    largest_min = fmaxf(largest_min, mins[i]);
  }
  b->d = half(largest_scale / 63);
  b->dmin = half(largest_min / 63);
  memset(b->scales, 0, sizeof b->scales);
  for (int i = 0; i < 8; i++) {
    int ls = 0, lm = 0;
    uint8_t q[32] = {0};
    choose_codes(x + 32 * i, scales[i], mins[i], hw_half(b->d), hw_half(b->dmin), &ls, &lm, q);
    if (i < 4) {
      b->scales[i] |= (uint8_t)ls;
      b->scales[i + 4] |= (uint8_t)lm;
    } else {
      b->scales[i + 4] = (uint8_t)((ls & 15) | (lm & 15) << 4);
      b->scales[i - 4] |= (uint8_t)(ls >> 4 << 6);
      b->scales[i] |= (uint8_t)(lm >> 4 << 6);
    }
    uint8_t *out = b->qs + 32 * (i / 2);
    for (int j = 0; j < 32; j++) out[j] = i % 2 ? (uint8_t)(out[j] | q[j] << 4) : q[j];
  }
  return 0;
}

int hw_quantize(uint32_t type, const float *x, size_t count, void *blocks) {
  int broken = 0;
  switch (type) {
    case HW_Q4_0:
      for (size_t i = 0; i < count / 32; i++) broken |= quantize_q4_0(x + 32 * i, (hw_q4_0 *)blocks + i);
      return broken;
    case HW_Q8_0:
      for (size_t i = 0; i < count / 32; i++) broken |= quantize_q8_0(x + 32 * i, (hw_q8_0 *)blocks + i);
      return broken;
    case HW_Q4_K:
      for (size_t i = 0; i < count / 256; i++) broken |= quantize_q4_k(x + 256 * i, (hw_q4_k *)blocks + i);
      return broken;
    default: return 1;
  }
}
