// Attention with AVX-512: many queries at once; a few go the way of AVX2.

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "avx2.h"
#include "avx512.h"
#include "formats.h"

HW_INLINE void decode_row(uint32_t type, const uint8_t *row, size_t length, float *out) {
  if (type != HW_F16 || length % 16 != 0) {
    hw_avx2_dequantize(type, row, length, out);
    return;
  }
  for (size_t j = 0; j < length; j += 16) {
    _mm512_storeu_ps(out + j, _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(row + 2 * j))));
  }
}

#define HW_LANES 16
#include "attention_lanes.h"

HW_AVX512 void hw_avx512_attend(const hw_attention *job) {
  const size_t queries = job->tokens * job->heads;
  if (queries <= HW_LANES / 4) {
    hw_avx2_attend(job);
    return;
  }
  for (size_t first = 0; first < queries; first += HW_LANES) attend_lanes(job, first);
}

#endif
