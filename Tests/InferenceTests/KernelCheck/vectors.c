// Decoding, and what lies between the products.

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "decoders.h"
#include "formats.h"

static void decode_both(const hw_kernels *set, uint32_t type, const void *blocks, size_t count) {
  float *ours = room(count * sizeof(float)), *expected = room(count * sizeof(float));
  set->dequantize(type, blocks, count, ours);
  hw_kernels_portable()->dequantize(type, blocks, count, expected);
  char what[80];
  snprintf(what, sizeof what, "decoding %zu of type %u", count, type);
  expect(what, ours, expected, NULL, count);
}

void check_decoding(const hw_kernels *set) {
  static const size_t counts[] = {1, 3, 4, 7, 8, 31, 32, 33, 64, 65, 255, 256, 257, 512, 600};
  for (uint32_t type = 0; type < CHECKED_TYPES; type++) {
    if (!hw_is_supported(type)) continue;
    const hw_decoder *decoder = hw_find_decoder(type);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
      const size_t count = counts[k], elements = decoder ? decoder->elements : 1;
      const size_t bytes = (count + elements - 1) / elements * (decoder ? decoder->bytes : type == HW_F32 ? 4 : 2);
      uint8_t *blocks = room(bytes);
      for (size_t j = 0; j < bytes; j++) blocks[j] = (uint8_t)random_bits();
      decode_both(set, type, blocks, count);
      empty_rooms();
    }
  }
  uint16_t *halves = room(0x10000 * sizeof(uint16_t));
  for (uint32_t bits = 0; bits < 0x10000; bits++) halves[bits] = (uint16_t)bits;
  decode_both(set, HW_F16, halves, 0x10000);
  empty_rooms();
}

// Bounds of a few roundings, relative to each number.
static float *bounds_of(const float *expected, size_t count, float relative) {
  float *bound = room(count * sizeof(float));
  for (size_t j = 0; j < count; j++) bound[j] = relative * fabsf(expected[j]) + 1e-30f;
  return bound;
}

static void check_float_products(const hw_kernels *set) {
  for (size_t length = 1; length <= 75; length += length < 20 ? 1 : 11) {
    const size_t rows = 1 + length % 5, tokens = 1 + length % 9, out_stride = rows + 1;
    const float *weights = random_floats(rows * length, 1), *x = random_floats(tokens * length, 1);
    float *ours = random_floats(tokens * out_stride, 1), *expected = copy_of(ours, tokens * out_stride);
    float *bound = bounds_of(expected, tokens * out_stride, 0);
    set->multiply_float(weights, rows, length, x, tokens, ours, out_stride);
    for (size_t t = 0; t < tokens; t++) {
      for (size_t r = 0; r < rows; r++) {
        double sum = 0, size = 0;
        for (size_t j = 0; j < length; j++) {
          sum += (double)weights[r * length + j] * x[t * length + j];
          size += fabs((double)weights[r * length + j] * x[t * length + j]);
        }
        expected[t * out_stride + r] = (float)sum;
        bound[t * out_stride + r] = (float)(1e-6 * size);
      }
    }
    expect("products of floats", ours, expected, bound, tokens * out_stride);
    empty_rooms();
  }
}

// Functions of one vector, on every short length and some longer ones.
static void check_one_length(const hw_kernels *set, size_t length) {
  const hw_kernels *plain = hw_kernels_portable();
  const float *x = random_floats(length, 5), *y = random_floats(length, 2);
  float *ours = random_floats(length, 1), *expected = random_floats(length, 1);
  set->rms_norm(x, y, length, 1e-5f, ours);
  plain->rms_norm(x, y, length, 1e-5f, expected);
  expect("norm", ours, expected, bounds_of(expected, length, 1e-6f), length);
  float *in_place = copy_of(x, length);
  set->rms_norm(in_place, y, length, 1e-5f, in_place);
  expect("norm in place", in_place, ours, NULL, length);

  ours = copy_of(x, length);
  expected = copy_of(x, length);
  set->add(ours, y, length);
  plain->add(expected, y, length);
  expect("sum", ours, expected, NULL, length);

  ours = copy_of(x, length);
  expected = copy_of(x, length);
  for (size_t j = 0; j < length; j++) ours[j] = expected[j] = x[j] * 16;
  if (length > 2) ours[length / 2] = expected[length / 2] = NAN;
  set->swiglu(ours, y, length);
  plain->swiglu(expected, y, length);
  expect("swiglu", ours, expected, bounds_of(expected, length, 1e-6f), length);
  empty_rooms();
}

static void check_rotation(const hw_kernels *set) {
  for (size_t rotated = 0; rotated <= 40; rotated += 2) {
    const size_t heads = 1 + rotated % 3, head_length = rotated + rotated % 7 + 1, count = heads * head_length;
    float *turns = room(rotated * sizeof(float));
    for (size_t j = 0; j < rotated; j += 2) {
      const float angle = random_between(0, 6);
      turns[j] = cosf(angle);
      turns[j + 1] = sinf(angle);
    }
    float *ours = random_floats(count, 3), *expected = copy_of(ours, count), *bound = room(count * sizeof(float));
    for (size_t j = 0; j < count; j++) bound[j] = j % head_length < rotated ? 1e-6f : 0;
    set->rotate(ours, heads, head_length, rotated, turns);
    hw_kernels_portable()->rotate(expected, heads, head_length, rotated, turns);
    expect("rotation", ours, expected, bound, count);
    empty_rooms();
  }
}

// Every finite half and what lies around it, and random bits.
static void check_halves(const hw_kernels *set) {
  const size_t count = 3 * 0x8000 + 4099;
  float *x = room(count * sizeof(float));
  for (size_t j = 0; j < count; j++) {
    uint32_t bits = random_bits();
    if (j < 3 * 0x8000) {
      // Halfway to the next half, and one bit to either side.
      const float half = hw_half((uint16_t)(j / 3)), next = hw_half((uint16_t)(j / 3 + 1)), middle = half + (next - half) / 2;
      memcpy(&bits, &middle, 4);
      bits = (bits + (uint32_t)(j % 3) - 1) ^ random_bits() << 31;
    }
    memcpy(x + j, &bits, 4);
  }
  uint16_t *ours = room(2 * count), *expected = room(2 * count);
  set->to_half(x, count, ours);
  hw_kernels_portable()->to_half(x, count, expected);
  // As floats, where every NaN is like another.
  float *back = room(count * sizeof(float)), *reference = room(count * sizeof(float));
  hw_kernels_portable()->dequantize(HW_F16, ours, count, back);
  hw_kernels_portable()->dequantize(HW_F16, expected, count, reference);
  expect("rounding to halves", back, reference, NULL, count);
  for (size_t j = 0; j < count; j++) {
    if (isnan(x[j]) != isnan(back[j])) expect("a half that is no number", back + j, x + j, NULL, 1);
  }
  empty_rooms();
  for (size_t length = 1; length <= 20; length++) {
    const float *few = random_floats(length, 100);
    ours = room(2 * length);
    expected = room(2 * length);
    set->to_half(few, length, ours);
    hw_kernels_portable()->to_half(few, length, expected);
    expect_bytes("a few halves", ours, expected, 2 * length);
    empty_rooms();
  }
}

void check_vectors(const hw_kernels *set) {
  check_float_products(set);
  for (size_t length = 1; length <= 600; length += length < 40 ? 1 : 107) check_one_length(set, length);
  check_rotation(set);
  check_halves(set);
}
