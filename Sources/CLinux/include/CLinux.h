// System calls that Swift cannot reach: variadic ones and those without a libc wrapper.
#ifndef HUBWATCH_CLINUX_H
#define HUBWATCH_CLINUX_H

#include <stdint.h>

#include "Confinement.h"

// Each returns 0, or the errno of the failure.

// Neither this process nor its children can gain privileges (setuid programs, file capabilities).
int hubwatch_no_new_privileges(void);
// No core file of this process is written, and no other process of its user may look into it.
int hubwatch_hide_memory(void);
// Sets a resource's soft and hard limit; resource is one of RLIMIT_*.
int hubwatch_limit(int resource, uint64_t value);
// Reserves blocks for a file without changing its size.
int hubwatch_reserve_blocks(int descriptor, int64_t size);
// Begins to write a range of a file back to disk, without waiting for its end.
int hubwatch_start_writing(int descriptor, int64_t offset, int64_t count);
// Takes a range of a file out of the page cache, as far as it is on disk.
int hubwatch_forget_pages(int descriptor, int64_t offset, int64_t count);
// Moves a file to a name in an open folder; EEXIST when the name is taken.
int hubwatch_rename_new_in(const char *from, int folder, const char *name);
// Makes an empty file share the blocks of another one.
int hubwatch_clone(int to, int from);
// Lets this process open as many files as it may, at most so many; how many these are is written to allowed.
int hubwatch_raise_file_limit(uint64_t wanted, uint64_t *allowed);
// Takes pages of code and constants out of this process's memory: what is needed again comes back from the page cache.
void hubwatch_give_back_code(void);
// Reads and writes of this process wait for everybody else's.
int hubwatch_idle_priority(void);

// An open file in memory that holds these bytes, read from its start, and that nobody can change; -1 with errno.
int hubwatch_memory_file(const char *name, const void *bytes, int64_t count);
// The user at the other end of a connected local socket; -1 when the descriptor is none.
int64_t hubwatch_peer_user(int descriptor);
// Whether the other end of a connected local socket has this group, as its own or as one of several: 1, 0, or -1.
int hubwatch_peer_has_group(int descriptor, uint32_t group);
// The next connection of a listening socket, non-blocking and closed in other programs; -1 with errno.
int hubwatch_accept(int listener);
// A descriptor that becomes readable when it is rung; -1 with errno. Reading takes the ring away.
int hubwatch_bell(void);
// Rings it. Safe from any thread.
void hubwatch_ring(int bell);
// Takes the ring away.
void hubwatch_hush(int bell);
// A descriptor that becomes readable at a moment of CLOCK_BOOTTIME, which goes on while the machine sleeps; -1.
int hubwatch_boot_timer(void);
// Sets that moment, in nanoseconds; 0 for none.
int hubwatch_set_boot_timer(int timer, uint64_t nanoseconds);
// A descriptor that becomes readable when somebody sets the clock on the wall; -1. Reading it fails with ECANCELED, after
// which it has to be armed again.
int hubwatch_clock_watch(void);
int hubwatch_arm_clock_watch(int watch);
// Takes what a timer tells.
void hubwatch_read_timer(int timer);
// Nanoseconds of CLOCK_BOOTTIME.
uint64_t hubwatch_boot_time(void);
// Gives memory that was freed back to the system, and keeps the allocator from making an arena a thread.
void hubwatch_give_back_memory(void);
void hubwatch_use_one_arena(void);
// 1 when the other end of a connection will send nothing more, 0 otherwise.
int hubwatch_is_hung_up(int descriptor);

extern const int hubwatch_limit_address_space;
extern const int hubwatch_limit_data;
extern const int hubwatch_limit_open_files;
extern const int hubwatch_limit_cpu_seconds;
extern const int hubwatch_limit_core_bytes;
extern const int hubwatch_limit_file_bytes;

#endif
