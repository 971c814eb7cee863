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
