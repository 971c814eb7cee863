// Lets the n-th call of a function fail, for LD_PRELOAD.
//
//   FAIL_CALL        names with commas between them; the 64-bit name, the …at and …v relatives count with each
//   FAIL_NTH         which call fails, from 1, counted over all threads and all the names
//   FAIL_ERRNO       ENOSPC, EIO, EDQUOT, EROFS, EOPNOTSUPP, EACCES, EMFILE, EPERM
//   FAIL_ONCE        1: only this call; otherwise it and all that follow
//   FAIL_PATH        only paths, or descriptors of files, that contain this
//   FAIL_COUNT_FILE  nothing fails; how often each function was called is kept in this file, in records of a name of
//                    24 bytes and a 64-bit number
//
// Only regular files and folders count, never the standard descriptors: a socket has no disk that is full.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, PWRITE, FSYNC, FDATASYNC, RENAME, LINK, SYMLINK, FALLOCATE, FTRUNCATE, OPEN, MKDIR, UNLINK, CALLS };

static const char *const names[CALLS] = {"write",   "pwrite",    "fsync",     "fdatasync", "rename", "link",
                                         "symlink", "fallocate", "ftruncate", "open",      "mkdir",  "unlink"};

struct record {
  char name[24];
  _Atomic unsigned long long count;
};

static int fails[CALLS];
static unsigned long long nth;
static int code;
static int once;
static const char *part;
static _Atomic unsigned long long calls;
static struct record *records;

static int code_of(const char *name) {
  static const struct {
    const char *name;
    int code;
  } codes[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EOPNOTSUPP", EOPNOTSUPP},
               {"EACCES", EACCES}, {"EMFILE", EMFILE}, {"EPERM", EPERM}};
  for (size_t i = 0; name && i < sizeof codes / sizeof *codes; i++) {
    if (strcmp(name, codes[i].name) == 0) return codes[i].code;
  }
  return EIO;
}

// A misspelt name must not pass for a program that never fails.
static int call_of(const char *name, size_t length) {
  for (int i = 0; i < CALLS; i++) {
    if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0) return i;
  }
  fprintf(stderr, "failing: no function is called %.*s\n", (int)length, name);
  abort();
}

__attribute__((constructor)) static void start(void) {
  part = getenv("FAIL_PATH");
  const char *path = getenv("FAIL_COUNT_FILE");
  if (path) {
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    size_t size = sizeof(struct record) * CALLS;
    if (descriptor < 0 || syscall(SYS_ftruncate, descriptor, size) != 0) abort();
    records = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (records == MAP_FAILED) abort();
    close(descriptor);
    for (int i = 0; i < CALLS; i++) strcpy(records[i].name, names[i]);
    return;
  }
  const char *list = getenv("FAIL_CALL"), *number = getenv("FAIL_NTH"), *only = getenv("FAIL_ONCE");
  while (list && *list) {
    size_t length = strcspn(list, ",");
    fails[call_of(list, length)] = 1;
    list += length + (list[length] == ',');
  }
  nth = number ? strtoull(number, NULL, 10) : 0;
  once = only && strcmp(only, "1") == 0;
  code = code_of(getenv("FAIL_ERRNO"));
}

// Whether a call that matters has to fail; errno is set then.
static int strikes(int call) {
  if (records) {
    atomic_fetch_add(&records[call].count, 1);
    return 0;
  }
  if (nth == 0 || !fails[call]) return 0;
  unsigned long long number = atomic_fetch_add(&calls, 1) + 1;
  if (once ? number != nth : number < nth) return 0;
  errno = code;
  return 1;
}

static int fails_file(int call, int descriptor) {
  if (descriptor <= 2 || (!records && !fails[call])) return 0;
  int before = errno;
  struct stat info;
  int matters = fstat(descriptor, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode));
  if (matters && part) {
    char link[64], path[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX);
    path[length < 0 ? 0 : length] = 0;
    matters = strstr(path, part) != NULL;
  }
  errno = before;
  return matters && strikes(call);
}

static int fails_path(int call, const char *path) {
  if (!records && !fails[call]) return 0;
  // What the kernel shows of itself is on no disk.
  if (strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/sys/", 5) == 0) return 0;
  if (part && !strstr(path, part)) return 0;
  return strikes(call);
}

#define NEXT(name)                                         \
  static __typeof__(&name) next;                           \
  if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define ON_FILE(result, name, call, parameters, ...)                \
  result name parameters {                                          \
    NEXT(name);                                                     \
    return fails_file(call, descriptor) ? -1 : next(__VA_ARGS__);   \
  }

#define ON_PATH(name, call, parameters, ...)                  \
  int name parameters {                                       \
    NEXT(name);                                               \
    return fails_path(call, path) ? -1 : next(__VA_ARGS__);   \
  }

ON_FILE(ssize_t, write, WRITE, (int descriptor, const void *bytes, size_t count), descriptor, bytes, count)
ON_FILE(ssize_t, writev, WRITE, (int descriptor, const struct iovec *parts, int count), descriptor, parts, count)
ON_FILE(ssize_t, pwrite, PWRITE, (int descriptor, const void *bytes, size_t count, off_t place), descriptor, bytes,
        count, place)
ON_FILE(ssize_t, pwrite64, PWRITE, (int descriptor, const void *bytes, size_t count, off64_t place), descriptor, bytes,
        count, place)
ON_FILE(ssize_t, pwritev, PWRITE, (int descriptor, const struct iovec *parts, int count, off_t place), descriptor,
        parts, count, place)
ON_FILE(ssize_t, pwritev64, PWRITE, (int descriptor, const struct iovec *parts, int count, off64_t place), descriptor,
        parts, count, place)
ON_FILE(int, fsync, FSYNC, (int descriptor), descriptor)
ON_FILE(int, fdatasync, FDATASYNC, (int descriptor), descriptor)
ON_FILE(int, fallocate, FALLOCATE, (int descriptor, int mode, off_t place, off_t size), descriptor, mode, place, size)
ON_FILE(int, fallocate64, FALLOCATE, (int descriptor, int mode, off64_t place, off64_t size), descriptor, mode, place,
        size)
ON_FILE(int, ftruncate, FTRUNCATE, (int descriptor, off_t size), descriptor, size)
ON_FILE(int, ftruncate64, FTRUNCATE, (int descriptor, off64_t size), descriptor, size)

ON_PATH(rename, RENAME, (const char *path, const char *to), path, to)
ON_PATH(renameat, RENAME, (int folder, const char *path, int other, const char *to), folder, path, other, to)
ON_PATH(renameat2, RENAME, (int folder, const char *path, int other, const char *to, unsigned int flags), folder, path,
        other, to, flags)
ON_PATH(link, LINK, (const char *from, const char *path), from, path)
ON_PATH(linkat, LINK, (int folder, const char *from, int other, const char *path, int flags), folder, from, other, path,
        flags)
ON_PATH(symlink, SYMLINK, (const char *target, const char *path), target, path)
ON_PATH(symlinkat, SYMLINK, (const char *target, int folder, const char *path), target, folder, path)
ON_PATH(mkdir, MKDIR, (const char *path, mode_t mode), path, mode)
ON_PATH(mkdirat, MKDIR, (int folder, const char *path, mode_t mode), folder, path, mode)
ON_PATH(unlink, UNLINK, (const char *path), path)
ON_PATH(unlinkat, UNLINK, (int folder, const char *path, int flags), folder, path, flags)

static mode_t mode_of(int flags, va_list more) {
  return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? (mode_t)va_arg(more, int) : 0;
}

// Opening for reading counts as well only where a path is named: the program and its libraries read so much else.
static int fails_open(const char *path, int flags) {
  if (!part && (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)) return 0;
  return fails_path(OPEN, path);
}

#define ON_OPEN(name)                            \
  int name(const char *path, int flags, ...) {   \
    va_list more;                                \
    va_start(more, flags);                       \
    mode_t mode = mode_of(flags, more);          \
    va_end(more);                                \
    NEXT(name);                                  \
    return fails_open(path, flags) ? -1 : next(path, flags, mode); \
  }
#define ON_OPENAT(name)                                        \
  int name(int folder, const char *path, int flags, ...) {     \
    va_list more;                                              \
    va_start(more, flags);                                     \
    mode_t mode = mode_of(flags, more);                        \
    va_end(more);                                              \
    NEXT(name);                                                \
    return fails_open(path, flags) ? -1 : next(folder, path, flags, mode); \
  }
ON_OPEN(open)
ON_OPEN(open64)
ON_OPENAT(openat)
ON_OPENAT(openat64)
