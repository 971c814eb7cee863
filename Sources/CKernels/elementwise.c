// Plain C of what some architectures do between the matrix products.

#include <math.h>

#include "elementwise.h"

#pragma STDC FP_CONTRACT OFF

static void rotate_halves(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns) {
  const size_t half = rotated / 2;
  for (size_t h = 0; h < heads; h++) {
    float *low = x + h * head_length, *high = low + half;
    for (size_t i = 0; i < half; i++) {
      const float a = low[i], b = high[i];
      low[i] = a * turns[2 * i] - b * turns[2 * i + 1];
      high[i] = a * turns[2 * i + 1] + b * turns[2 * i];
    }
  }
}

static void geglu(float *gate, const float *up, size_t length) {
  for (size_t j = 0; j < length; j++) {
    const float g = gate[j], inner = 0.7978845608f * (g + 0.044715f * g * g * g);
    gate[j] = 0.5f * g * (1 + tanhf(inner)) * up[j];
  }
}

static void scale(float *x, float factor, size_t length) {
  for (size_t j = 0; j < length; j++) x[j] *= factor;
}

static void add_scaled(float *x, const float *y, float factor, size_t length) {
  for (size_t j = 0; j < length; j++) x[j] += factor * y[j];
}

static void soft_cap(float *x, float cap, size_t length) {
  for (size_t j = 0; j < length; j++) x[j] = cap * tanhf(x[j] / cap);
}

const hw_elementwise *hw_elementwise_portable(void) {
  static const hw_elementwise table = {
      .name = "portable", .rotate_halves = rotate_halves, .geglu = geglu, .scale = scale, .add_scaled = add_scaled,
      .soft_cap = soft_cap,
  };
  return &table;
}
