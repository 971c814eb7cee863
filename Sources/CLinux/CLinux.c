#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

const int hubwatch_limit_address_space = RLIMIT_AS;
const int hubwatch_limit_data = RLIMIT_DATA;
const int hubwatch_limit_open_files = RLIMIT_NOFILE;
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

int hubwatch_rename_new_in(const char *from, int folder, const char *name) {
  return renameat2(AT_FDCWD, from, folder, name, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

int hubwatch_raise_file_limit(uint64_t wanted, uint64_t *allowed) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return errno;
  rlim_t most = limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted ? limit.rlim_max : (rlim_t)wanted;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < most) {
    limit.rlim_cur = most;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return errno;
  }
  *allowed = limit.rlim_cur;
  return 0;
}

int hubwatch_clone(int to, int from) { return ioctl(to, FICLONE, from) == 0 ? 0 : errno; }

// Segments that are never written are the file's own pages, whatever the loader did to their neighbours; only an object
// with text relocations has others.
static int give_back_object(struct dl_phdr_info *object, size_t size, void *unused) {
  (void)size;
  (void)unused;
  const ElfW(Dyn) *dynamic = NULL;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    if (header->p_type == PT_DYNAMIC) dynamic = (const ElfW(Dyn) *)(object->dlpi_addr + header->p_vaddr);
  }
  for (const ElfW(Dyn) *entry = dynamic; entry && entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == DT_TEXTREL) return 0;
    if (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL) return 0;
  }
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
  for (int i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || header->p_flags & PF_W) continue;
    // Whole pages only: the ends may be shared with a segment that is written.
    uintptr_t start = (object->dlpi_addr + header->p_vaddr + page) & ~page;
    uintptr_t end = (object->dlpi_addr + header->p_vaddr + header->p_filesz) & ~page;
    if (end > start) (void)madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void hubwatch_give_back_code(void) { (void)dl_iterate_phdr(give_back_object, NULL); }

int hubwatch_idle_priority(void) {
  // The idle class of the block scheduler, for this process: which = 1 (process), 0 = the caller, class 3.
  int code = syscall(SYS_ioprio_set, 1, 0, 3 << 13) == 0 ? 0 : errno;
  // The least share of the processor, too; refused in some sandboxes, where the block scheduler is what matters.
  (void)setpriority(PRIO_PROCESS, 0, 19);
  return code;
}

int hubwatch_memory_file(const char *name, const void *bytes, int64_t count) {
  int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -1;
  int64_t written = 0;
  while (written < count) {
    ssize_t done = write(descriptor, (const char *)bytes + written, (size_t)(count - written));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) goto failed;
    written += done;
  }
  if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) goto failed;
  if (lseek(descriptor, 0, SEEK_SET) != 0) goto failed;
  return descriptor;
failed : {
  int failure = errno;
  close(descriptor);
  errno = failure;
  return -1;
}
}

int64_t hubwatch_peer_user(int descriptor) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) return -1;
  return peer.uid;
}

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int hubwatch_peer_has_group(int descriptor, uint32_t group) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) return -1;
  if (peer.gid == group) return 1;
  // As many as a process can have.
  size = 65536 * sizeof(gid_t);
  gid_t *groups = malloc(size);
  if (!groups) return -1;
  int found = getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0 ? 0 : -1;
  for (socklen_t i = 0; found == 0 && i < size / sizeof(gid_t); i++) {
    if (groups[i] == group) found = 1;
  }
  free(groups);
  return found;
}

int hubwatch_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int hubwatch_bell(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void hubwatch_ring(int bell) {
  const uint64_t one = 1;
  while (write(bell, &one, sizeof one) < 0 && errno == EINTR) {}
}

void hubwatch_hush(int bell) {
  uint64_t count;
  while (read(bell, &count, sizeof count) < 0 && errno == EINTR) {}
}

int hubwatch_boot_timer(void) { return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int hubwatch_set_boot_timer(int timer, uint64_t nanoseconds) {
  struct itimerspec when = {.it_value = {.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000)}};
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) == 0 ? 0 : errno;
}

int hubwatch_clock_watch(void) { return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK); }

int hubwatch_arm_clock_watch(int watch) {
  // Far away: only that the clock is set is of interest.
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct itimerspec when = {.it_value = {.tv_sec = now.tv_sec + 100000000}};
  return timerfd_settime(watch, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) == 0 ? 0 : errno;
}

void hubwatch_read_timer(int timer) {
  uint64_t count;
  while (read(timer, &count, sizeof count) < 0 && errno == EINTR) {}
}

uint64_t hubwatch_boot_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void hubwatch_give_back_memory(void) { (void)malloc_trim(0); }

void hubwatch_use_one_arena(void) { (void)mallopt(M_ARENA_MAX, 1); }

int hubwatch_is_hung_up(int descriptor) {
  struct pollfd state = {.fd = descriptor, .events = POLLRDHUP};
  return poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
