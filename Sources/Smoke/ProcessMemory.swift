import Foundation
import Glibc

/// The memory of this process.
enum ProcessMemory {
  /// Peak resident memory in bytes, mapped pages included; nil when the kernel does not say.
  static var peak: Int64? {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
    return Int64(usage.ru_maxrss) * 1024
  }

  /// Resident memory now, in bytes; nil when the kernel does not say. Source: the second number of /proc/self/statm, in pages.
  static var resident: Int64? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
    else { return nil }
    return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
  }
}
