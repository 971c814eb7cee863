// What a process that reads foreign models can no longer do: Landlock for files and the network, seccomp for system calls.
#ifndef HUBWATCH_CONFINEMENT_H
#define HUBWATCH_CONFINEMENT_H

#include <stddef.h>
#include <stdint.h>

// Each returns 0, or the errno of the failure, where nothing else is said.

// The version of Landlock that the kernel has; 0 for none.
int hubwatch_landlock_version(void);

// A place that stays readable.
struct hubwatch_place {
  const char *path;
  // hubwatch_may_* values, joined.
  uint64_t rights;
};
// Reading a file, or the files below a folder.
extern const uint64_t hubwatch_may_read;
// Listing a folder.
extern const uint64_t hubwatch_may_list;

// Leaves the calling thread, and the threads and processes that it makes from now on, nothing of the file system but these
// places, and where the kernel knows how, no TCP, no abstract sockets and no signals to processes outside. Places that are
// not there are left out.
int hubwatch_landlock(const struct hubwatch_place *places, size_t count);

// Whether the kernel can filter system calls, and the filter knows this processor.
int hubwatch_can_filter_system_calls(void);
// Allows all threads of this process the system calls that computing needs, and no others. Calls that a program makes only to
// reach out of its process end it with hubwatch_exit_forbidden, after a note; what is merely unknown fails with EPERM.
int hubwatch_filter_system_calls(void);

// From now on a crash, and a forbidden system call, write one line of JSON to the descriptor before the process ends:
// {"mishap":"crash","signal":11}, {"mishap":"memory"} or {"mishap":"forbidden","call":"socket"}.
void hubwatch_tell_mishaps(int descriptor);
// Writes such a line. Safe in a signal handler; the text must need no escaping.
void hubwatch_tell(int descriptor, const char *mishap);

// The exit status after a forbidden system call.
extern const int hubwatch_exit_forbidden;

// Closes every descriptor from this one on.
int hubwatch_close_from(int first);

// What /proc/self/status, open as a descriptor, says: memory of this process that is no file's, in bytes, and its threads.
int hubwatch_usage(int descriptor, int64_t *anonymous, int64_t *threads);

#endif
