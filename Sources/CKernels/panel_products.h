// The way through the panels and tokens of a product, the same for every instruction set.
//
// The file that includes this defines ROWS, the rows of its panels, MOST_TOKENS (4 or 8), HW_INLINE, an inline function
// for its instruction set, and
//
//   tile(type, nt, panel, length, x, out, out_stride, rows)
//
// which multiplies one panel, of which `rows` rows are wanted, with the first `nt` tokens of x; type and nt are constants.

#include "CKernels.h"
#include "panels.h"

// The activations from token t on.
HW_INLINE hw_activations from_token(hw_activations x, size_t t, size_t length) {
  return (hw_activations){.high = x.high + t * length, .low = x.low + t * length, .wide = x.wide + t * length,
                          .meta = x.meta + t * (length / HW_GROUP) * HW_META};
}

HW_INLINE void product(const uint32_t type, const uint8_t *panels, size_t rows, size_t length, hw_activations x,
                       size_t tokens, float *out, size_t out_stride) {
  const size_t panel_bytes = hw_panel_bytes(type, ROWS, length);
  for (size_t r = 0; r < rows; r += ROWS, panels += panel_bytes) {
    size_t t = 0;
#define TILES(NT) \
  for (; t + (NT) <= tokens; t += (NT)) { \
    tile(type, NT, panels, length, from_token(x, t, length), out + t * out_stride + r, out_stride, rows - r); \
  }
#if MOST_TOKENS == 8
    TILES(8)
#endif
    TILES(4)
    TILES(1)
#undef TILES
  }
}

HW_INLINE void panel_product(uint32_t type, const uint8_t *panels, size_t rows, size_t length, hw_activations x,
                             size_t tokens, float *out, size_t out_stride) {
  switch (type) {
#define CASE(TYPE) \
  case TYPE: product(TYPE, panels, rows, length, x, tokens, out, out_stride); return;
    HW_PANEL_TYPES(CASE)
#undef CASE
  }
}
