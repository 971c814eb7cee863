// Attention against plain C.

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "formats.h"

typedef struct {
  size_t key, value, tokens, heads, start, window;
  uint32_t type;
  float softcap;
  int is_broken;
} sizes;

// Keys or values of `heads` heads side by side.
static uint8_t *rows_of(uint32_t type, size_t positions, size_t length, size_t heads, size_t *stride) {
  if (type == HW_Q8_0) {
    *stride = heads * length / HW_GROUP * sizeof(hw_q8_0);
    return random_blocks(HW_Q8_0, positions * heads * length);
  }
  *stride = 2 * heads * length;
  uint16_t *halves = room(positions * *stride);
  for (size_t j = 0; j < positions * heads * length; j++) {
    // Below 2 in size.
    halves[j] = (uint16_t)((random_bits() & 0x83FF) | (5 + random_bits() % 11) << 10);
  }
  return (uint8_t *)halves;
}

static void compare(const hw_kernels *set, sizes s) {
  const size_t positions = s.start + s.tokens, query_stride = s.heads * s.key + 3, out_stride = s.heads * s.value + 2;
  const size_t scratch = hw_attention_scratch(s.key, s.value, positions);
  hw_attention job = {.query_stride = query_stride, .tokens = s.tokens, .heads = s.heads, .start = s.start,
                      .window = s.window, .type = s.type, .key_length = s.key, .value_length = s.value, .scale = 0.3f,
                      .softcap = s.softcap, .out_stride = out_stride};
  job.keys = rows_of(s.type, positions, s.key, 2, &job.key_stride);
  job.values = rows_of(s.type, positions, s.value, 3, &job.value_stride);
  float *query = room(s.tokens * query_stride * sizeof(float));
  for (size_t j = 0; j < s.tokens * query_stride; j++) query[j] = random_between(-2, 2);
  if (s.is_broken) query[0] = NAN;
  job.query = query;
  const size_t count = s.tokens * out_stride;
  float *outs[2], *bound = room(count * sizeof(float));
  for (int k = 0; k < 2; k++) {
    outs[k] = room(count * sizeof(float));
    for (size_t j = 0; j < count; j++) outs[k][j] = -77;
    job.out = outs[k];
    job.scratch = room(scratch * sizeof(float));
    (k ? hw_kernels_portable() : set)->attend(&job);
  }
  // Blocks of Q8_0 hold larger numbers, and so do scores and means of them.
  const float error = s.type == HW_Q8_0 ? 5e-4f : 3e-5f;
  for (size_t j = 0; j < count; j++) bound[j] = j % out_stride < s.heads * s.value ? error : 0;
  char what[100];
  snprintf(what, sizeof what, "attention of %zu × %zu queries from %zu on, lengths %zu and %zu, window %zu, type %u",
           s.tokens, s.heads, s.start, s.key, s.value, s.window, s.type);
  expect(what, outs[0], outs[1], bound, count);
  // The first head has a NaN in its query, and only it says so.
  for (size_t j = 0; s.is_broken && j < 2 * s.value && s.heads > 1; j++) {
    const float expected = j < s.value ? NAN : outs[1][j];
    expect("a broken query", outs[0] + j, &expected, bound + j, 1);
  }
  empty_rooms();
}

void check_attention(const hw_kernels *set) {
  static const sizes cases[] = {
      {8, 8, 1, 1, 0, 0, HW_F16, 0, 0},       {8, 8, 3, 2, 7, 0, HW_F16, 0, 1},    {16, 16, 5, 3, 0, 0, HW_F16, 0, 0},
      {40, 24, 2, 1, 32, 0, HW_F16, 0, 0},    {12, 20, 2, 2, 5, 0, HW_F16, 0, 1},  {64, 64, 1, 1, 200, 0, HW_F16, 0, 0},
      {64, 64, 1, 2, 77, 0, HW_F16, 0, 1},    {64, 64, 1, 3, 90, 0, HW_F16, 0, 1}, {64, 64, 8, 3, 130, 0, HW_F16, 0, 0},
      {64, 64, 33, 4, 0, 0, HW_F16, 0, 0},    {64, 64, 7, 9, 61, 0, HW_F16, 0, 1}, {64, 64, 9, 2, 90, 16, HW_F16, 0, 0},
      {64, 64, 1, 4, 200, 130, HW_F16, 0, 0}, {64, 64, 2, 1, 99, 7, HW_F16, 0, 0}, {8, 8, 70, 1, 0, 3, HW_F16, 0, 0},
      {64, 64, 4, 4, 66, 0, HW_F16, 2.5f, 1}, {72, 88, 1, 1, 13, 0, HW_F16, 2, 0}, {1, 1, 3, 1, 40, 0, HW_F16, 0, 0},
      {128, 128, 6, 8, 64, 0, HW_F16, 0, 0},  {96, 96, 17, 1, 9, 0, HW_F16, 0, 0}, {64, 64, 5, 3, 77, 0, HW_Q8_0, 0, 1},
      {12, 16, 1, 1, 50, 0, HW_F16, 0, 0},    {16, 12, 1, 1, 33, 0, HW_F16, 0, 0}, {7, 5, 1, 2, 40, 0, HW_F16, 0, 0},
      {32, 128, 20, 2, 0, 0, HW_Q8_0, 0, 0},  {64, 32, 1, 1, 50, 9, HW_Q8_0, 3, 0},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) compare(set, cases[k]);
}
