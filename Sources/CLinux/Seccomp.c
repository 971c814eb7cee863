#define _GNU_SOURCE
#include "Confinement.h"
#include "SystemCallNames.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Source: Linux's Documentation/userspace-api/seccomp_filter.rst.
#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// What computing needs: memory, threads, clocks, reading files that are allowed, and the answer. Found by tracing the test on
// every kind of model, and completed by what glibc may call instead.
static const int allowed[] = {
    // Memory. Mapping and protecting are looked at below.
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mincore, SYS_membarrier,
    // Threads.
    SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity,
    SYS_sched_getparam, SYS_sched_getscheduler, SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_getpriority,
    SYS_gettid, SYS_set_tid_address, SYS_exit, SYS_exit_group, SYS_getcpu,
    // Clocks.
    SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_times, SYS_getrusage,
    // This process.
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname, SYS_sysinfo, SYS_getrandom,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending, SYS_sigaltstack, SYS_restart_syscall,
    // Files that are open, and finding out what is there.
    SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_write, SYS_writev, SYS_lseek, SYS_close, SYS_dup, SYS_dup3, SYS_fstat,
    SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64,
    SYS_getcwd, SYS_fadvise64, SYS_readahead,
    // Waiting for descriptors, as libdispatch does.
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create,
    SYS_timerfd_settime, SYS_pipe2,
#ifdef __x86_64__
    // Older forms of these.
    SYS_time, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_dup2, SYS_poll, SYS_select, SYS_epoll_wait, SYS_getrlimit,
    SYS_pipe,
#endif
};

struct named_call {
  int number;
  const char *name;
};

// What only a program calls that wants to get out of its process: the end of it. Not those that a library may call in passing,
// which simply fail.
static const struct named_call forbidden[] = {
    // The network.
    {SYS_socket, "socket"}, {SYS_socketpair, "socketpair"}, {SYS_connect, "connect"}, {SYS_bind, "bind"},
    {SYS_listen, "listen"}, {SYS_accept, "accept"}, {SYS_accept4, "accept4"}, {SYS_sendto, "sendto"},
    {SYS_sendmsg, "sendmsg"}, {SYS_sendmmsg, "sendmmsg"}, {SYS_recvfrom, "recvfrom"}, {SYS_recvmsg, "recvmsg"},
    {SYS_recvmmsg, "recvmmsg"}, {SYS_getsockopt, "getsockopt"}, {SYS_setsockopt, "setsockopt"},
    {SYS_shutdown, "shutdown"},
    // Programs and processes.
    {SYS_execve, "execve"}, {SYS_execveat, "execveat"}, {SYS_unshare, "unshare"}, {SYS_setns, "setns"},
    {SYS_ptrace, "ptrace"}, {SYS_process_vm_readv, "process_vm_readv"}, {SYS_process_vm_writev, "process_vm_writev"},
    {SYS_kcmp, "kcmp"}, {SYS_tkill, "tkill"}, {SYS_rt_sigqueueinfo, "rt_sigqueueinfo"},
    {SYS_rt_tgsigqueueinfo, "rt_tgsigqueueinfo"}, {SYS_pidfd_open, "pidfd_open"}, {SYS_pidfd_getfd, "pidfd_getfd"},
    {SYS_pidfd_send_signal, "pidfd_send_signal"}, {SYS_setsid, "setsid"}, {SYS_setpgid, "setpgid"},
    // Changing files.
    {SYS_truncate, "truncate"}, {SYS_ftruncate, "ftruncate"}, {SYS_fallocate, "fallocate"}, {SYS_mkdirat, "mkdirat"},
    {SYS_mknodat, "mknodat"}, {SYS_unlinkat, "unlinkat"}, {SYS_symlinkat, "symlinkat"}, {SYS_linkat, "linkat"},
    {SYS_renameat2, "renameat2"}, {SYS_fchmod, "fchmod"}, {SYS_fchmodat, "fchmodat"}, {SYS_fchown, "fchown"},
    {SYS_fchownat, "fchownat"}, {SYS_utimensat, "utimensat"}, {SYS_setxattr, "setxattr"}, {SYS_lsetxattr, "lsetxattr"},
    {SYS_fsetxattr, "fsetxattr"}, {SYS_removexattr, "removexattr"}, {SYS_pwrite64, "pwrite64"}, {SYS_pwritev, "pwritev"},
    {SYS_sendfile, "sendfile"}, {SYS_splice, "splice"}, {SYS_copy_file_range, "copy_file_range"},
    {SYS_memfd_create, "memfd_create"}, {SYS_name_to_handle_at, "name_to_handle_at"},
    {SYS_open_by_handle_at, "open_by_handle_at"},
    // Mounts.
    {SYS_mount, "mount"}, {SYS_umount2, "umount2"}, {SYS_pivot_root, "pivot_root"}, {SYS_chroot, "chroot"},
    {SYS_open_tree, "open_tree"}, {SYS_move_mount, "move_mount"}, {SYS_fsopen, "fsopen"}, {SYS_fsmount, "fsmount"},
    {SYS_fspick, "fspick"}, {SYS_mount_setattr, "mount_setattr"},
    // Privileges.
    {SYS_setuid, "setuid"}, {SYS_setgid, "setgid"}, {SYS_setreuid, "setreuid"}, {SYS_setregid, "setregid"},
    {SYS_setresuid, "setresuid"}, {SYS_setresgid, "setresgid"}, {SYS_setgroups, "setgroups"}, {SYS_setfsuid, "setfsuid"},
    {SYS_setfsgid, "setfsgid"}, {SYS_capset, "capset"},
    // The kernel.
    {SYS_bpf, "bpf"}, {SYS_perf_event_open, "perf_event_open"}, {SYS_io_uring_setup, "io_uring_setup"},
    {SYS_io_uring_enter, "io_uring_enter"}, {SYS_io_uring_register, "io_uring_register"}, {SYS_userfaultfd, "userfaultfd"},
    {SYS_keyctl, "keyctl"}, {SYS_add_key, "add_key"}, {SYS_request_key, "request_key"}, {SYS_io_setup, "io_setup"},
    {SYS_init_module, "init_module"}, {SYS_finit_module, "finit_module"}, {SYS_delete_module, "delete_module"},
    {SYS_kexec_load, "kexec_load"}, {SYS_reboot, "reboot"}, {SYS_swapon, "swapon"}, {SYS_swapoff, "swapoff"},
    {SYS_sethostname, "sethostname"}, {SYS_settimeofday, "settimeofday"}, {SYS_clock_settime, "clock_settime"},
    {SYS_pkey_mprotect, "pkey_mprotect"}, {SYS_remap_file_pages, "remap_file_pages"},
#ifdef __x86_64__
    {SYS_fork, "fork"}, {SYS_vfork, "vfork"}, {SYS_creat, "creat"}, {SYS_mkdir, "mkdir"}, {SYS_rmdir, "rmdir"},
    {SYS_mknod, "mknod"}, {SYS_unlink, "unlink"}, {SYS_symlink, "symlink"}, {SYS_link, "link"}, {SYS_rename, "rename"},
    {SYS_renameat, "renameat"}, {SYS_chmod, "chmod"}, {SYS_chown, "chown"}, {SYS_lchown, "lchown"}, {SYS_utime, "utime"},
    {SYS_utimes, "utimes"}, {SYS_modify_ldt, "modify_ldt"}, {SYS_iopl, "iopl"}, {SYS_ioperm, "ioperm"},
#endif
};

// Those that are forbidden with some arguments only.
static const struct named_call looked_at[] = {
    {SYS_openat, "openat"}, {SYS_mmap, "mmap"},     {SYS_mprotect, "mprotect"}, {SYS_clone, "clone"},
    {SYS_kill, "kill"},     {SYS_tgkill, "tgkill"},
#ifdef __x86_64__
    {SYS_open, "open"},
#endif
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *name_in(const struct named_call *table, size_t count, int number) {
  for (size_t i = 0; i < count; i++) {
    if (table[i].number == number) return table[i].name;
  }
  return NULL;
}

const char *hubwatch_name_of_call(int number) {
  const char *name = name_in(forbidden, COUNT(forbidden), number);
  if (!name) name = name_in(looked_at, COUNT(looked_at), number);
  return name ? name : "?";
}

#ifdef NATIVE_ARCHITECTURE

struct program {
  struct sock_filter steps[640];
  unsigned short length;
};

static void add(struct program *program, struct sock_filter step) {
  if (program->length < COUNT(program->steps)) program->steps[program->length++] = step;
}

static void load(struct program *program, uint32_t offset) {
  add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void answer(struct program *program, uint32_t action) {
  add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

// The next `steps` steps are for this system call only.
static void if_call(struct program *program, int number, unsigned char steps) {
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, steps));
}

static void for_call(struct program *program, int number, uint32_t action) {
  if_call(program, number, 1);
  answer(program, action);
}

// The place of an argument's lower half. Flags, protections and process ids have no upper half that the kernel looks at.
static uint32_t argument(int index) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)index);
#else
  return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)index + 4);
#endif
}

// Allowed unless the argument has one of these bits.
static void unless_bits(struct program *program, int number, int index, uint32_t bits) {
  if_call(program, number, 4);
  load(program, argument(index));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, SECCOMP_RET_TRAP);
}

// Allowed when the argument is one of two values, otherwise the action.
static void if_value(struct program *program, int number, int index, uint32_t one, uint32_t other, uint32_t action) {
  if_call(program, number, 5);
  load(program, argument(index));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, one, 1, 0));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 1));
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, action);
}

static void fill(struct program *program) {
  load(program, offsetof(struct seccomp_data, arch));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0));
  answer(program, SECCOMP_RET_KILL_PROCESS);
  load(program, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  // The x32 calls, which have the same architecture.
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
  answer(program, SECCOMP_RET_KILL_PROCESS);
#endif
  for (size_t i = 0; i < COUNT(allowed); i++) for_call(program, allowed[i], SECCOMP_RET_ALLOW);

  const uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
  unless_bits(program, SYS_openat, 2, writing);
#ifdef __x86_64__
  unless_bits(program, SYS_open, 1, writing);
#endif
  unless_bits(program, SYS_mmap, 2, PROT_EXEC);
  unless_bits(program, SYS_mprotect, 2, PROT_EXEC);
  // A thread shares the process; anything else would be another one. clone3 has its flags in memory, where a filter cannot
  // look; told that there is none, glibc takes clone.
  if_call(program, SYS_clone, 5);
  load(program, argument(0));
  add(program, (struct sock_filter)BPF_JUMP(
                   BPF_JMP | BPF_JSET | BPF_K,
                   CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET, 2,
                   0));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1));
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, SECCOMP_RET_TRAP);
  for_call(program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  for_call(program, SYS_openat2, SECCOMP_RET_ERRNO | ENOSYS);
  // Signals to itself are how abort() ends.
  const uint32_t self = (uint32_t)getpid();
  if_value(program, SYS_kill, 0, self, self, SECCOMP_RET_TRAP);
  if_value(program, SYS_tgkill, 0, self, self, SECCOMP_RET_TRAP);
  // Names of threads, and nothing else.
  if_value(program, SYS_prctl, 0, PR_SET_NAME, PR_GET_NAME, SECCOMP_RET_ERRNO | EPERM);
  if_value(program, SYS_fcntl, 1, F_GETFL, F_GETFD, SECCOMP_RET_ERRNO | EPERM);
  // Asking for one's own limits.
  if_call(program, SYS_prlimit64, 8);
  load(program, argument(0));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 5));
  load(program, argument(2));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3));
  load(program, argument(2) ^ 4);
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1));
  answer(program, SECCOMP_RET_ALLOW);
  answer(program, SECCOMP_RET_ERRNO | EPERM);
  // Terminals are not there; with ENOTTY the C library goes on.
  for_call(program, SYS_ioctl, SECCOMP_RET_ERRNO | ENOTTY);

  for (size_t i = 0; i < COUNT(forbidden); i++) for_call(program, forbidden[i].number, SECCOMP_RET_TRAP);
  answer(program, SECCOMP_RET_ERRNO | EPERM);
}

int hubwatch_can_filter_system_calls(void) { return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0; }

int hubwatch_filter_system_calls(void) {
  static struct program program;
  program.length = 0;
  fill(&program);
  // A list that has outgrown its room would end without an answer.
  if (program.length == COUNT(program.steps)) return E2BIG;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  struct sock_fprog filter = {.len = program.length, .filter = program.steps};
  long failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
  // A sandbox around this one may know the older way in only; it confines the calling thread and those that it makes.
  if (failed < 0 && (errno == ENOSYS || errno == EPERM)) failed = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
  // A positive answer is a thread that could not be confined with the others.
  return failed == 0 ? 0 : failed > 0 ? EBUSY : errno;
}

#else

int hubwatch_can_filter_system_calls(void) { return 0; }

int hubwatch_filter_system_calls(void) { return ENOSYS; }

#endif
