#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

const int hubwatch_limit_address_space = RLIMIT_AS;
const int hubwatch_limit_cpu_seconds = RLIMIT_CPU;
const int hubwatch_limit_core_bytes = RLIMIT_CORE;
const int hubwatch_limit_file_bytes = RLIMIT_FSIZE;

int hubwatch_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

int hubwatch_hide_memory(void) {
  const int failure = hubwatch_limit(RLIMIT_CORE, 0);
  if (failure != 0) return failure;
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : errno;
}

int hubwatch_limit(int resource, uint64_t value) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return errno;
  rlim_t wanted = (rlim_t)value;
  if (limit.rlim_max != RLIM_INFINITY && wanted > limit.rlim_max) wanted = limit.rlim_max;
  limit.rlim_cur = wanted;
  limit.rlim_max = wanted;
  return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

int hubwatch_reserve_blocks(int descriptor, int64_t size) {
  while (fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, size) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int hubwatch_start_writing(int descriptor, int64_t offset, int64_t count) {
  return sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE) == 0 ? 0 : errno;
}

int hubwatch_forget_pages(int descriptor, int64_t offset, int64_t count) {
  return posix_fadvise(descriptor, offset, count, POSIX_FADV_DONTNEED);
}

int hubwatch_rename_new(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

int hubwatch_clone(int to, int from) { return ioctl(to, FICLONE, from) == 0 ? 0 : errno; }

int hubwatch_idle_priority(void) {
  // The idle class of the block scheduler, for this process: which = 1 (process), 0 = the caller, class 3.
  int code = syscall(SYS_ioprio_set, 1, 0, 3 << 13) == 0 ? 0 : errno;
  // The least share of the processor, too; refused in some sandboxes, where the block scheduler is what matters.
  (void)setpriority(PRIO_PROCESS, 0, 19);
  return code;
}
