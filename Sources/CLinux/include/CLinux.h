// System calls that Swift cannot reach: variadic ones and those without a libc wrapper.
#ifndef HUBWATCH_CLINUX_H
#define HUBWATCH_CLINUX_H

#include <stdint.h>

// Each returns 0, or the errno of the failure.

// Neither this process nor its children can gain privileges (setuid programs, file capabilities).
int hubwatch_no_new_privileges(void);
// Sets a resource's soft and hard limit; resource is one of RLIMIT_*.
int hubwatch_limit(int resource, uint64_t value);
// Reserves blocks for a file without changing its size.
int hubwatch_reserve_blocks(int descriptor, int64_t size);

extern const int hubwatch_limit_address_space;
extern const int hubwatch_limit_cpu_seconds;
extern const int hubwatch_limit_core_bytes;
extern const int hubwatch_limit_file_bytes;

#endif
