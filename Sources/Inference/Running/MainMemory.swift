import Foundation

/// What the machine's main memory has left.
enum MainMemory {
  /// Whether so many bytes more can be had without driving out other programs; true where the system does not say.
  ///
  /// Source: `MemAvailable` in /proc/meminfo, which counts the page cache as free.
  static func holds(_ bytes: Int64) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return true }
    for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
      guard let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int64($0) }) else { return true }
      return bytes / 1024 < kibibytes / 10 * 9
    }
    return true
  }
}
