// Rows of the KV cache in Q8_0. Plain C for every set: a token writes few of them.

#include <math.h>

#include "CKernels.h"
#include "formats.h"

static uint16_t half_bits(float value) {
  uint16_t half;
  hw_kernels_portable()->to_half(&value, 1, &half);
  return half;
}

void hw_to_q8_0(const float *x, size_t length, void *out) {
  hw_q8_0 *block = out;
  for (size_t i = 0; i < length / HW_GROUP; i++, block++, x += HW_GROUP) {
    float largest = 0;
    int is_broken = 0;
    for (int j = 0; j < HW_GROUP; j++) {
      largest = fmaxf(largest, fabsf(x[j]));
      is_broken |= !isfinite(x[j]);
    }
    // What is broken must stay so, and not vanish among the codes.
    block->d = half_bits(is_broken ? NAN : largest / 127);
    const float factor = largest >= 0x1p-100f && !is_broken ? 127 / largest : 0;
    for (int j = 0; j < HW_GROUP; j++) block->qs[j] = (int8_t)(is_broken ? 1 : nearbyintf(x[j] * factor));
  }
}
