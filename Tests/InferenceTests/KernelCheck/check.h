// Compares every set of kernels that this processor runs with plain C, on ragged and extreme inputs. A program of its own,
// so that it can be built for another processor and run under an emulator.

#ifndef HUBWATCH_KERNEL_CHECK_H
#define HUBWATCH_KERNEL_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

// Numbers of tensor types that are tried: ggml's and our own.
#define CHECKED_TYPES 2048

// The parts of a table; each says what differs.
void check_activations(const hw_kernels *set);
void check_panels(const hw_kernels *set);
void check_rows(const hw_kernels *set);
void check_decoding(const hw_kernels *set);
void check_vectors(const hw_kernels *set);
void check_attention(const hw_kernels *set);
void check_elementwise(const hw_elementwise *set);

// Memory of exactly so many bytes, behind which the process may neither read nor write. Filled with 0xA5; given back
// by empty_rooms.
void *room(size_t bytes);
void empty_rooms(void);

// Numbers that are the same in every run and on every machine.
uint32_t random_bits(void);
float random_between(float low, float high);

// Floats in a room: between -size and size, or the same as others.
float *random_floats(size_t count, float size);
float *copy_of(const float *x, size_t count);

// Blocks of random bytes in a room, or of one repeated byte; their halves, scales and minima, are moderate numbers. The
// type is one that hw_is_quantized.
uint8_t *random_blocks(uint32_t type, size_t elements);
uint8_t *filled_blocks(uint32_t type, size_t elements, uint8_t byte);

// Quantized activations in rooms of their own.
hw_activations activations_room(size_t tokens, size_t length);

// Counts a comparison and tells the first differences. `bound` NULL: to the bit. A NaN equals every other.
void expect(const char *what, const float *ours, const float *expected, const float *bound, size_t count);
void expect_bytes(const char *what, const void *ours, const void *expected, size_t count);

// What was compared since the last call, and found different.
typedef struct { size_t numbers, differences; } check_count;
check_count take_count(void);

#endif
