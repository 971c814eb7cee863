// The codebooks of the IQ formats: a code in a block picks a row of 8 or 4 numbers.
//
// A row is kept as 16 bits, the first element in the lowest ones: 8 elements of 2 bits in IQ1 and IQ2, 4 elements of
// 4 bits in IQ3. What the bits stand for, the decoders say.

#ifndef HUBWATCH_GRIDS_H
#define HUBWATCH_GRIDS_H

#include <stdint.h>

extern const uint16_t hw_iq1_grid[2048];
extern const uint16_t hw_iq2_xxs_grid[256], hw_iq2_xs_grid[512], hw_iq2_s_grid[1024];
extern const uint16_t hw_iq3_xxs_grid[256], hw_iq3_s_grid[512];

#endif
