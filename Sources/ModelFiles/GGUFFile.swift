import Domain
import Glibc

/// A local GGUF file, mapped into memory for as long as this object lives.
///
/// The mapping is private and read-only. A file that another process cuts short while it is mapped ends this process
/// with SIGBUS, as with every program that maps files; models in the cache are never changed in place.
public final class GGUFFile: Sendable {
  /// The parsed header; every tensor in it lies inside the file.
  public let header: GGUFHeader
  /// Bytes of the file.
  public let size: Int64
  private let mapping: Mapping

  /// Opens, maps and parses a file.
  ///
  /// - Throws: `ModelFileError` when it cannot be read, is cut short or is no usable GGUF.
  public init(path: String) throws(ModelFileError) {
    let mapping = try Mapping(path: path)
    switch try GGUFHeader.parse(mapping.bytes, fileSize: Int64(mapping.bytes.count), name: path) {
    case .complete(let header): self.header = header
    case .incomplete: throw ModelFileError(.truncated, file: path, "ends within its header")
    }
    self.mapping = mapping
    size = Int64(mapping.bytes.count)
  }

  /// The data of one of this file's tensors. Valid while this object lives.
  public func data(of tensor: GGUFTensorInfo) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: mapping.bytes[Int(tensor.offset)..<Int(tensor.offset + tensor.byteCount)])
  }

  /// Lets the kernel forget this process's pages of the file; what is still needed is read again, from the page cache.
  public func forgetPages() { mapping.forgetPages() }

  /// Asks the kernel to read the whole file ahead, since all of it will be needed.
  public func prefetch() {
    // madvise does not write; it wants a mutable pointer for historical reasons.
    madvise(UnsafeMutableRawPointer(mutating: mapping.bytes.baseAddress), mapping.bytes.count, MADV_WILLNEED)
  }
}
