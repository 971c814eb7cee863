// The matrix half of the AVX-512 table, in its own file.

#ifndef HUBWATCH_AVX512_H
#define HUBWATCH_AVX512_H

#include "CKernels.h"

void hw_avx512_multiply_panels(uint32_t type, const void *panels, size_t rows, size_t length, hw_activations x,
                               size_t tokens, float *out, size_t out_stride);

#endif
