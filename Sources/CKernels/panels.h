// Panels: rows of a quantized matrix interleaved for the processor.
//
// A panel holds `n` rows. First come the codes of all groups of 32 elements, then their scales:
//
//   codes of a group    low nibbles, 4 vectors of n words of 4 bytes: byte e of word r in vector q holds element 4q + e of
//                       row r in its low, and element 16 + 4q + e in its high nibble.
//                       Types of 5 bits: one more vector; bit c of byte e in word r is the fifth bit of element 4c + e.
//                       Types of 6 bits: two more vectors; of byte e in word r, bits 2c and 2c + 1 of vector v are the
//                       high bits of element 16v + 4c + e.
//                       Types of 8 bits: instead, 8 vectors; byte e of word r in vector c is element 4c + e.
//   scales of a group   n halves (and n minima), or for types with blocks of 256, once for 8 groups, n halves d (and n
//                       dmin), and then for each group n bytes (and n more: minima, or the scale of the last 16).
//
// Codes are unsigned; an element is scale * (code - bias), or scale * code + minimum.

#ifndef HUBWATCH_PANELS_H
#define HUBWATCH_PANELS_H

#include "formats.h"

typedef enum {
  HW_SCALE_HALF,        // n halves d a group
  HW_SCALE_HALF_MIN,    // n halves d, n halves m a group
  HW_SCALE_BYTE_MIN,    // n halves d, n halves dmin; a group: n unsigned scales, n unsigned minima
  HW_SCALE_TWO_BYTES,   // n halves d; a group: n signed scales of the first 16, n of the last 16
  HW_SCALE_BYTE,        // n halves d; a group: n signed scales
} hw_scale_kind;

// The types that have panels.
#define HW_PANEL_TYPES(CASE) \
  CASE(HW_Q4_0) CASE(HW_Q4_1) CASE(HW_Q5_0) CASE(HW_Q5_1) CASE(HW_Q8_0) CASE(HW_Q4_K) CASE(HW_Q5_K) CASE(HW_Q6_K) \
  CASE(HW_IQ4_NL) CASE(HW_IQ4_XS)

// Asks for lines that will be needed: the processor's own prefetching ends with each page, and generation waits for
// memory.
static inline void hw_prefetch(const uint8_t *p, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(p + i, 0, 3);
}

// Everything that differs between the types. In a switch over constants, so that it folds where the type is one.
static inline int hw_panel_bits(uint32_t type) {
  switch (type) {
    case HW_Q4_0: case HW_Q4_1: case HW_Q4_K: case HW_IQ4_NL: case HW_IQ4_XS: return 4;
    case HW_Q5_0: case HW_Q5_1: case HW_Q5_K: return 5;
    case HW_Q6_K: return 6;
    case HW_Q8_0: return 8;
    default: return 0;
  }
}

static inline hw_scale_kind hw_panel_scale(uint32_t type) {
  switch (type) {
    case HW_Q4_1: case HW_Q5_1: return HW_SCALE_HALF_MIN;
    case HW_Q4_K: case HW_Q5_K: return HW_SCALE_BYTE_MIN;
    case HW_Q6_K: return HW_SCALE_TWO_BYTES;
    case HW_IQ4_XS: return HW_SCALE_BYTE;
    default: return HW_SCALE_HALF;
  }
}

// What is taken from a code, 0 for types with a minimum. IQ4: the code is an index into a table of signed bytes.
static inline int hw_panel_bias(uint32_t type) {
  switch (type) {
    case HW_Q4_0: return 8;
    case HW_Q5_0: return 16;
    case HW_Q6_K: return 32;
    case HW_Q8_0: case HW_IQ4_NL: case HW_IQ4_XS: return 128;
    default: return 0;
  }
}

// Bytes of the codes of one group, a row.
static inline size_t hw_panel_code_bytes(uint32_t type) {
  const int bits = hw_panel_bits(type);
  return bits == 4 ? 16 : bits == 5 ? 20 : bits == 6 ? 24 : 32;
}

// Groups that share a half, bytes of what they share, and bytes of each group, a row.
static inline size_t hw_panel_shared_groups(hw_scale_kind kind) {
  return kind == HW_SCALE_HALF || kind == HW_SCALE_HALF_MIN ? 1 : 8;
}

static inline size_t hw_panel_shared_bytes(hw_scale_kind kind) {
  return kind == HW_SCALE_HALF_MIN || kind == HW_SCALE_BYTE_MIN ? 4 : 2;
}

static inline size_t hw_panel_group_bytes(hw_scale_kind kind) {
  switch (kind) {
    case HW_SCALE_BYTE_MIN: case HW_SCALE_TWO_BYTES: return 2;
    case HW_SCALE_BYTE: return 1;
    default: return 0;
  }
}

// Bytes of all scales that groups share until the next ones, a row.
static inline size_t hw_panel_scale_bytes(hw_scale_kind kind) {
  return hw_panel_shared_bytes(kind) + hw_panel_shared_groups(kind) * hw_panel_group_bytes(kind);
}

#endif
