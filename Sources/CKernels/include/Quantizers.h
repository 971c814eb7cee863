// Floats into block formats, to nearest, while a model is loaded.

#ifndef HUBWATCH_QUANTIZERS_H
#define HUBWATCH_QUANTIZERS_H

#include <stddef.h>
#include <stdint.h>

// Quantizes `count` floats, whole blocks, into Q4_0, Q8_0 or Q4_K. Returns 0; or 1 when a float is NaN or infinite, or too
// large for a half-precision scale, or the type is another: then what was written means nothing.
int hw_quantize(uint32_t type, const float *x, size_t count, void *blocks);

#endif
