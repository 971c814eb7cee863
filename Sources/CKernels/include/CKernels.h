// The arithmetic of the inference core: one table of functions per instruction set, all with the same meaning.
//
// Only pointers go in and out. Buffers may be unaligned and must not overlap unless a comment says so.

#ifndef HUBWATCH_CKERNELS_H
#define HUBWATCH_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "Quantizers.h"
#include "elementwise.h"
#include "statistics.h"

// Elements that share one scale in quantized activations.
#define HW_GROUP 32
// Floats that describe a group of activations.
#define HW_META 4

// Activations of some tokens, quantized once per matrix product. A token has `length` elements, a multiple of 32.
// An element is scale * (256 * high + low): 16 bits, in two planes so that each multiplies as bytes. With 8 bits alone
// the logits of a small model would be off by 0.15 (rms); with 16 it is 0.005, for hardly any time.
typedef struct {
  int8_t *high;  // [tokens, length], -127...127
  int8_t *low;   // [tokens, length], -127...127
  // [tokens, length]: both planes as one number, of each four elements in the order 0, 2, 1, 3. Written only by sets that
  // multiply so.
  int16_t *wide;
  // [tokens, length / 32, HW_META]: the scale of a group, and scale times the sum of its elements, of the first 16, and
  // of the last 16.
  float *meta;
} hw_activations;

// Causal attention of the query heads that share one key head:
// out = softmax(scale * q · k) · v over the positions that a token sees.
typedef struct {
  // [tokens, query_stride]: `heads` heads of key_length floats side by side.
  const float *query;
  size_t query_stride, tokens, heads;
  // The position of the first token. Token t sees position start + t and those before it; with a window, only the last
  // `window` of them, itself included. 0: no window.
  size_t start, window;
  // How keys and values are stored: F16 or Q8_0 (lengths are multiples of 32 then).
  uint32_t type;
  // This head's part of position 0, and the bytes from one position to the next.
  const void *keys, *values;
  size_t key_length, value_length, key_stride, value_stride;
  float scale;
  // Scores s become softcap * tanh(s / softcap); 0: they stay.
  float softcap;
  // Floats, as many as hw_attention_scratch says for at least so many tokens and heads.
  float *scratch;
  // [tokens, out_stride]: `heads` heads of value_length floats side by side.
  float *out;
  size_t out_stride;
} hw_attention;

// Floats of scratch that attention over `positions` positions needs.
size_t hw_attention_scratch(size_t key_length, size_t value_length, size_t positions);

typedef struct {
  // "portable", "avx2" ...
  const char *name;

  // Decodes `count` elements of a supported tensor type, as ggml does, bit by bit. Blocks are read whole, also the last
  // one; nothing behind it is read, and no more than `count` floats are written. Other types: nothing is written.
  void (*dequantize)(uint32_t type, const void *blocks, size_t count, float *out);

  // Quantizes tokens × length floats. A group with a NaN or an infinity gets the scale NaN, so that
  // it does not vanish.
  void (*quantize)(const float *x, size_t tokens, size_t length, hw_activations out);

  // out[t * out_stride + r] = weights[r] · x[t], integer products inside a group of 32.
  // weights: `rows` rows of `length` elements in blocks of `type`, one after the other.
  void (*multiply_quantized)(uint32_t type, const void *weights, size_t rows, size_t length, hw_activations x,
                             size_t tokens, float *out, size_t out_stride);

  // Rows that lie interleaved in a panel (hw_repack), and the same product over panels of them, of which the last may be
  // incomplete. 0 and NULL: this set has no such product.
  size_t panel_rows;
  void (*multiply_panels)(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x, size_t tokens,
                          float *out, size_t out_stride);

  // out[t * out_stride + r] = weights[r] · x[t] in floats; weights: [rows, length], x: [tokens, length].
  void (*multiply_float)(const float *weights, size_t rows, size_t length, const float *x, size_t tokens, float *out,
                         size_t out_stride);

  // out = x / sqrt(mean(x²) + epsilon) * weight; out may be x.
  void (*rms_norm)(const float *x, const float *weight, size_t length, float epsilon, float *out);

  // Turns pairs (2i, 2i + 1) of each head in place; turns: [rotated / 2, 2] cosine and sine.
  void (*rotate)(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns);

  // gate = silu(gate) * up
  void (*swiglu)(float *gate, const float *up, size_t length);

  // x += y
  void (*add)(float *x, const float *y, size_t length);

  // IEEE half precision, rounded to nearest even.
  void (*to_half)(const float *x, size_t length, uint16_t *out);

  // Attention of some tokens; see hw_attention.
  void (*attend)(const hw_attention *job);
} hw_kernels;

// Quantizes `length` floats, a multiple of 32, to blocks of Q8_0. A block with a NaN or an infinity gets the scale NaN.
void hw_to_q8_0(const float *x, size_t length, void *out);

// Whether a type can be repacked into panels: groups of rows whose blocks are interleaved, so that one load brings the
// same elements of all rows and no sum runs across a register.
int hw_has_panels(uint32_t type);

// Bytes of a panel of `panel_rows` rows of `length` elements; a multiple of 64.
size_t hw_panel_bytes(uint32_t type, size_t panel_rows, size_t length);

// Writes a panel out of `rows` rows, 1 to panel_rows; missing ones become zeros. Element for element the same numbers.
void hw_repack(uint32_t type, const void *weights, size_t rows, size_t panel_rows, size_t length, void *panel);

// Decodes row `row` of a panel: the same floats as out of its blocks.
void hw_panel_row(uint32_t type, const void *panel, size_t row, size_t panel_rows, size_t length, float *out);

// Plain C, the reference for all others.
const hw_kernels *hw_kernels_portable(void);

// AVX2 with FMA and F16C; NULL when the processor lacks them or is none of x86.
const hw_kernels *hw_kernels_avx2(void);

// AVX-512 (F, BW, VL, DQ, VNNI); NULL when the processor lacks them or is none of x86.
const hw_kernels *hw_kernels_avx512(void);

// NEON with products of bytes (dotprod), on Linux; NULL when the processor lacks them or is none of 64-bit ARM.
const hw_kernels *hw_kernels_neon(void);

// Whether a tensor type can be decoded, and whether multiply_quantized takes it.
int hw_is_supported(uint32_t type);
int hw_is_quantized(uint32_t type);

// Tells the processor that this is a spinning wait.
static inline void hw_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

#endif
