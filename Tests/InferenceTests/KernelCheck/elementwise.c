// What some architectures do between the matrix products, against plain C.

#include <math.h>

#include "check.h"

// Products of two roundings, as far apart as one is from them.
static void check_rotated_halves(const hw_elementwise *set) {
  for (size_t rotated = 0; rotated <= 40; rotated += 2) {
    const size_t heads = 1 + rotated % 3, head_length = rotated + rotated % 7 + 1, count = heads * head_length;
    float *turns = random_floats(rotated, 1), *bound = random_floats(count, 1);
    float *ours = random_floats(count, 3), *expected = copy_of(ours, count);
    for (size_t j = 0; j < count; j++) bound[j] = j % head_length < rotated ? 1e-6f : 0;
    set->rotate_halves(ours, heads, head_length, rotated, turns);
    hw_elementwise_portable()->rotate_halves(expected, heads, head_length, rotated, turns);
    expect("rotation of halves", ours, expected, bound, count);
    empty_rooms();
  }
}

static void check_one_length(const hw_elementwise *set, size_t length) {
  const hw_elementwise *plain = hw_elementwise_portable();
  // From tiny numbers on, and one that is none.
  float *x = random_floats(length, 1);
  const float *y = random_floats(length, 2);
  for (size_t j = 0; j < length; j++) x[j] *= ldexpf(1, (int)(random_bits() % 24) - 20);
  if (length > 2) x[length / 2] = NAN;

  float *ours = copy_of(x, length), *expected = copy_of(x, length), *bound = random_floats(length, 1);
  set->geglu(ours, y, length);
  plain->geglu(expected, y, length);
  // 1 + tanh cancels where the gate is far below 0.
  for (size_t j = 0; j < length; j++) bound[j] = 1e-6f * fabsf(expected[j]) + 2e-7f * fabsf(x[j] * y[j]) + 1e-37f;
  expect("geglu", ours, expected, bound, length);

  ours = copy_of(x, length);
  expected = copy_of(x, length);
  set->scale(ours, 0.3f, length);
  plain->scale(expected, 0.3f, length);
  expect("scaled", ours, expected, NULL, length);

  ours = copy_of(x, length);
  expected = copy_of(x, length);
  set->add_scaled(ours, y, 0.3f, length);
  plain->add_scaled(expected, y, 0.3f, length);
  for (size_t j = 0; j < length; j++) bound[j] = 2.4e-7f * (fabsf(x[j]) + fabsf(y[j]));
  expect("sum with a factor", ours, expected, bound, length);

  ours = copy_of(x, length);
  expected = copy_of(x, length);
  set->soft_cap(ours, 2.5f, length);
  plain->soft_cap(expected, 2.5f, length);
  for (size_t j = 0; j < length; j++) bound[j] = 1e-6f * fabsf(expected[j]);
  expect("soft cap", ours, expected, bound, length);
  empty_rooms();
}

void check_elementwise(const hw_elementwise *set) {
  check_rotated_halves(set);
  for (size_t length = 1; length <= 600; length += length < 40 ? 1 : 107) check_one_length(set, length);
}
