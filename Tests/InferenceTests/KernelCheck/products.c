// Activations, and products with them.

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "formats.h"
#include "panels.h"

#pragma STDC FP_CONTRACT OFF

// Numbers that are hard to quantize, a group each, and random ones.
static float *hard_numbers(size_t count) {
  float *x = room(count * sizeof(float));
  for (size_t j = 0; j < count; j++) {
    const float k = (float)(j % HW_GROUP);
    switch (random_bits() % 64 == 0 ? 99 : j / HW_GROUP % 14) {
      case 0: x[j] = 0; break;
      case 1: x[j] = k == 5 ? 1e30f : 1; break;
      case 2: x[j] = k * FLT_TRUE_MIN; break;
      case 3: x[j] = k - 15.5f; break;
      case 4: x[j] = k == 31 ? NAN : 1; break;
      case 5: x[j] = k == 3 ? -INFINITY : 1; break;
      case 6: x[j] = k == 0 ? FLT_MAX : -FLT_MAX; break;
      case 7: x[j] = k == 7 ? 127 : k + 0.5f; break;
      case 8: x[j] = -0.0f; break;
      case 9: x[j] = k * 0x1p-104f; break;
      case 10: x[j] = k * 0x1p-106f; break;  // the largest is below what is told from zero
      default: x[j] = random_between(-3, 3);
    }
  }
  return x;
}

void check_activations(const hw_kernels *set) {
  for (size_t tokens = 1; tokens <= 21; tokens++) {
    const size_t length = HW_GROUP * (1 + tokens * 5 % 13), count = tokens * length;
    const float *x = hard_numbers(count);
    hw_activations ours = activations_room(tokens, length), expected = activations_room(tokens, length);
    set->quantize(x, tokens, length, ours);
    hw_kernels_portable()->quantize(x, tokens, length, expected);
    expect_bytes("high plane", ours.high, expected.high, count);
    expect_bytes("low plane", ours.low, expected.low, count);
    expect("scales and sums", ours.meta, expected.meta, NULL, count / HW_GROUP * HW_META);
    empty_rooms();
  }
}

// What a product of panels is, number for number: codes are unsigned, and floats are added up group by group with the
// rounding of a fused multiplication. All sets say the same, so that a model does, too.
static void panel_reference(uint32_t type, const uint8_t *weights, size_t rows, size_t length, hw_activations x,
                            size_t tokens, float *out, size_t out_stride) {
  const size_t groups = length / HW_GROUP, per_block = hw_block_groups(type), bytes = hw_block_bytes(type);
  const int parts = hw_panel_scale(type) == HW_SCALE_TWO_BYTES ? 2 : 1, bias = hw_panel_bias(type);
  for (size_t r = 0; r < rows; r++) {
    for (size_t t = 0; t < tokens; t++) out[t * out_stride + r] = 0;
    for (size_t i = 0; i < groups; i++) {
      hw_group g;
      hw_unpack(type, weights + (r * groups + i) / per_block * bytes, (int)(i % per_block), &g);
      for (size_t t = 0; t < tokens; t++) {
        const float *about = x.meta + HW_META * (t * groups + i);
        float *sum = out + t * out_stride + r;
        for (int part = 0; part < parts; part++) {
          int dot = 0;
          for (int j = part * 16; j < (part + 1) * HW_GROUP / parts; j++) {
            const size_t at = t * length + i * HW_GROUP + (size_t)j;
            dot += (g.values[j] + bias) * (256 * x.high[at] + x.low[at]);
          }
          const float scale = g.scale[part], min = bias ? scale * (float)-bias : g.min[part] + 0.0f;
          *sum = fmaf((float)dot, scale * about[0], *sum);
          *sum = fmaf(min, about[parts == 1 ? 1 : 2 + part], *sum);
        }
      }
    }
  }
}

// Writes what follows from both planes.
static void complete(hw_activations x, size_t tokens, size_t length) {
  static const size_t order[4] = {0, 2, 1, 3};
  for (size_t j = 0; j < tokens * length; j++) {
    const size_t from = j - j % 4 + order[j % 4];
    x.wide[j] = (int16_t)(256 * x.high[from] + x.low[from]);
  }
  for (size_t i = 0; i < tokens * length / HW_GROUP; i++) {
    int sums[2] = {0, 0};
    for (size_t j = 0; j < HW_GROUP; j++) sums[j / 16] += 256 * x.high[i * HW_GROUP + j] + x.low[i * HW_GROUP + j];
    const float scale = 0.01f, all[HW_META] = {scale, scale * (float)(sums[0] + sums[1]), scale * (float)sums[0],
                                               scale * (float)sums[1]};
    memcpy(x.meta + i * HW_META, all, sizeof all);
  }
}

static uint8_t *panels_of(uint32_t type, const uint8_t *weights, size_t rows, size_t panel_rows, size_t length) {
  const size_t size = hw_panel_bytes(type, panel_rows, length);
  const size_t row_bytes = length / HW_GROUP / hw_block_groups(type) * hw_block_bytes(type);
  uint8_t *panels = room((rows + panel_rows - 1) / panel_rows * size);
  for (size_t r = 0; r < rows; r += panel_rows) {
    const size_t count = rows - r < panel_rows ? rows - r : panel_rows;
    hw_repack(type, weights + r * row_bytes, count, panel_rows, length, panels + r / panel_rows * size);
  }
  return panels;
}

// What lies between the rows of a result must stay as it was.
static float *result_room(size_t tokens, size_t out_stride) {
  float *out = room(tokens * out_stride * sizeof(float));
  for (size_t j = 0; j < tokens * out_stride; j++) out[j] = -77;
  return out;
}

static void compare_panels(const hw_kernels *set, uint32_t type, const uint8_t *weights, size_t rows, size_t length,
                           hw_activations x, size_t tokens) {
  const size_t out_stride = rows + tokens % 3;
  float *ours = result_room(tokens, out_stride), *expected = result_room(tokens, out_stride);
  const uint8_t *panels = panels_of(type, weights, rows, set->panel_rows, length);
  set->multiply_panels(type, panels, rows, length, x, tokens, ours, out_stride);
  panel_reference(type, weights, rows, length, x, tokens, expected, out_stride);
  char what[80];
  snprintf(what, sizeof what, "panels of type %u, %zu rows, length %zu, %zu tokens", type, rows, length, tokens);
  expect(what, ours, expected, NULL, tokens * out_stride);
  empty_rooms();
}

// Codes and activations at their limits: no sum may overflow.
static void compare_extremes(const hw_kernels *set, uint32_t type) {
  static const uint8_t bytes[4] = {0, 0x7F, 0x80, 0xFF};
  for (int k = 0; k < 16; k++) {
    const size_t rows = 9, length = 256, tokens = 5, count = tokens * length;
    const uint8_t *weights = filled_blocks(type, rows * length, bytes[k / 4]);
    hw_activations x = activations_room(tokens, length);
    // 127 in both planes, or the negative, or the two in turn.
    for (size_t j = 0; j < count; j++) {
      const int is_negative = k % 4 == 0 || (k % 4 == 2 && j % 2) || (k % 4 == 3 && j % HW_GROUP < 16);
      x.high[j] = x.low[j] = is_negative ? -127 : 127;
    }
    complete(x, tokens, length);
    compare_panels(set, type, weights, rows, length, x, tokens);
  }
}

void check_panels(const hw_kernels *set) {
  if (!set->panel_rows) return;
  for (uint32_t type = 0; type < CHECKED_TYPES; type++) {
    if (!hw_has_panels(type)) continue;
    const size_t block = HW_GROUP * hw_block_groups(type);
    // Rows 1 ... 33 with tokens all over their range, then tokens 1 ... 21.
    for (size_t k = 1; k <= 33 + 21; k++) {
      const size_t rows = k <= 33 ? k : 9, tokens = k <= 33 ? 1 + k * 8 % 21 : k - 33;
      const size_t length = block * (1 + k % 3), count = tokens * length;
      const uint8_t *weights = random_blocks(type, rows * length);
      float *x = room(count * sizeof(float));
      for (size_t j = 0; j < count; j++) x[j] = random_between(-4, 4);
      // One token of each case is broken, and only it may be.
      if (k % 4 == 0) x[random_bits() % count] = k % 8 ? NAN : INFINITY;
      hw_activations planes = activations_room(tokens, length);
      set->quantize(x, tokens, length, planes);
      compare_panels(set, type, weights, rows, length, planes, tokens);
    }
    compare_extremes(set, type);
  }
}

// Products of rows against their definition, in doubles.
static void compare_rows(const hw_kernels *set, uint32_t type, size_t rows, size_t length, size_t tokens) {
  const uint8_t *weights = random_blocks(type, rows * length);
  float *decoded = room(rows * length * sizeof(float)), *x = room(tokens * length * sizeof(float));
  hw_kernels_portable()->dequantize(type, weights, rows * length, decoded);
  for (size_t j = 0; j < tokens * length; j++) x[j] = random_between(-4, 4);
  if (tokens % 4 == 3) x[random_bits() % (tokens * length)] = NAN;
  hw_activations planes = activations_room(tokens, length);
  set->quantize(x, tokens, length, planes);
  const size_t out_stride = rows + 2;
  float *ours = result_room(tokens, out_stride), *expected = result_room(tokens, out_stride);
  float *bound = room(tokens * out_stride * sizeof(float));
  for (size_t j = 0; j < tokens * out_stride; j++) bound[j] = 0;
  set->multiply_quantized(type, weights, rows, length, planes, tokens, ours, out_stride);
  for (size_t t = 0; t < tokens; t++) {
    for (size_t r = 0; r < rows; r++) {
      double sum = 0, size = 0;
      for (size_t j = 0; j < length; j++) {
        const size_t at = t * length + j;
        const double value = (double)planes.meta[at / HW_GROUP * HW_META] * (256 * planes.high[at] + planes.low[at]);
        sum += value * decoded[r * length + j];
        size += fabs(value * decoded[r * length + j]);
      }
      expected[t * out_stride + r] = (float)sum;
      bound[t * out_stride + r] = (float)(2e-6 * size + 1e-30);
    }
  }
  char what[80];
  snprintf(what, sizeof what, "rows of type %u, %zu rows, length %zu, %zu tokens", type, rows, length, tokens);
  expect(what, ours, expected, bound, tokens * out_stride);
  empty_rooms();
}

void check_rows(const hw_kernels *set) {
  for (uint32_t type = 0; type < CHECKED_TYPES; type++) {
    if (!hw_is_quantized(type)) continue;
    for (size_t tokens = 1; tokens <= 21; tokens += tokens < 10 ? 1 : 11) {
      compare_rows(set, type, 1 + tokens * 3 % 7, HW_GROUP * hw_block_groups(type) * (1 + tokens % 2), tokens);
    }
  }
}
