import Domain
import Glibc

/// The mapped bytes of a file.
///
/// `@unchecked Sendable` is safe: the pages are read-only, the pointer never changes, and `munmap` runs in deinit,
/// when no other reference is left.
final class Mapping: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  init(path: String) throws(ModelFileError) {
    let (descriptor, size) = try openForReading(path)
    defer { close(descriptor) }
    guard size > 0 else { throw ModelFileError(.truncated, file: path, "is empty") }
    guard let length = Int(exactly: size),
      let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED
    else { throw ModelFileError(.unreadable, file: path, "could not be mapped: \(systemReason())") }
    bytes = UnsafeRawBufferPointer(start: address, count: length)
  }

  /// Lets the kernel forget this process's pages; what is still needed is read again.
  func forgetPages() { madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED) }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
