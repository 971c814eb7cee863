import Domain
import Glibc

/// Zeroed memory for as long as this object lives; pages cost nothing until they are touched.
final class Arena {
  /// First byte, aligned to a page.
  let base: UnsafeMutableRawPointer
  /// Bytes.
  let size: Int
  /// Bytes that were taken.
  private(set) var used = 0

  /// Allocates `size` bytes.
  ///
  /// - Throws: `InferenceError` of kind `limit` when the system refuses.
  init(size: Int, purpose: String) throws {
    self.size = max(size, 1)
    guard let base = mmap(nil, self.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else {
      throw InferenceError(.limit, "\(ByteCount(Int64(size)).asMemory) for \(purpose) cannot be had")
    }
    self.base = base
  }

  deinit { munmap(base, size) }

  /// The next `count` elements, aligned to 64 bytes. What is asked for in all was planned beforehand.
  func take<Element: BitwiseCopyable>(_ type: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
    let start = used
    used += Self.rounded(count * MemoryLayout<Element>.stride)
    precondition(used <= size, "the arena's plan and its use differ")
    return (base + start).bindMemory(to: type, capacity: count)
  }

  /// Bytes that `take` uses for `bytes` bytes.
  static func rounded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
}
