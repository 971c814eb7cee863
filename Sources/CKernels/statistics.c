// What the smoke test wants to know of a row of weights.
#include "CKernels.h"

#include <math.h>

void hw_row_statistics(const float *x, size_t length, float *columns, hw_statistics *out) {
  float squares[16] = {0}, lowest[16], highest[16];
  for (int i = 0; i < 16; i++) lowest[i] = INFINITY, highest[i] = -INFINITY;
  size_t i = 0;
  for (; i + 16 <= length; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      const float value = x[i + j], square = value * value;
      squares[j] += square;
      columns[i + j] += square;
      lowest[j] = value < lowest[j] ? value : lowest[j];
      highest[j] = value > highest[j] ? value : highest[j];
    }
  }
  for (; i < length; i++) {
    const float value = x[i], square = value * value;
    squares[0] += square;
    columns[i] += square;
    lowest[0] = value < lowest[0] ? value : lowest[0];
    highest[0] = value > highest[0] ? value : highest[0];
  }
  float sum = 0, low = INFINITY, high = -INFINITY;
  for (int j = 0; j < 16; j++) {
    sum += squares[j];
    low = lowest[j] < low ? lowest[j] : low;
    high = highest[j] > high ? highest[j] : high;
  }
  out->squares = sum;
  out->lowest = low;
  out->highest = high;
}

// e to the power of x, for x from -87 to 0, in steps that a compiler turns into vectors: 2^n times a polynomial of the rest,
// to two units in the last place.
static inline float exponential(float x) {
  const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it leaves no room for a fraction
  const float n = (x * 1.44269504f + rounder) - rounder;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float sum = 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r + 1;
  sum = sum * r + 1;
  union {
    int32_t bits;
    float value;
  } power = {.bits = ((int32_t)n + 127) << 23};
  return sum * power.value;
}

double hw_log_sum_exp(const float *x, size_t count) {
  float largest[16];
  for (size_t j = 0; j < 16; j++) largest[j] = -INFINITY;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (size_t j = 0; j < 16; j++) largest[j] = x[i + j] > largest[j] ? x[i + j] : largest[j];
  }
  float top = -INFINITY;
  for (; i < count; i++) top = x[i] > top ? x[i] : top;
  for (size_t j = 0; j < 16; j++) top = largest[j] > top ? largest[j] : top;
  double total = 0;
  for (size_t start = 0; start < count; start += 256) {
    // Short sums in single precision lose nothing that the exponentials have.
    float lanes[16] = {0}, strange[16] = {0};
    const size_t end = start + 256 < count ? start + 256 : count;
    size_t k = start;
    for (; k + 16 <= end; k += 16) {
      for (size_t j = 0; j < 16; j++) {
        // Beyond this an exponential is nothing beside the largest. What is no number goes there too, and is told below.
        const float shifted = x[k + j] - top;
        lanes[j] += exponential(shifted > -87.0f ? shifted : -87.0f);
        strange[j] += x[k + j] * 0.0f;
      }
    }
    for (; k < end; k++) {
      lanes[0] += exponential(x[k] - top > -87.0f ? x[k] - top : -87.0f);
      strange[0] += x[k] * 0.0f;
    }
    for (size_t j = 0; j < 16; j++) total += lanes[j] + strange[j];
  }
  return log(total) + top;
}

uint64_t hw_fingerprint(const void *bytes, size_t count) {
  // Eight lanes of multiply and rotate, so that memory is the limit; not against an adversary.
  const uint64_t prime = 0x9E3779B185EBCA87u;
  uint64_t lanes[8];
  for (uint64_t i = 0; i < 8; i++) lanes[i] = (i + 1) * prime;
  const unsigned char *p = bytes;
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    for (size_t j = 0; j < 8; j++) {
      uint64_t word;
      __builtin_memcpy(&word, p + i + 8 * j, 8);
      lanes[j] = (lanes[j] ^ word) * prime;
      lanes[j] ^= lanes[j] >> 29;
    }
  }
  uint64_t hash = count;
  for (; i < count; i++) hash = (hash ^ p[i]) * prime;
  for (size_t j = 0; j < 8; j++) {
    hash = (hash ^ lanes[j]) * prime;
    hash ^= hash >> 32;
  }
  return hash;
}
