// What the files of the NEON table share. NEON itself is part of every 64-bit ARM; products of bytes (dotprod, ARMv8.2)
// are not, and are what the table is for.

#ifndef HUBWATCH_NEON_H
#define HUBWATCH_NEON_H

#include <arm_neon.h>

#include "CKernels.h"

#define HW_NEON __attribute__((target("dotprod")))
#define HW_INLINE static inline __attribute__((always_inline, target("dotprod")))

void hw_neon_quantize(const float *x, size_t tokens, size_t length, hw_activations out);
void hw_neon_multiply_quantized(uint32_t type, const void *weights, size_t rows, size_t length, hw_activations x,
                                size_t tokens, float *out, size_t out_stride);
void hw_neon_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x,
                             size_t tokens, float *out, size_t out_stride);
void hw_neon_multiply_float(const float *weights, size_t rows, size_t length, const float *x, size_t tokens, float *out,
                            size_t out_stride);
void hw_neon_dequantize(uint32_t type, const void *blocks, size_t count, float *out);
void hw_neon_attend(const hw_attention *job);

// Eight floats: loads and sums run in the order of an AVX2 register, so that both sets round alike.
typedef struct {
  float32x4_t low, high;
} hw_eight;

HW_INLINE hw_eight zero8(void) { return (hw_eight){vdupq_n_f32(0), vdupq_n_f32(0)}; }

HW_INLINE hw_eight load8(const float *p) { return (hw_eight){vld1q_f32(p), vld1q_f32(p + 4)}; }

HW_INLINE void store8(float *p, hw_eight v) {
  vst1q_f32(p, v.low);
  vst1q_f32(p + 4, v.high);
}

HW_INLINE hw_eight add8(hw_eight a, hw_eight b) {
  return (hw_eight){vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)};
}

// sum + a * b, rounded once.
HW_INLINE hw_eight fma8(hw_eight sum, hw_eight a, hw_eight b) {
  return (hw_eight){vfmaq_f32(sum.low, a.low, b.low), vfmaq_f32(sum.high, a.high, b.high)};
}

// sum + a * x, rounded once.
HW_INLINE hw_eight fma8_by(hw_eight sum, hw_eight a, float x) {
  return (hw_eight){vfmaq_n_f32(sum.low, a.low, x), vfmaq_n_f32(sum.high, a.high, x)};
}

HW_INLINE float sum8(hw_eight v) {
  const float32x4_t four = vaddq_f32(v.low, v.high);
  return vaddv_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)));
}

// Four halves, at any address.
HW_INLINE float32x4_t halves4(const void *p) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(p))); }

// e^x: x = n ln 2 + r with |r| ≤ ln 2 / 2, e^r by its Taylor series to r^7 (error below 1e-8), 2^n by its bits. x is taken
// to lie between -87 and 88; a NaN stays one.
HW_INLINE float32x4_t exp4(float32x4_t x) {
  x = vminq_f32(vdupq_n_f32(88.3f), vmaxq_f32(vdupq_n_f32(-87.3f), x));
  const float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504f));
  float32x4_t r = vfmaq_n_f32(x, n, -0.693359375f);
  r = vfmaq_n_f32(r, n, 2.12194440e-4f);
  float32x4_t e = vdupq_n_f32(1.0f / 5040);
  const float terms[7] = {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1, 1};
  for (int k = 0; k < 7; k++) e = vfmaq_f32(vdupq_n_f32(terms[k]), e, r);
  const int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
  return vmulq_f32(e, vreinterpretq_f32_s32(power));
}

#endif
