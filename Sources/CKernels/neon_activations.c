// Quantizing activations with NEON.

#if defined(__aarch64__) && defined(__linux__)

#include <float.h>
#include <math.h>

#include "neon.h"

// Sixteen integers between -128 and 127 as bytes.
HW_INLINE void store_bytes(const int32x4_t whole[4], int8_t *out) {
  const int16x8_t low = vcombine_s16(vmovn_s32(whole[0]), vmovn_s32(whole[1]));
  const int16x8_t high = vcombine_s16(vmovn_s32(whole[2]), vmovn_s32(whole[3]));
  vst1q_s8(out, vcombine_s8(vmovn_s16(low), vmovn_s16(high)));
}

// Both planes of 16 elements times `factor`; the sum of 256 * high + low.
HW_INLINE int32_t quantize16(const float *x, float factor, int8_t *high, int8_t *low) {
  const float32x4_t limit = vdupq_n_f32(127);
  int32x4_t whole[4], rest[4], sum = vdupq_n_s32(0);
  for (int k = 0; k < 4; k++) {
    const float32x4_t scaled = vmulq_n_f32(vld1q_f32(x + 4 * k), factor);
    whole[k] = vcvtnq_s32_f32(scaled);
    const float32x4_t left = vmulq_n_f32(vsubq_f32(scaled, vcvtq_f32_s32(whole[k])), 256);
    rest[k] = vcvtnq_s32_f32(vmaxq_f32(vminq_f32(left, limit), vnegq_f32(limit)));
    sum = vaddq_s32(sum, vaddq_s32(vshlq_n_s32(whole[k], 8), rest[k]));
  }
  store_bytes(whole, high);
  store_bytes(rest, low);
  return vaddvq_s32(sum);
}

HW_NEON void hw_neon_quantize(const float *x, size_t tokens, size_t length, hw_activations out) {
  for (size_t i = 0; i < tokens * length / HW_GROUP; i++) {
    const float *group = x + i * HW_GROUP;
    int8_t *high = out.high + i * HW_GROUP, *low = out.low + i * HW_GROUP;
    float32x4_t largest = vdupq_n_f32(0);
    uint32x4_t finite = vdupq_n_u32(~0u);
    for (int j = 0; j < HW_GROUP; j += 4) {
      const float32x4_t size = vabsq_f32(vld1q_f32(group + j));
      largest = vmaxq_f32(largest, size);
      finite = vandq_u32(finite, vcleq_f32(size, vdupq_n_f32(FLT_MAX)));
    }
    const float peak = vmaxvq_f32(largest);
    float scale = NAN;
    int32_t sums[2] = {0, 0};
    if (vminvq_u32(finite)) {
      const float factor = peak >= 0x1p-100f ? 127 / peak : 0;
      for (int k = 0; k < 2; k++) sums[k] = quantize16(group + 16 * k, factor, high + 16 * k, low + 16 * k);
      scale = peak / 127 / 256;
    } else {
      for (int k = 0; k < HW_GROUP; k += 16) {
        vst1q_s8(high + k, vdupq_n_s8(0));
        vst1q_s8(low + k, vdupq_n_s8(0));
      }
    }
    const int32x4_t all = {1, sums[0] + sums[1], sums[0], sums[1]};
    vst1q_f32(out.meta + HW_META * i, vmulq_n_f32(vcvtq_f32_s32(all), scale));
  }
}

#endif
