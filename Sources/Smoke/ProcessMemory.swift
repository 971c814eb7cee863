import Foundation

/// The memory of this process, as /proc/self/status tells it.
enum ProcessMemory {
  /// Peak resident memory in bytes, mapped pages included; nil when the kernel does not say.
  ///
  /// Not `ru_maxrss`: a child begins with what its parent had when it was made.
  static var peak: Int64? { bytes("VmHWM:") }

  /// Resident memory now, in bytes; nil when the kernel does not say.
  static var resident: Int64? { bytes("VmRSS:") }

  private static func bytes(_ key: String) -> Int64? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 }
  }
}
