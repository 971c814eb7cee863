// The table for AVX-512: its own matrix products, and AVX2 for everything that they leave little time to.

#include "CKernels.h"

#if defined(__x86_64__)

#include "avx512.h"

const hw_kernels *hw_kernels_avx512(void) {
  static hw_kernels kernels;
  const hw_kernels *avx2 = hw_kernels_avx2();
  if (!avx2 || !__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vnni")) {
    return NULL;
  }
  kernels = *avx2;
  kernels.name = "avx512";
  kernels.panel_rows = 16;
  kernels.multiply_panels = hw_avx512_multiply_panels;
  kernels.quantize = hw_avx512_quantize;
  kernels.attend = hw_avx512_attend;
  return &kernels;
}

#else

const hw_kernels *hw_kernels_avx512(void) { return NULL; }

#endif
