// What some architectures do between the matrix products beside llama's own: one table for each instruction set.

#ifndef HUBWATCH_ELEMENTWISE_H
#define HUBWATCH_ELEMENTWISE_H

#include <stddef.h>

typedef struct {
  // "portable", "avx2" ...
  const char *name;

  // Turns pairs (i, rotated / 2 + i) of each head in place; turns: [rotated / 2, 2] cosine and sine.
  void (*rotate_halves)(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns);

  // gate = gelu(gate) * up, with gelu(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x³)))
  void (*geglu)(float *gate, const float *up, size_t length);

  // x *= factor
  void (*scale)(float *x, float factor, size_t length);

  // x += factor * y
  void (*add_scaled)(float *x, const float *y, float factor, size_t length);

  // x = cap * tanh(x / cap)
  void (*soft_cap)(float *x, float cap, size_t length);
} hw_elementwise;

// Plain C, the reference for all others.
const hw_elementwise *hw_elementwise_portable(void);

// AVX2 with FMA; NULL when the processor lacks them or is none of x86.
const hw_elementwise *hw_elementwise_avx2(void);

// NEON, where hw_kernels_neon is there; NULL elsewhere.
const hw_elementwise *hw_elementwise_neon(void);

#endif
