// The parts of the AVX-512 table that have files of their own.

#ifndef HUBWATCH_AVX512_H
#define HUBWATCH_AVX512_H

#include "CKernels.h"

#define HW_AVX512_TARGET "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"
#define HW_AVX512 __attribute__((target(HW_AVX512_TARGET)))
#define HW_INLINE static inline __attribute__((always_inline, target(HW_AVX512_TARGET)))

void hw_avx512_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x,
                               size_t tokens, float *out, size_t out_stride);
void hw_avx512_quantize(const float *x, size_t tokens, size_t length, hw_activations out);
void hw_avx512_attend(const hw_attention *job);

#endif
