#define _GNU_SOURCE
#include "Confinement.h"
#include "SystemCallNames.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

const int hubwatch_exit_forbidden = 90;

static volatile sig_atomic_t told_to = -1;

// A line in a buffer of its own; what does not fit is cut off.
struct line {
  char text[160];
  size_t length;
};

static void add(struct line *line, const char *text) {
  for (; *text != 0 && line->length < sizeof line->text; text++) line->text[line->length++] = *text;
}

static void add_number(struct line *line, int number) {
  char digits[12];
  int count = 0;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0 && count < (int)sizeof digits);
  while (count > 0) {
    char digit[2] = {digits[--count], 0};
    add(line, digit);
  }
}

static void send_line(int descriptor, const struct line *line) {
  size_t done = 0;
  while (done < line->length) {
    ssize_t written = write(descriptor, line->text + done, line->length - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    done += (size_t)written;
  }
}

void hubwatch_tell(int descriptor, const char *mishap) {
  struct line line = {.length = 0};
  // A line end before it: an answer may have been begun.
  add(&line, "\n{\"mishap\":\"");
  add(&line, mishap);
  add(&line, "\"}\n");
  send_line(descriptor, &line);
}

static void on_forbidden_call(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  struct line line = {.length = 0};
  add(&line, "\n{\"mishap\":\"forbidden\",\"call\":\"");
  add(&line, hubwatch_name_of_call(info->si_syscall));
  add(&line, "\"}\n");
  send_line(told_to, &line);
  _exit(hubwatch_exit_forbidden);
}

// Whether not even some more memory can be had: then a crash is most likely a failed allocation.
static int is_out_of_memory(void) {
  size_t size = 64 << 20;
  void *probe = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) return 1;
  munmap(probe, size);
  return 0;
}

static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  int kept = errno;
  if (is_out_of_memory()) {
    hubwatch_tell(told_to, "memory");
  } else {
    struct line line = {.length = 0};
    add(&line, "\n{\"mishap\":\"crash\",\"signal\":");
    add_number(&line, number);
    add(&line, "}\n");
    send_line(told_to, &line);
  }
  // The handler is gone (SA_RESETHAND): what caused the signal does so again, and the kernel ends the process. One that was
  // sent has no cause here and is sent once more.
  if (info->si_code <= 0) (void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
  errno = kept;
}

void hubwatch_tell_mishaps(int descriptor) {
  told_to = descriptor;
  // A stack of its own for the thread that calls this, so that running out of stack can be told, too.
  static _Alignas(16) char spare[64 << 10];
  stack_t stack = {.ss_sp = spare, .ss_size = sizeof spare};
  (void)sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigfillset(&action.sa_mask);
  sigdelset(&action.sa_mask, SIGSYS);
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  action.sa_sigaction = on_forbidden_call;
  (void)sigaction(SIGSYS, &action, NULL);
  action.sa_flags |= SA_RESETHAND;
  action.sa_sigaction = on_crash;
  static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
  for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) (void)sigaction(crashes[i], &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int hubwatch_close_from(int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0) return 0;
#endif
  long most = sysconf(_SC_OPEN_MAX);
  for (int descriptor = first; descriptor < (most > 0 && most < 65536 ? most : 65536); descriptor++) close(descriptor);
  return 0;
}

// The number after a name at the start of a line; -1 when it is not there.
static int64_t value_of(const char *text, const char *name) {
  const char *place = strstr(text, name);
  return place ? strtoll(place + strlen(name), NULL, 10) : -1;
}

int hubwatch_usage(int descriptor, int64_t *anonymous, int64_t *threads) {
  char text[4096];
  ssize_t count = pread(descriptor, text, sizeof text - 1, 0);
  if (count <= 0) return count < 0 ? errno : EIO;
  text[count] = 0;
  int64_t kibibytes = value_of(text, "\nRssAnon:");
  *threads = value_of(text, "\nThreads:");
  if (kibibytes < 0 || *threads < 0) return EIO;
  *anonymous = kibibytes << 10;
  return 0;
}
