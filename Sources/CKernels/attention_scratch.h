// The scratch memory of attention, and how it is used.

#ifndef HUBWATCH_ATTENTION_SCRATCH_H
#define HUBWATCH_ATTENTION_SCRATCH_H

// Positions whose keys and values are decoded at a time; a multiple of 8.
#define HW_TILE 32

// Lanes of the widest registers.
#define HW_MOST_LANES 16

#endif
