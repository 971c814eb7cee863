// Products of panels of 8 rows with NEON and its products of bytes.
//
// sdot multiplies signed bytes. Codes of up to 6 bits are both signed and unsigned. Those that reach 255 are taken less
// 128, and 128 times the sum of the activations is added to the product: integers, so nothing is lost, and the floats
// that follow are those of the other sets, in their order, to the bit.

#if defined(__aarch64__) && defined(__linux__)

#include "neon.h"
#include "panels.h"

// Rows of a panel: the lanes of two registers.
#define ROWS 8

// Four unsigned bytes of eight, `half` of them, as floats.
HW_INLINE float32x4_t bytes4(const uint8_t *p, const int half) {
  const uint16x8_t wide = vmovl_u8(vld1_u8(p));
  return vcvtq_f32_u32(half ? vmovl_high_u16(wide) : vmovl_u16(vget_low_u16(wide)));
}

HW_INLINE float32x4_t signed4(const uint8_t *p, const int half) {
  const int16x8_t wide = vmovl_s8(vreinterpret_s8_u8(vld1_u8(p)));
  return vcvtq_f32_s32(half ? vmovl_high_s16(wide) : vmovl_s16(vget_low_s16(wide)));
}

// Whether codes are taken less 128.
HW_INLINE int is_shifted(const uint32_t type) { return hw_panel_bias(type) == 128; }

// Codes 4c ... 4c + 3 of a group in four rows, the first or the last of the panel; less 128 where they are shifted.
HW_INLINE int8x16_t codes(const uint32_t type, const uint8_t *group, const int c, const int half) {
  const int bits = hw_panel_bits(type);
  group += 16 * half;
  if (bits == 8) return vreinterpretq_s8_u8(veorq_u8(vld1q_u8(group + 32 * c), vdupq_n_u8(0x80)));
  const uint8x16_t both = vld1q_u8(group + 32 * (c % 4));
  const uint8x16_t low = c < 4 ? vandq_u8(both, vdupq_n_u8(15)) : vshrq_n_u8(both, 4);
  if (type == HW_IQ4_NL || type == HW_IQ4_XS) return vqtbl1q_s8(vld1q_s8(hw_iq4_values), low);
  if (bits == 4) return vreinterpretq_s8_u8(low);
  // The other bits of the code, moved to bit 4; a shift to the left by less than nothing is one to the right.
  const uint8x16_t more = vld1q_u8(group + 32 * (bits == 5 ? 4 : 4 + c / 4));
  const int from = bits == 5 ? c : 2 * (c % 4);
  const uint8x16_t moved = vshlq_u8(more, vdupq_n_s8((int8_t)(4 - from)));
  return vreinterpretq_s8_u8(vorrq_u8(low, vandq_u8(moved, vdupq_n_u8(bits == 5 ? 0x10 : 0x30))));
}

// sum + four rows of four codes times word `k` of sixteen activations.
HW_INLINE int32x4_t dot(int32x4_t sum, int8x16_t codes, int8x16_t x, const int k) {
  switch (k) {
    case 0: return vdotq_laneq_s32(sum, codes, x, 0);
    case 1: return vdotq_laneq_s32(sum, codes, x, 1);
    case 2: return vdotq_laneq_s32(sum, codes, x, 2);
    default: return vdotq_laneq_s32(sum, codes, x, 3);
  }
}

// 128 times the sum of a group of activations, in every lane.
HW_INLINE int32x4_t shift_of(const int8_t *high, const int8_t *low) {
  const int8x16_t ones = vdupq_n_s8(1);
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t upper = vdotq_s32(vdotq_s32(zero, ones, vld1q_s8(high)), ones, vld1q_s8(high + 16));
  const int32x4_t lower = vdotq_s32(vdotq_s32(zero, ones, vld1q_s8(low)), ones, vld1q_s8(low + 16));
  return vdupq_n_s32(128 * vaddvq_s32(vaddq_s32(vshlq_n_s32(upper, 8), lower)));
}

// Scale and minimum of part `part` of a group in four rows, out of what groups share and what is its own.
HW_INLINE void scale_min(const uint32_t type, const uint8_t *shared, const uint8_t *bytes, const int part,
                         const int half, float32x4_t *scale, float32x4_t *min) {
  const hw_scale_kind kind = hw_panel_scale(type);
  const int has_min = kind == HW_SCALE_HALF_MIN || kind == HW_SCALE_BYTE_MIN;
  const float32x4_t d = halves4(shared + 8 * half), m = has_min ? halves4(shared + 2 * ROWS + 8 * half) : d;
  *scale = d;
  if (kind == HW_SCALE_BYTE_MIN) *scale = vmulq_f32(d, bytes4(bytes, half));
  if (kind == HW_SCALE_BYTE) *scale = vmulq_f32(d, signed4(bytes, half));
  if (kind == HW_SCALE_TWO_BYTES) *scale = vmulq_f32(d, signed4(bytes + ROWS * part, half));
  switch (kind) {
    case HW_SCALE_HALF_MIN: *min = m; break;
    case HW_SCALE_BYTE_MIN: *min = vfmsq_f32(vdupq_n_f32(0), m, bytes4(bytes + ROWS, half)); break;
    default: *min = vmulq_n_f32(*scale, (float)-hw_panel_bias(type));
  }
}

// 8 rows times `nt` tokens.
HW_INLINE void tile(const uint32_t type, const int nt, const uint8_t *panel, size_t length, hw_activations x,
                    float *out, size_t out_stride, size_t rows) {
  const int8_t *const high = x.high, *const low = x.low;
  const hw_scale_kind kind = hw_panel_scale(type);
  const size_t groups = length / HW_GROUP, shared = hw_panel_shared_groups(kind);
  const size_t code_bytes = ROWS * hw_panel_code_bytes(type), scale_bytes = ROWS * hw_panel_scale_bytes(kind);
  const uint8_t *scales = panel + groups * code_bytes;
  // Scales of 16 elements instead of 32: two rounds a group.
  const int parts = kind == HW_SCALE_TWO_BYTES ? 2 : 1;
  float32x4_t sums[4][2];
  for (int t = 0; t < nt; t++) sums[t][0] = sums[t][1] = vdupq_n_f32(0);
  for (size_t i = 0; i < groups; i += shared, scales += scale_bytes) {
    const uint8_t *bytes = scales + ROWS * hw_panel_shared_bytes(kind);
    for (size_t g = 0; g < shared; g++, panel += code_bytes, bytes += ROWS * hw_panel_group_bytes(kind)) {
      const size_t at = (i + g) * HW_GROUP;
      for (int part = 0; part < parts; part++) {
        int32x4_t to_high[4][2], to_low[4][2];
        for (int t = 0; t < nt; t++) {
          to_high[t][0] = to_high[t][1] = vdupq_n_s32(0);
          to_low[t][0] = to_low[t][1] = vdupq_n_s32(0);
        }
        const int first = part * 4, last = parts == 1 ? 8 : first + 4;
#pragma clang loop unroll(full)
        for (int c = first; c < last; c++) {
#pragma clang loop unroll(full)
          for (int half = 0; half < 2; half++) {
            const int8x16_t w = codes(type, panel, c, half);
#pragma clang loop unroll(full)
            for (int t = 0; t < nt; t++) {
              const size_t sixteen = at + (size_t)t * length + 16 * (size_t)(c / 4);
              to_high[t][half] = dot(to_high[t][half], w, vld1q_s8(high + sixteen), c % 4);
              to_low[t][half] = dot(to_low[t][half], w, vld1q_s8(low + sixteen), c % 4);
            }
          }
        }
        float32x4_t scale[2], min[2];
        for (int half = 0; half < 2; half++) {
          scale_min(type, scales, bytes, part, half, &scale[half], &min[half]);
        }
        const float *about = x.meta + HW_META * (i + g);
#pragma clang loop unroll(full)
        for (int t = 0; t < nt; t++, about += HW_META * groups) {
          const size_t group = at + (size_t)t * length;
          const int32x4_t more = is_shifted(type) ? shift_of(high + group, low + group) : vdupq_n_s32(0);
          for (int half = 0; half < 2; half++) {
            const int32x4_t both = vaddq_s32(vshlq_n_s32(to_high[t][half], 8), to_low[t][half]);
            const float32x4_t dots = vcvtq_f32_s32(vaddq_s32(both, more));
            sums[t][half] = vfmaq_f32(sums[t][half], dots, vmulq_n_f32(scale[half], about[0]));
            sums[t][half] = vfmaq_n_f32(sums[t][half], min[half], about[parts == 1 ? 1 : 2 + part]);
          }
        }
      }
    }
  }
  for (int t = 0; t < nt; t++) {
    float *to = out + (size_t)t * out_stride;
    if (rows >= ROWS) {
      store8(to, (hw_eight){sums[t][0], sums[t][1]});
    } else {
      float lanes[ROWS];
      store8(lanes, (hw_eight){sums[t][0], sums[t][1]});
      memcpy(to, lanes, rows * sizeof(float));
    }
  }
}

#define MOST_TOKENS 4
#include "panel_products.h"

HW_NEON void hw_neon_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x,
                                     size_t tokens, float *out, size_t out_stride) {
  panel_product(type, panels, rows, length, x, tokens, out, out_stride);
}

#endif
