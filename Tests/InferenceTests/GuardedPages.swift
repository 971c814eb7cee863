import Foundation

/// Memory that ends where the process may neither read nor write: one byte too far ends the test program.
final class GuardedPages {
  private let base: UnsafeMutableRawPointer
  private let size: Int
  private let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  struct NoMemory: Error {}

  /// Room for at least `bytes` before the guard.
  init(bytes: Int) throws {
    size = (bytes + page - 1) / page * page
    guard
      let base = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else { throw NoMemory() }
    self.base = base
    guard mprotect(base + size, page, PROT_NONE) == 0 else {
      munmap(base, size + page)
      throw NoMemory()
    }
  }

  deinit { munmap(base, size + page) }

  /// The last `count` bytes before the guard.
  func last(_ count: Int) -> UnsafeMutableRawPointer { base + size - count }
}
