#define _GNU_SOURCE
#include "Confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Source: Linux's Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h. Written down here, since the
// headers of a build machine may be older than the kernel that the program meets.
enum {
  landlock_create = 444,
  landlock_add = 445,
  landlock_restrict = 446,
  rule_path_beneath = 1,
  create_version = 1,
};

struct ruleset {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};

struct path_beneath {
  uint64_t rights;
  int32_t parent;
} __attribute__((packed));

const uint64_t hubwatch_may_read = UINT64_C(1) << 2;
const uint64_t hubwatch_may_list = UINT64_C(1) << 3;

// Rights on files by the version that brought them: 13 at first, then renaming across folders, truncation, and ioctl on
// devices.
static uint64_t file_rights(int version) {
  int bits = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
  return (UINT64_C(1) << bits) - 1;
}

int hubwatch_landlock_version(void) {
  long version = syscall(landlock_create, NULL, 0, create_version);
  return version > 0 ? (int)version : 0;
}

int hubwatch_landlock(const struct hubwatch_place *places, size_t count) {
  int version = hubwatch_landlock_version();
  if (version == 0) return ENOSYS;
  struct ruleset attributes = {.files = file_rights(version)};
  size_t size = sizeof attributes.files;
  if (version >= 4) {
    // Binding and connecting TCP sockets.
    attributes.network = 3;
    size = offsetof(struct ruleset, scopes);
  }
  if (version >= 6) {
    // Abstract sockets and signals.
    attributes.scopes = 3;
    size = sizeof attributes;
  }
  int ruleset = (int)syscall(landlock_create, &attributes, size, 0);
  if (ruleset < 0) return errno;
  int failure = 0;
  for (size_t i = 0; i < count && failure == 0; i++) {
    // Follows symbolic links: what is allowed is the file itself, by whatever name.
    int place = open(places[i].path, O_PATH | O_CLOEXEC);
    if (place < 0) continue;
    struct path_beneath rule = {.rights = places[i].rights, .parent = place};
    if (syscall(landlock_add, ruleset, rule_path_beneath, &rule, 0) != 0) failure = errno;
    close(place);
  }
  if (failure == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) failure = errno;
  if (failure == 0 && syscall(landlock_restrict, ruleset, 0) != 0) failure = errno;
  close(ruleset);
  return failure;
}
