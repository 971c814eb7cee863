import Domain
import Foundation

/// How the process that runs a foreign model ended, when it was not with an answer.
public enum ChildMishap: Sendable, Equatable {
  /// A signal ended it that the work itself caused.
  case crashed(signal: Int32)
  /// The kernel or a person killed it.
  case killed
  /// It did not answer in time.
  case timedOut(seconds: Int)
  /// It used up its processor time.
  case outOfTime
  /// It ended by itself and gave no answer.
  case silent(status: Int32?)
  /// It wrote more than an answer may hold.
  case endlessOutput
  /// It called something that computing does not need; what is the system call, when it is known.
  case forbidden(call: String?)
  /// It took more memory than it may, and its file is no reason for that.
  case memoryBomb(budget: ByteCount)
  /// It needs more memory than it may take.
  case tooBig(budget: ByteCount)
  /// It started more threads than it may.
  case threadBomb

  /// What that says about the model: what the file caused is a failure; what a slow or small machine may have caused says nothing.
  public var verdict: SmokeVerdict {
    switch self {
    case .crashed, .silent, .endlessOutput, .forbidden, .memoryBomb, .threadBomb: .fail
    case .killed, .timedOut, .outOfTime, .tooBig: .unsupported
    }
  }

  /// For a person.
  public var words: String {
    switch self {
    case .crashed(let signal): "the test process was stopped by signal \(signal)\(Self.meaning(signal))"
    case .killed: "the test process was stopped by signal 9: killed, probably for memory"
    case .timedOut(let seconds): "it did not finish within \(seconds) \(seconds == 1 ? "second" : "seconds") here"
    case .outOfTime: "the test process was stopped by signal 24: it used up its processor time"
    case .silent(let status?): "the test process ended with code \(status) and no report"
    case .silent(nil): "the test process ended without a report"
    case .endlessOutput: "the test process printed more than a report may hold"
    case .forbidden(let call): "the test process was stopped: it tried to \(Self.deed(call))"
    case .memoryBomb(let budget):
      "it took more than the \(budget.asMemory) of memory that it may, and its size is no reason"
    case .tooBig(let budget): "it needs more memory than the \(budget.asMemory) that a test may take (smoke.memory)"
    case .threadBomb: "the test process was stopped: it started thread after thread"
    }
  }

  private static func meaning(_ signal: Int32) -> String {
    switch signal {
    case 4, 5: ": the core met something impossible"
    case 6: ": it ran out of memory, or the core gave up"
    case 7: ": the file shrank while it was read"
    case 8: ": it divided by zero"
    case 11: ": it read outside its memory"
    case 25: ": it tried to write a file"
    default: ""
    }
  }

  /// What somebody wants who makes a system call. The name comes from the process itself, so only known ones are believed.
  private static func deed(_ call: String?) -> String {
    switch call {
    case "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
      "recvfrom", "recvmsg", "recvmmsg", "getsockopt", "setsockopt", "shutdown":
      "open a network connection"
    case "execve", "execveat": "start another program"
    case "fork", "vfork", "clone", "unshare", "setns", "setsid", "setpgid": "start another process"
    case "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_open", "pidfd_getfd":
      "look into another process"
    case "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal":
      "send a signal to another process"
    case "open", "openat", "creat", "truncate", "ftruncate", "fallocate", "pwrite64", "pwritev", "sendfile", "splice",
      "copy_file_range", "memfd_create":
      "write a file"
    case "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "unlink", "unlinkat", "symlink", "symlinkat", "link",
      "linkat",
      "rename", "renameat", "renameat2", "chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat",
      "utime",
      "utimes", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "name_to_handle_at",
      "open_by_handle_at":
      "change files"
    case "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsmount", "fspick",
      "mount_setattr":
      "change mounts"
    case "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
      "capset":
      "change its user"
    case "mmap", "mprotect", "pkey_mprotect", "remap_file_pages", "modify_ldt": "make memory executable"
    case let call? where kernelCalls.contains(call): "reach into the kernel (\(call))"
    default: "make a forbidden system call"
    }
  }

  private static let kernelCalls: Set<String> = [
    "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "keyctl",
    "add_key",
    "request_key", "io_setup", "init_module", "finit_module", "delete_module", "kexec_load", "reboot", "swapon",
    "swapoff",
    "sethostname", "settimeofday", "clock_settime", "iopl", "ioperm",
  ]
}

/// A line that the process writes in place of an answer, or after one that it could not finish.
struct MishapNote: Codable, Equatable {
  /// `crash`, `memory`, `tooBig`, `threads`, `forbidden` or `refused`.
  var mishap: String
  /// Of a crash.
  var signal: Int32?
  /// What was forbidden.
  var call: String?
  /// Why the test could not be carried out.
  var words: String?

  /// The word for a test that could not be carried out.
  static let refusal = "refused"
}
