// Plain C: what every other instruction set is compared with, and what runs where there is no other.

#include <math.h>

#include "CKernels.h"
#include "attention_scratch.h"
#include "decoders.h"
#include "formats.h"

#pragma STDC FP_CONTRACT OFF

static void dequantize(uint32_t type, const void *blocks, size_t count, float *out) {
  const uint16_t *halves = blocks;
  switch (type) {
    case HW_F32: memcpy(out, blocks, count * sizeof(float)); return;
    case HW_F16:
      for (size_t j = 0; j < count; j++) out[j] = hw_half(halves[j]);
      return;
    case HW_BF16:
      for (size_t j = 0; j < count; j++) out[j] = hw_float_from_bits((uint32_t)halves[j] << 16);
      return;
  }
  const hw_decoder *decoder = hw_find_decoder(type);
  if (!decoder) return;
  const uint8_t *block = blocks;
  for (; count >= decoder->elements; count -= decoder->elements, block += decoder->bytes, out += decoder->elements) {
    decoder->decode(block, out);
  }
  if (count) {
    float last[HW_LONGEST_BLOCK];
    decoder->decode(block, last);
    memcpy(out, last, count * sizeof(float));
  }
}

static void quantize(const float *x, size_t tokens, size_t length, hw_activations out) {
  for (size_t i = 0; i < tokens * length / HW_GROUP; i++) {
    const float *group = x + i * HW_GROUP;
    int8_t *high = out.high + i * HW_GROUP, *low = out.low + i * HW_GROUP;
    float largest = 0;
    int is_broken = 0;
    for (int j = 0; j < HW_GROUP; j++) {
      largest = fmaxf(largest, fabsf(group[j]));
      is_broken |= !isfinite(group[j]);
    }
    // A group of zeros must not divide by zero; a group of tiny numbers must not multiply by infinity.
    const float factor = largest >= 0x1p-100f ? 127 / largest : 0;
    int sums[2] = {0, 0};
    for (int j = 0; j < HW_GROUP; j++) {
      const float scaled = is_broken ? 0 : group[j] * factor, whole = nearbyintf(scaled);
      const float rest = nearbyintf((scaled - whole) * 256);
      high[j] = (int8_t)whole;
      low[j] = (int8_t)(rest > 127 ? 127 : rest < -127 ? -127 : rest);
      sums[j / 16] += 256 * high[j] + low[j];
    }
    const float scale = is_broken ? NAN : largest / 127 / 256;
    float *meta = out.meta + HW_META * i;
    meta[0] = scale;
    meta[1] = scale * (float)(sums[0] + sums[1]);
    meta[2] = scale * (float)sums[0];
    meta[3] = scale * (float)sums[1];
  }
}

static void multiply_quantized(uint32_t type, const void *weights, size_t rows, size_t length, hw_activations x,
                               size_t tokens, float *out, size_t out_stride) {
  const size_t groups = hw_block_groups(type), bytes = hw_block_bytes(type), count = length / HW_GROUP;
  for (size_t r = 0; r < rows; r++) {
    const uint8_t *row = (const uint8_t *)weights + r * (count / groups) * bytes;
    for (size_t t = 0; t < tokens; t++) out[t * out_stride + r] = 0;
    for (size_t i = 0; i < count; i++) {
      hw_group g;
      hw_unpack(type, row + i / groups * bytes, (int)(i % groups), &g);
      for (size_t t = 0; t < tokens; t++) {
        const int8_t *high = x.high + t * length + i * HW_GROUP, *low = x.low + t * length + i * HW_GROUP;
        float product = 0;
        for (int half = 0; half < 2; half++) {
          int dot = 0, sum = 0;
          for (int j = 16 * half; j < 16 * half + 16; j++) {
            const int value = 256 * high[j] + low[j];
            dot += g.values[j] * value;
            sum += value;
          }
          product += g.scale[half] * (float)dot + g.min[half] * (float)sum;
        }
        out[t * out_stride + r] += x.meta[HW_META * (t * count + i)] * product;
      }
    }
  }
}

static void multiply_float(const float *weights, size_t rows, size_t length, const float *x, size_t tokens, float *out,
                           size_t out_stride) {
  for (size_t t = 0; t < tokens; t++) {
    for (size_t r = 0; r < rows; r++) {
      // Eight sums side by side: short chains of additions keep the rounding error small.
      float sums[8] = {0};
      for (size_t j = 0; j < length; j++) sums[j % 8] += weights[r * length + j] * x[t * length + j];
      out[t * out_stride + r] =
          ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    }
  }
}

static void rms_norm(const float *x, const float *weight, size_t length, float epsilon, float *out) {
  double squares = 0;
  for (size_t j = 0; j < length; j++) squares += (double)x[j] * x[j];
  const float factor = (float)(1 / sqrt(squares / (double)length + epsilon));
  for (size_t j = 0; j < length; j++) out[j] = x[j] * factor * weight[j];
}

static void rotate(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns) {
  for (size_t h = 0; h < heads; h++) {
    float *head = x + h * head_length;
    for (size_t j = 0; j + 1 < rotated; j += 2) {
      const float a = head[j], b = head[j + 1];
      head[j] = a * turns[j] - b * turns[j + 1];
      head[j + 1] = a * turns[j + 1] + b * turns[j];
    }
  }
}

static void swiglu(float *gate, const float *up, size_t length) {
  for (size_t j = 0; j < length; j++) gate[j] = gate[j] / (1 + expf(-gate[j])) * up[j];
}

static void add(float *x, const float *y, size_t length) {
  for (size_t j = 0; j < length; j++) x[j] += y[j];
}

static uint16_t half_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7FFFFFFF;
  if (bits > 0x7F800000) return sign | 0x7E00;
  if (bits >= 0x477FF000) return sign | 0x7C00;  // rounds to 65536 or more
  if (bits < 0x38800000) {                       // subnormal: a multiple of 2^-24
    return sign | (uint16_t)nearbyintf(hw_float_from_bits(bits) * 0x1p24f);
  }
  const uint32_t rounded = bits + 0xFFF + (bits >> 13 & 1);
  return sign | (uint16_t)((rounded - 0x38000000) >> 13);
}

static void to_half(const float *x, size_t length, uint16_t *out) {
  for (size_t j = 0; j < length; j++) out[j] = half_from_float(x[j]);
}

size_t hw_attention_scratch(size_t key_length, size_t value_length, size_t positions) {
  // One query after the other: a score a position and a row. Many at once: a tile of keys and values, and queries,
  // outputs and scores with a lane a query.
  const size_t both = key_length + value_length;
  const size_t one = positions + both, many = HW_TILE * both + HW_MOST_LANES * (both + HW_TILE);
  return one > many ? one : many;
}

static void attend(const hw_attention *job) {
  for (size_t t = 0; t < job->tokens; t++) {
    const size_t end = job->start + t + 1, begin = job->window && end > job->window ? end - job->window : 0;
    float *scores = job->scratch, *decoded = scores + (end - begin);
    for (size_t h = 0; h < job->heads; h++) {
      const float *query = job->query + t * job->query_stride + h * job->key_length;
      float *out = job->out + t * job->out_stride + h * job->value_length;
      float largest = -INFINITY;
      for (size_t p = begin; p < end; p++) {
        dequantize(job->type, (const uint8_t *)job->keys + p * job->key_stride, job->key_length, decoded);
        float score = 0;
        for (size_t j = 0; j < job->key_length; j++) score += query[j] * decoded[j];
        score *= job->scale;
        if (job->softcap != 0) score = job->softcap * tanhf(score / job->softcap);
        scores[p - begin] = score;
        largest = fmaxf(largest, score);
      }
      float sum = 0;
      for (size_t p = begin; p < end; p++) {
        scores[p - begin] = expf(scores[p - begin] - largest);
        sum += scores[p - begin];
      }
      for (size_t j = 0; j < job->value_length; j++) out[j] = 0;
      for (size_t p = begin; p < end; p++) {
        dequantize(job->type, (const uint8_t *)job->values + p * job->value_stride, job->value_length, decoded);
        for (size_t j = 0; j < job->value_length; j++) out[j] += scores[p - begin] / sum * decoded[j];
      }
    }
  }
}

const hw_kernels *hw_kernels_portable(void) {
  static const hw_kernels kernels = {
      .name = "portable", .dequantize = dequantize, .quantize = quantize, .multiply_quantized = multiply_quantized,
      .multiply_float = multiply_float, .rms_norm = rms_norm, .rotate = rotate, .swiglu = swiglu, .add = add,
      .to_half = to_half, .attend = attend,
  };
  return &kernels;
}
