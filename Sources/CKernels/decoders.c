// The table of all block decoders.

#include "decoders.h"

#include "CKernels.h"
#include "formats.h"

#pragma STDC FP_CONTRACT OFF

// Formats whose groups of 32 are integers under a scale: the integer kernels take them too.
static void decode_groups(uint32_t type, const void *block, float *out) {
  for (size_t i = 0; i < hw_block_groups(type); i++) {
    hw_group g;
    hw_unpack(type, block, (int)i, &g);
    for (size_t j = 0; j < HW_GROUP; j++) {
      out[i * HW_GROUP + j] = g.scale[j / 16] * (float)g.values[j] + g.min[j / 16];
    }
  }
}

static void decode_q4_0(const void *block, float *out) { decode_groups(HW_Q4_0, block, out); }
static void decode_q4_1(const void *block, float *out) { decode_groups(HW_Q4_1, block, out); }
static void decode_q5_0(const void *block, float *out) { decode_groups(HW_Q5_0, block, out); }
static void decode_q5_1(const void *block, float *out) { decode_groups(HW_Q5_1, block, out); }
static void decode_q8_0(const void *block, float *out) { decode_groups(HW_Q8_0, block, out); }
static void decode_q2_k(const void *block, float *out) { decode_groups(HW_Q2_K, block, out); }
static void decode_q3_k(const void *block, float *out) { decode_groups(HW_Q3_K, block, out); }
static void decode_q4_k(const void *block, float *out) { decode_groups(HW_Q4_K, block, out); }
static void decode_q5_k(const void *block, float *out) { decode_groups(HW_Q5_K, block, out); }
static void decode_q6_k(const void *block, float *out) { decode_groups(HW_Q6_K, block, out); }
static void decode_iq4_nl(const void *block, float *out) { decode_groups(HW_IQ4_NL, block, out); }
static void decode_iq4_xs(const void *block, float *out) { decode_groups(HW_IQ4_XS, block, out); }

static void decode_g4(const void *block, float *out) {
  hw_g4 b;
  memcpy(&b, block, sizeof b);
  for (int j = 0; j < 16; j++) {
    out[j] = b.scale * (float)(b.qs[j] & 15) + b.min;
    out[j + 16] = b.scale * (float)(b.qs[j] >> 4) + b.min;
  }
}

static void decode_g8(const void *block, float *out) {
  hw_g8 b;
  memcpy(&b, block, sizeof b);
  for (int j = 0; j < 32; j++) out[j] = b.scale * (float)b.qs[j] + b.min;
}

static const hw_decoder g4 = {32, sizeof(hw_g4), decode_g4}, g8 = {32, sizeof(hw_g8), decode_g8};

static const hw_decoder decoders[] = {
    [HW_Q4_0] = {32, sizeof(hw_q4_0), decode_q4_0},
    [HW_Q4_1] = {32, sizeof(hw_q4_1), decode_q4_1},
    [HW_Q5_0] = {32, sizeof(hw_q5_0), decode_q5_0},
    [HW_Q5_1] = {32, sizeof(hw_q5_1), decode_q5_1},
    [HW_Q8_0] = {32, sizeof(hw_q8_0), decode_q8_0},
    [HW_Q2_K] = {256, sizeof(hw_q2_k), decode_q2_k},
    [HW_Q3_K] = {256, sizeof(hw_q3_k), decode_q3_k},
    [HW_Q4_K] = {256, sizeof(hw_q4_k), decode_q4_k},
    [HW_Q5_K] = {256, sizeof(hw_q5_k), decode_q5_k},
    [HW_Q6_K] = {256, sizeof(hw_q6_k), decode_q6_k},
    [HW_IQ2_XXS] = {256, sizeof(hw_iq2_xxs), hw_decode_iq2_xxs},
    [HW_IQ2_XS] = {256, sizeof(hw_iq2_xs), hw_decode_iq2_xs},
    [HW_IQ3_XXS] = {256, sizeof(hw_iq3_xxs), hw_decode_iq3_xxs},
    [HW_IQ1_S] = {256, sizeof(hw_iq1_s), hw_decode_iq1_s},
    [HW_IQ4_NL] = {32, sizeof(hw_iq4_nl), decode_iq4_nl},
    [HW_IQ3_S] = {256, sizeof(hw_iq3_s), hw_decode_iq3_s},
    [HW_IQ2_S] = {256, sizeof(hw_iq2_s), hw_decode_iq2_s},
    [HW_IQ4_XS] = {256, sizeof(hw_iq4_xs), decode_iq4_xs},
    [HW_IQ1_M] = {256, sizeof(hw_iq1_m), hw_decode_iq1_m},
    [HW_TQ1_0] = {256, sizeof(hw_tq1_0), hw_decode_tq1_0},
    [HW_TQ2_0] = {256, sizeof(hw_tq2_0), hw_decode_tq2_0},
    [HW_MXFP4] = {32, sizeof(hw_mxfp4), hw_decode_mxfp4},
    [HW_NVFP4] = {64, sizeof(hw_nvfp4), hw_decode_nvfp4},
    [HW_Q1_0] = {128, sizeof(hw_q1_0), hw_decode_q1_0},
};

const hw_decoder *hw_find_decoder(uint32_t type) {
  if (type == HW_G4) return &g4;
  if (type == HW_G8) return &g8;
  if (type >= sizeof decoders / sizeof *decoders) return NULL;
  const hw_decoder *decoder = &decoders[type];
  return decoder->decode ? decoder : NULL;
}

int hw_is_quantized(uint32_t type) { return hw_block_bytes(type) != 0; }

int hw_is_supported(uint32_t type) {
  return hw_find_decoder(type) != NULL || type == HW_F32 || type == HW_F16 || type == HW_BF16;
}
