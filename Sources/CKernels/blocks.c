// The reference decoder of the block formats that integer kernels take, one group of 32 elements at a time.

#include "formats.h"

#pragma STDC FP_CONTRACT OFF

// Added to anything, even to a negative zero, this changes nothing.
static const float no_min = -0.0f;

static void set_scale(hw_group *g, float scale, float min) {
  g->scale[0] = g->scale[1] = scale;
  g->min[0] = g->min[1] = min;
}

static int bit(const uint8_t *bytes, int i) { return bytes[i / 8] >> i % 8 & 1; }

// Low nibbles are elements 0...15, high nibbles 16...31.
static int nibble(const uint8_t *qs, int j) { return j < 16 ? qs[j] & 15 : qs[j - 16] >> 4; }

static void unpack_k(uint32_t type, const void *block, int i, hw_group *g) {
  // Two-bit fields: half a block (4 groups) shares 32 bytes, each group another pair of bits.
  const int half = i / 4, shift = 2 * (i % 4);
  int scale, min;
  switch (type) {
    case HW_Q2_K: {
      const hw_q2_k *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = b->qs[32 * half + j] >> shift & 3;
      for (int k = 0; k < 2; k++) {
        g->scale[k] = hw_half(b->d) * (float)(b->scales[2 * i + k] & 15);
        g->min[k] = -(hw_half(b->dmin) * (float)(b->scales[2 * i + k] >> 4));
      }
      return;
    }
    case HW_Q3_K: {
      const hw_q3_k *b = block;
      for (int j = 0; j < 32; j++) {
        g->values[j] = (int8_t)((b->qs[32 * half + j] >> shift & 3) - (b->hmask[j] >> i & 1 ? 0 : 4));
      }
      for (int k = 0; k < 2; k++) {
        g->scale[k] = hw_half(b->d) * (float)hw_q3_scale(b->scales, 2 * i + k);
        g->min[k] = no_min;
      }
      return;
    }
    case HW_Q4_K: {
      const hw_q4_k *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = b->qs[32 * (i / 2) + j] >> 4 * (i % 2) & 15;
      hw_scale_min(b->scales, i, &scale, &min);
      set_scale(g, hw_half(b->d) * (float)scale, -(hw_half(b->dmin) * (float)min));
      return;
    }
    case HW_Q5_K: {
      const hw_q5_k *b = block;
      for (int j = 0; j < 32; j++) {
        g->values[j] = (int8_t)((b->qs[32 * (i / 2) + j] >> 4 * (i % 2) & 15) | (b->qh[j] >> i & 1) << 4);
      }
      hw_scale_min(b->scales, i, &scale, &min);
      set_scale(g, hw_half(b->d) * (float)scale, -(hw_half(b->dmin) * (float)min));
      return;
    }
    case HW_Q6_K: {
      const hw_q6_k *b = block;
      for (int j = 0; j < 32; j++) {
        const int low = b->ql[64 * half + 32 * (i % 2) + j] >> (i % 4 < 2 ? 0 : 4) & 15;
        g->values[j] = (int8_t)((low | (b->qh[32 * half + j] >> shift & 3) << 4) - 32);
      }
      for (int k = 0; k < 2; k++) {
        g->scale[k] = hw_half(b->d) * (float)b->scales[2 * i + k];
        g->min[k] = no_min;
      }
      return;
    }
    default: {
      const hw_iq4_xs *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = hw_iq4_values[nibble(b->qs + 16 * i, j)];
      set_scale(g, hw_half(b->d) * (float)hw_iq4_scale(b, i), no_min);
    }
  }
}

void hw_unpack(uint32_t type, const void *block, int i, hw_group *g) {
  switch (type) {
    case HW_Q4_0: {
      const hw_q4_0 *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = (int8_t)(nibble(b->qs, j) - 8);
      set_scale(g, hw_half(b->d), no_min);
      return;
    }
    case HW_Q4_1: {
      const hw_q4_1 *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = (int8_t)nibble(b->qs, j);
      set_scale(g, hw_half(b->d), hw_half(b->m));
      return;
    }
    case HW_Q5_0: {
      const hw_q5_0 *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = (int8_t)((nibble(b->qs, j) | bit(b->qh, j) << 4) - 16);
      set_scale(g, hw_half(b->d), no_min);
      return;
    }
    case HW_Q5_1: {
      const hw_q5_1 *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = (int8_t)(nibble(b->qs, j) | bit(b->qh, j) << 4);
      set_scale(g, hw_half(b->d), hw_half(b->m));
      return;
    }
    case HW_Q8_0: {
      const hw_q8_0 *b = block;
      memcpy(g->values, b->qs, 32);
      set_scale(g, hw_half(b->d), no_min);
      return;
    }
    case HW_IQ4_NL: {
      const hw_iq4_nl *b = block;
      for (int j = 0; j < 32; j++) g->values[j] = hw_iq4_values[nibble(b->qs, j)];
      set_scale(g, hw_half(b->d), no_min);
      return;
    }
    default: unpack_k(type, block, i, g);
  }
}
