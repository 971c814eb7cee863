// Memory with a guard behind it, random inputs, and comparisons.

#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "formats.h"

#define MOST_ROOMS 64
#define MOST_TOLD 20

static struct { void *base; size_t size; } rooms[MOST_ROOMS];
static size_t room_count, told;
static check_count counted;
static uint64_t state = 1;

void *room(size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (bytes + page - 1) / page * page;
  char *base = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED || mprotect(base + size, page, PROT_NONE) != 0 || room_count == MOST_ROOMS) {
    fprintf(stderr, "kernel-check: no memory for %zu bytes\n", bytes);
    exit(2);
  }
  rooms[room_count].base = base;
  rooms[room_count++].size = size + page;
  return memset(base + size - bytes, 0xA5, bytes);
}

void empty_rooms(void) {
  while (room_count > 0) {
    room_count--;
    munmap(rooms[room_count].base, rooms[room_count].size);
  }
}

// Steele, Lea and Flood: SplitMix64.
uint32_t random_bits(void) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return (uint32_t)((z ^ z >> 31) >> 32);
}

float random_between(float low, float high) {
  return low + (high - low) * ((float)(random_bits() >> 8) * 0x1p-24f);
}

float *random_floats(size_t count, float size) {
  float *x = room(count * sizeof(float));
  for (size_t j = 0; j < count; j++) x[j] = random_between(-size, size);
  return x;
}

float *copy_of(const float *x, size_t count) {
  return memcpy(room(count * sizeof(float)), x, count * sizeof(float));
}

// A half between about -0.1 and 0.1: exponents up to that of 1/16.
static void put_half(uint8_t *at) {
  const uint16_t half = (uint16_t)((random_bits() & 0x83FF) | (random_bits() % 12) << 10);
  memcpy(at, &half, 2);
}

// Gives the halves of all blocks moderate values.
static void put_halves(uint32_t type, uint8_t *blocks, size_t bytes) {
  size_t offset = 0, count = 1;
  switch (type) {
    case HW_Q4_1: case HW_Q5_1: case HW_Q4_K: case HW_Q5_K: count = 2; break;
    case HW_Q2_K: offset = offsetof(hw_q2_k, d); count = 2; break;
    case HW_Q3_K: offset = offsetof(hw_q3_k, d); break;
    case HW_Q6_K: offset = offsetof(hw_q6_k, d); break;
  }
  for (size_t block = 0; block < bytes; block += hw_block_bytes(type)) {
    for (size_t k = 0; k < count; k++) put_half(blocks + block + offset + 2 * k);
  }
}

uint8_t *filled_blocks(uint32_t type, size_t elements, uint8_t byte) {
  const size_t bytes = elements / HW_GROUP / hw_block_groups(type) * hw_block_bytes(type);
  uint8_t *blocks = room(bytes);
  memset(blocks, byte, bytes);
  put_halves(type, blocks, bytes);
  return blocks;
}

uint8_t *random_blocks(uint32_t type, size_t elements) {
  const size_t bytes = elements / HW_GROUP / hw_block_groups(type) * hw_block_bytes(type);
  uint8_t *blocks = room(bytes);
  for (size_t j = 0; j < bytes; j++) blocks[j] = (uint8_t)random_bits();
  put_halves(type, blocks, bytes);
  return blocks;
}

hw_activations activations_room(size_t tokens, size_t length) {
  const size_t count = tokens * length;
  return (hw_activations){.high = room(count), .low = room(count), .wide = room(2 * count),
                          .meta = room(count / HW_GROUP * HW_META * sizeof(float))};
}

void expect(const char *what, const float *ours, const float *expected, const float *bound, size_t count) {
  for (size_t j = 0; j < count; j++) {
    counted.numbers++;
    if (isnan(ours[j]) && isnan(expected[j])) continue;
    if (bound ? fabsf(ours[j] - expected[j]) <= bound[j] : memcmp(ours + j, expected + j, sizeof(float)) == 0) continue;
    counted.differences++;
    if (told++ < MOST_TOLD) printf("%s: element %zu is %a, not %a\n", what, j, ours[j], expected[j]);
  }
}

void expect_bytes(const char *what, const void *ours, const void *expected, size_t count) {
  const uint8_t *a = ours, *b = expected;
  for (size_t j = 0; j < count; j++) {
    counted.numbers++;
    if (a[j] == b[j]) continue;
    counted.differences++;
    if (told++ < MOST_TOLD) printf("%s: byte %zu is %d, not %d\n", what, j, a[j], b[j]);
  }
}

check_count take_count(void) {
  const check_count all = counted;
  counted = (check_count){0, 0};
  told = 0;
  return all;
}
