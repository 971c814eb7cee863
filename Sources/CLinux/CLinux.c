#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>

const int hubwatch_limit_address_space = RLIMIT_AS;
const int hubwatch_limit_cpu_seconds = RLIMIT_CPU;
const int hubwatch_limit_core_bytes = RLIMIT_CORE;
const int hubwatch_limit_file_bytes = RLIMIT_FSIZE;

int hubwatch_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno; }

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
