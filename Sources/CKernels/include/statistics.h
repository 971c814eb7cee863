// What a survey of a model's weights counts.
#ifndef HUBWATCH_STATISTICS_H
#define HUBWATCH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  // The sum of squares: not finite if an element is not, or is beyond 1e19.
  float squares;
  // The smallest and the largest element; NaN is left out.
  float lowest, highest;
} hw_statistics;

// Looks at one row of `length` floats, and adds the square of each to its column.
void hw_row_statistics(const float *x, size_t length, float *columns, hw_statistics *out);

// The logarithm of the sum of exponentials of `count` floats, to some 1e-6; NaN if one of them is.
double hw_log_sum_exp(const float *x, size_t count);

// A number that differs between any two tensors that differ, as far as chance goes.
uint64_t hw_fingerprint(const void *bytes, size_t count);

#endif
