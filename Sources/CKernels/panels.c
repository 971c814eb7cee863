// Repacking into panels, in plain C: done once a matrix, bound by memory.

#include "panels.h"

#include "CKernels.h"

int hw_has_panels(uint32_t type) { return hw_panel_bits(type) != 0; }

size_t hw_panel_bytes(uint32_t type, size_t panel_rows, size_t length) {
  const hw_scale_kind kind = hw_panel_scale(type);
  const size_t groups = length / HW_GROUP;
  const size_t codes = groups * hw_panel_code_bytes(type);
  const size_t scales = groups / hw_panel_shared_groups(kind) * hw_panel_scale_bytes(kind);
  return ((codes + scales) * panel_rows + 63) / 64 * 64;
}

#define HW_INLINE static inline __attribute__((always_inline))

// Four bytes as one word, the first in the lowest byte.
HW_INLINE uint32_t four(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, 4);
  return word;
}

HW_INLINE void put_word(uint8_t *at, uint32_t word) { memcpy(at, &word, 4); }

// Bit `bit` of 32 bytes: that of byte 4c + e goes to bit c of byte e.
HW_INLINE uint32_t fifth_plane(const uint8_t *bytes, int bit) {
  uint32_t plane = 0;
  for (int c = 0; c < 8; c++) plane |= (four(bytes + 4 * c) >> bit & 0x01010101) << c;
  return plane;
}

// The same out of 32 bits, one an element: bit 4c + e goes to bit c of byte e.
HW_INLINE uint32_t spread_bits(const uint8_t *bits) {
  const uint32_t all = four(bits);
  uint32_t plane = 0;
  for (int e = 0; e < 4; e++) {
    // Every fourth bit, moved together in three steps.
    uint32_t x = all >> e & 0x11111111;
    x = (x | x >> 3) & 0x03030303;
    x = (x | x >> 6) & 0x000F000F;
    x = (x | x >> 12) & 0xFF;
    plane |= x << 8 * e;
  }
  return plane;
}

// Low nibbles of elements 4q ... and of 16 + 4q ..., out of 32 bytes that hold them from bit `shift` on.
HW_INLINE uint32_t nibble_word(const uint8_t *bytes, int q, int shift) {
  return (four(bytes + 4 * q) >> shift & 0x0F0F0F0F) | (four(bytes + 16 + 4 * q) >> shift & 0x0F0F0F0F) << 4;
}

// Writes the codes of group i of a block as word r of the vectors that begin at `at`.
HW_INLINE void put_codes(const uint32_t type, const void *block, size_t i, size_t r, size_t n, uint8_t *at) {
  at += 4 * r;
  const size_t step = 4 * n;
  switch (type) {
    case HW_Q8_0:
      for (size_t c = 0; c < 8; c++) {
        const uint8_t *qs = (const uint8_t *)((const hw_q8_0 *)block)->qs;
        put_word(at + step * c, four(qs + 4 * c) ^ 0x80808080);
      }
      return;
    case HW_Q4_K:
    case HW_Q5_K: {
      const hw_q5_k *five = block;
      const uint8_t *qs = type == HW_Q5_K ? five->qs : ((const hw_q4_k *)block)->qs;
      for (int q = 0; q < 4; q++) put_word(at + step * (size_t)q, nibble_word(qs + i / 2 * 32, q, i % 2 ? 4 : 0));
      if (type == HW_Q5_K) put_word(at + step * 4, fifth_plane(five->qh, (int)i));
      return;
    }
    case HW_Q6_K: {
      const hw_q6_k *b = block;
      const uint8_t *low = b->ql + i / 4 * 64 + i % 2 * 32, *high = b->qh + i / 4 * 32;
      for (int q = 0; q < 4; q++) put_word(at + step * (size_t)q, nibble_word(low, q, i % 4 < 2 ? 0 : 4));
      for (size_t v = 0; v < 2; v++) {
        uint32_t plane = 0;
        for (size_t c = 0; c < 4; c++) {
          plane |= (four(high + 16 * v + 4 * c) >> 2 * (i % 4) & 0x03030303) << 2 * c;
        }
        put_word(at + step * (4 + v), plane);
      }
      return;
    }
    default: {
      // Blocks of 32 with nibbles in the panel's own order, as the last 16 bytes, with fifth bits before them.
      const uint8_t *qs = (const uint8_t *)block + (type == HW_IQ4_XS ? 8 + 16 * i : hw_block_bytes(type) - 16);
      for (size_t q = 0; q < 4; q++) put_word(at + step * q, four(qs + 4 * q));
      if (hw_panel_bits(type) == 5) put_word(at + step * 4, spread_bits(qs - 4));
    }
  }
}

HW_INLINE void put_half(uint8_t *at, const void *half) { memcpy(at, half, 2); }

// Writes the scales of one block of row r; `at` is where the scales of its groups begin.
HW_INLINE void put_scales(const uint32_t type, const void *block, size_t r, size_t n, uint8_t *at) {
  uint8_t *const bytes = at + n * hw_panel_shared_bytes(hw_panel_scale(type));
  int scale, min;
  switch (type) {
    case HW_Q4_1: case HW_Q5_1:
      put_half(at + 2 * n + 2 * r, (const uint8_t *)block + 2);
      put_half(at + 2 * r, block);
      return;
    case HW_Q4_K: case HW_Q5_K: {
      // Both begin with d, dmin and the same 12 bytes.
      const hw_q4_k *b = block;
      put_half(at + 2 * r, &b->d);
      put_half(at + 2 * n + 2 * r, &b->dmin);
      for (size_t i = 0; i < 8; i++) {
        hw_scale_min(b->scales, (int)i, &scale, &min);
        bytes[2 * n * i + r] = (uint8_t)scale;
        bytes[2 * n * i + n + r] = (uint8_t)min;
      }
      return;
    }
    case HW_Q6_K: {
      const hw_q6_k *b = block;
      put_half(at + 2 * r, &b->d);
      for (size_t i = 0; i < 16; i++) bytes[n * i + r] = (uint8_t)b->scales[i];
      return;
    }
    case HW_IQ4_XS: {
      const hw_iq4_xs *b = block;
      put_half(at + 2 * r, &b->d);
      for (size_t i = 0; i < 8; i++) bytes[n * i + r] = (uint8_t)hw_iq4_scale(b, (int)i);
      return;
    }
    default: put_half(at + 2 * r, block);
  }
}

HW_INLINE void repack(const uint32_t type, const uint8_t *weights, size_t rows, size_t n, size_t length, uint8_t *panel) {
  const size_t per_block = hw_block_groups(type), bytes = hw_block_bytes(type);
  const size_t blocks = length / HW_GROUP / per_block;
  const size_t code_bytes = n * hw_panel_code_bytes(type), scale_bytes = n * hw_panel_scale_bytes(hw_panel_scale(type));
  uint8_t *const scales = panel + blocks * per_block * code_bytes;
  for (size_t b = 0; b < blocks; b++) {
    for (size_t r = 0; r < rows; r++) {
      const uint8_t *block = weights + (r * blocks + b) * bytes;
      for (size_t i = 0; i < per_block; i++) {
        put_codes(type, block, i, r, n, panel + (b * per_block + i) * code_bytes);
      }
      put_scales(type, block, r, n, scales + b * scale_bytes);
    }
  }
}

void hw_repack(uint32_t type, const void *weights, size_t rows, size_t panel_rows, size_t length, void *panel) {
  if (rows < panel_rows) memset(panel, 0, hw_panel_bytes(type, panel_rows, length));
  switch (type) {
#define CASE(TYPE) \
  case TYPE: repack(TYPE, weights, rows, panel_rows, length, panel); return;
    HW_PANEL_TYPES(CASE)
#undef CASE
  }
}
