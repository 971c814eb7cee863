// What some architectures do between the matrix products, with NEON.

#include "elementwise.h"

#if defined(__aarch64__) && defined(__linux__)

#include "neon.h"

HW_NEON static void rotate_halves(float *x, size_t heads, size_t head_length, size_t rotated, const float *turns) {
  const size_t half = rotated / 2;
  for (size_t h = 0; h < heads; h++) {
    float *low = x + h * head_length, *high = low + half;
    size_t i = 0;
    for (; i + 4 <= half; i += 4) {
      // Four cosines, four sines.
      const float32x4x2_t turn = vld2q_f32(turns + 2 * i);
      const float32x4_t a = vld1q_f32(low + i), b = vld1q_f32(high + i);
      vst1q_f32(low + i, vfmaq_f32(vnegq_f32(vmulq_f32(b, turn.val[1])), a, turn.val[0]));
      vst1q_f32(high + i, vfmaq_f32(vmulq_f32(b, turn.val[0]), a, turn.val[1]));
    }
    for (; i < half; i++) {
      const float a = low[i], b = high[i];
      low[i] = a * turns[2 * i] - b * turns[2 * i + 1];
      high[i] = a * turns[2 * i + 1] + b * turns[2 * i];
    }
  }
}

// tanh x = 1 − 2 / (e^2x + 1), and for |x| < 1/4, where this cancels, its Taylor series to x^9 (error below 1e-8).
HW_INLINE float32x4_t tanh4(float32x4_t x) {
  const float32x4_t one = vdupq_n_f32(1), e = exp4(vaddq_f32(x, x));
  const float32x4_t large = vsubq_f32(one, vdivq_f32(vdupq_n_f32(2), vaddq_f32(e, one)));
  const float32x4_t square = vmulq_f32(x, x);
  float32x4_t small = vdupq_n_f32(62.0f / 2835);
  const float terms[4] = {-17.0f / 315, 2.0f / 15, -1.0f / 3, 1};
  for (int k = 0; k < 4; k++) small = vfmaq_f32(vdupq_n_f32(terms[k]), small, square);
  return vbslq_f32(vcltq_f32(square, vdupq_n_f32(0.0625f)), vmulq_f32(small, x), large);
}

HW_NEON static void geglu(float *gate, const float *up, size_t length) {
  size_t j = 0;
  for (; j + 4 <= length; j += 4) {
    const float32x4_t g = vld1q_f32(gate + j), square = vmulq_f32(g, g);
    const float32x4_t cubic = vfmaq_f32(g, vmulq_n_f32(square, 0.044715f), g);
    const float32x4_t t = tanh4(vmulq_n_f32(cubic, 0.7978845608f));
    const float32x4_t gelu = vmulq_f32(vmulq_n_f32(g, 0.5f), vaddq_f32(t, vdupq_n_f32(1)));
    vst1q_f32(gate + j, vmulq_f32(gelu, vld1q_f32(up + j)));
  }
  hw_elementwise_portable()->geglu(gate + j, up + j, length - j);
}

HW_NEON static void scale(float *x, float factor, size_t length) {
  size_t j = 0;
  for (; j + 4 <= length; j += 4) vst1q_f32(x + j, vmulq_n_f32(vld1q_f32(x + j), factor));
  for (; j < length; j++) x[j] *= factor;
}

HW_NEON static void add_scaled(float *x, const float *y, float factor, size_t length) {
  size_t j = 0;
  for (; j + 4 <= length; j += 4) vst1q_f32(x + j, vfmaq_n_f32(vld1q_f32(x + j), vld1q_f32(y + j), factor));
  for (; j < length; j++) x[j] += factor * y[j];
}

HW_NEON static void soft_cap(float *x, float cap, size_t length) {
  size_t j = 0;
  for (; j + 4 <= length; j += 4) {
    const float32x4_t t = tanh4(vdivq_f32(vld1q_f32(x + j), vdupq_n_f32(cap)));
    vst1q_f32(x + j, vmulq_n_f32(t, cap));
  }
  hw_elementwise_portable()->soft_cap(x + j, cap, length - j);
}

const hw_elementwise *hw_elementwise_neon(void) {
  static const hw_elementwise table = {
      .name = "neon", .rotate_halves = rotate_halves, .geglu = geglu, .scale = scale, .add_scaled = add_scaled,
      .soft_cap = soft_cap,
  };
  return hw_kernels_neon() ? &table : NULL;
}

#else

const hw_elementwise *hw_elementwise_neon(void) { return NULL; }

#endif
