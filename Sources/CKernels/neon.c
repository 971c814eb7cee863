// Everything between the matrix products with NEON, and the table of them all.

#include "CKernels.h"

#if defined(__aarch64__) && defined(__linux__)

#include <math.h>
#include <sys/auxv.h>

#include "formats.h"
#include "neon.h"

HW_NEON static void rms_norm(const float *x, const float *weight, size_t length, float epsilon, float *out) {
  // Elements 8i and 8i + 4 share a lane, as in AVX2.
  float64x2_t squares[4] = {vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0), vdupq_n_f64(0)};
  size_t j = 0;
  for (; j + 8 <= length; j += 8) {
    for (int k = 0; k < 2; k++) {
      const float32x4_t four = vld1q_f32(x + j + 4 * k);
      const float64x2_t low = vcvt_f64_f32(vget_low_f32(four)), high = vcvt_high_f64_f32(four);
      squares[2 * k] = vfmaq_f64(squares[2 * k], low, low);
      squares[2 * k + 1] = vfmaq_f64(squares[2 * k + 1], high, high);
    }
  }
  double sum = vaddvq_f64(vaddq_f64(vaddq_f64(squares[0], squares[2]), vaddq_f64(squares[1], squares[3])));
  for (size_t k = j; k < length; k++) sum += (double)x[k] * x[k];
  const float factor = (float)(1 / sqrt(sum / (double)length + epsilon));
  for (j = 0; j + 4 <= length; j += 4) {
    vst1q_f32(out + j, vmulq_f32(vmulq_n_f32(vld1q_f32(x + j), factor), vld1q_f32(weight + j)));
  }
  for (; j < length; j++) out[j] = x[j] * factor * weight[j];
}

HW_NEON static void swiglu(float *gate, const float *up, size_t length) {
  const float32x4_t one = vdupq_n_f32(1);
  size_t j = 0;
  for (; j + 4 <= length; j += 4) {
    const float32x4_t g = vld1q_f32(gate + j);
    const float32x4_t silu = vdivq_f32(g, vaddq_f32(one, exp4(vnegq_f32(g))));
    vst1q_f32(gate + j, vmulq_f32(silu, vld1q_f32(up + j)));
  }
  hw_kernels_portable()->swiglu(gate + j, up + j, length - j);
}

HW_NEON static void rotate(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns) {
  if (rotated % 8 != 0) {
    hw_kernels_portable()->rotate(x, heads, head_length, rotated, turns);
    return;
  }
  for (size_t h = 0; h < heads; h++) {
    float *head = x + h * head_length;
    for (size_t j = 0; j < rotated; j += 8) {
      // Four pairs: all a, all b; all cosines, all sines.
      const float32x4x2_t v = vld2q_f32(head + j), t = vld2q_f32(turns + j);
      // (a, b) becomes (a cos − b sin, b cos + a sin)
      float32x4x2_t turned;
      turned.val[0] = vfmaq_f32(vnegq_f32(vmulq_f32(v.val[1], t.val[1])), v.val[0], t.val[0]);
      turned.val[1] = vfmaq_f32(vmulq_f32(v.val[0], t.val[1]), v.val[1], t.val[0]);
      vst2q_f32(head + j, turned);
    }
  }
}

HW_NEON static void add(float *x, const float *y, size_t length) {
  size_t j = 0;
  for (; j + 4 <= length; j += 4) vst1q_f32(x + j, vaddq_f32(vld1q_f32(x + j), vld1q_f32(y + j)));
  for (; j < length; j++) x[j] += y[j];
}

HW_NEON static void to_half(const float *x, size_t length, uint16_t *out) {
  size_t j = 0;
  for (; j + 4 <= length; j += 4) {
    vst1_u8((uint8_t *)(out + j), vreinterpret_u8_f16(vcvt_f16_f32(vld1q_f32(x + j))));
  }
  hw_kernels_portable()->to_half(x + j, length - j, out + j);
}

// Blocks of 32 bytes under a half. A product of the two is what ggml has, too.
HW_INLINE void decode_q8_0(const hw_q8_0 *block, float *out) {
  const float d = hw_half(block->d);
  for (int j = 0; j < HW_GROUP; j += 8) {
    const int16x8_t wide = vmovl_s8(vld1_s8(block->qs + j));
    vst1q_f32(out + j, vmulq_n_f32(vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide))), d));
    vst1q_f32(out + j + 4, vmulq_n_f32(vcvtq_f32_s32(vmovl_high_s16(wide)), d));
  }
}

// What the cache of attention holds, and floats of 16 bits. The other types are decoded once, or a row a token: they go
// the plain way.
HW_NEON void hw_neon_dequantize(uint32_t type, const void *blocks, size_t count, float *out) {
  const uint8_t *at = blocks;
  switch (type) {
    case HW_F16:
      for (; count >= 4; count -= 4, at += 8, out += 4) vst1q_f32(out, halves4(at));
      break;
    case HW_BF16:
      for (; count >= 4; count -= 4, at += 8, out += 4) {
        vst1q_f32(out, vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(at)), 16)));
      }
      break;
    case HW_Q8_0:
      for (; count >= HW_GROUP; count -= HW_GROUP, at += sizeof(hw_q8_0), out += HW_GROUP) {
        decode_q8_0((const hw_q8_0 *)at, out);
      }
  }
  if (count) hw_kernels_portable()->dequantize(type, at, count, out);
}

const hw_kernels *hw_kernels_neon(void) {
  static const hw_kernels kernels = {
      .name = "neon", .dequantize = hw_neon_dequantize, .quantize = hw_neon_quantize,
      .multiply_quantized = hw_neon_multiply_quantized, .panel_rows = 8, .multiply_panels = hw_neon_multiply_panels,
      .multiply_float = hw_neon_multiply_float, .rms_norm = rms_norm, .rotate = rotate, .swiglu = swiglu, .add = add,
      .to_half = to_half, .attend = hw_neon_attend,
  };
  return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? &kernels : NULL;
}

#else

const hw_kernels *hw_kernels_neon(void) { return NULL; }

#endif
