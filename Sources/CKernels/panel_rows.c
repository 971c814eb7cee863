// Single rows out of panels: the embedding of a token, where the same matrix is the output.

#include "CKernels.h"
#include "panels.h"

#pragma STDC FP_CONTRACT OFF

// Word r of a vector of n words.
static uint32_t word_at(const uint8_t *vector, size_t r) {
  uint32_t word;
  memcpy(&word, vector + 4 * r, 4);
  return word;
}

static float half_at(const uint8_t *halves, size_t r) {
  uint16_t half;
  memcpy(&half, halves + 2 * r, 2);
  return hw_half(half);
}

// The code of element j of a group, without its bias; see panels.h.
static int code_at(uint32_t type, const uint8_t *group, size_t j, size_t r, size_t n) {
  const int bits = hw_panel_bits(type);
  const size_t vector = 4 * n, c = j / 4, byte = 8 * (j % 4);
  if (bits == 8) return (int)(word_at(group + vector * c, r) >> byte & 255) - hw_panel_bias(type);
  int code = (int)(word_at(group + vector * (c % 4), r) >> (byte + (c < 4 ? 0 : 4)) & 15);
  if (bits == 5) code |= (int)(word_at(group + vector * 4, r) >> (byte + c) & 1) << 4;
  if (bits == 6) code |= (int)(word_at(group + vector * (4 + c / 4), r) >> (byte + 2 * (c % 4)) & 3) << 4;
  if (type == HW_IQ4_NL || type == HW_IQ4_XS) return hw_iq4_values[code];
  return code - hw_panel_bias(type);
}

void hw_panel_row(uint32_t type, const void *panel, size_t row, size_t panel_rows, size_t length, float *out) {
  const hw_scale_kind kind = hw_panel_scale(type);
  const size_t n = panel_rows, groups = length / HW_GROUP, shared = hw_panel_shared_groups(kind);
  const size_t code_bytes = n * hw_panel_code_bytes(type);
  const uint8_t *codes = panel, *scales = codes + groups * code_bytes;
  for (size_t i = 0; i < groups; i++, codes += code_bytes, out += HW_GROUP) {
    const uint8_t *block = scales + i / shared * n * hw_panel_scale_bytes(kind);
    const uint8_t *bytes = block + n * hw_panel_shared_bytes(kind) + i % shared * n * hw_panel_group_bytes(kind);
    const float d = half_at(block, row);
    for (size_t j = 0; j < HW_GROUP; j++) {
      const float code = (float)code_at(type, codes, j, row, n);
      switch (kind) {
        case HW_SCALE_HALF: out[j] = d * code; break;
        case HW_SCALE_HALF_MIN: out[j] = d * code + half_at(block + 2 * n, row); break;
        case HW_SCALE_BYTE_MIN:
          out[j] = d * (float)bytes[row] * code - half_at(block + 2 * n, row) * (float)bytes[n + row];
          break;
        case HW_SCALE_TWO_BYTES: out[j] = d * (float)(int8_t)bytes[n * (j / 16) + row] * code; break;
        case HW_SCALE_BYTE: out[j] = d * (float)(int8_t)bytes[row] * code; break;
      }
    }
  }
}
