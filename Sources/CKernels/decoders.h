// One decoder for every block format of GGUF, by its type number.

#ifndef HUBWATCH_DECODERS_H
#define HUBWATCH_DECODERS_H

#include <stddef.h>
#include <stdint.h>

// Elements of the longest block.
#define HW_LONGEST_BLOCK 256

typedef struct {
  uint16_t elements;  // of a block, at most HW_LONGEST_BLOCK
  uint16_t bytes;     // of a block
  // Decodes one block, which may be unaligned, into `elements` floats.
  void (*decode)(const void *block, float *out);
} hw_decoder;

// NULL for plain floats and for types that cannot be decoded.
const hw_decoder *hw_find_decoder(uint32_t type);

// Codebook formats (blocks_iq.c).
void hw_decode_iq1_s(const void *block, float *out);
void hw_decode_iq1_m(const void *block, float *out);
void hw_decode_iq2_xxs(const void *block, float *out);
void hw_decode_iq2_xs(const void *block, float *out);
void hw_decode_iq2_s(const void *block, float *out);
void hw_decode_iq3_xxs(const void *block, float *out);
void hw_decode_iq3_s(const void *block, float *out);

// Ternary weights, signs, and floats of four bits (blocks_tiny.c).
void hw_decode_tq1_0(const void *block, float *out);
void hw_decode_tq2_0(const void *block, float *out);
void hw_decode_q1_0(const void *block, float *out);
void hw_decode_mxfp4(const void *block, float *out);
void hw_decode_nvfp4(const void *block, float *out);

#endif
