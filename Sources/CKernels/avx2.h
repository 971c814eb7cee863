// The parts of the AVX2 table that have files of their own.

#ifndef HUBWATCH_AVX2_H
#define HUBWATCH_AVX2_H

#include "CKernels.h"

void hw_avx2_dequantize(uint32_t type, const void *blocks, size_t count, float *out);
void hw_avx2_quantize(const float *x, size_t tokens, size_t length, hw_activations out);
void hw_avx2_multiply_quantized(uint32_t type, const void *weights, size_t rows, size_t length, hw_activations x,
                                size_t tokens, float *out, size_t out_stride);
void hw_avx2_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x,
                             size_t tokens, float *out, size_t out_stride);
void hw_avx2_multiply_float(const float *weights, size_t rows, size_t length, const float *x, size_t tokens, float *out,
                            size_t out_stride);
void hw_avx2_attend(const hw_attention *job);

#endif
