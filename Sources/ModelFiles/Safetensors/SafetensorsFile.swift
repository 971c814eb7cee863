import Domain

/// A local safetensors file, mapped into memory for as long as this object lives; see `GGUFFile` for what that means.
public final class SafetensorsFile: Sendable {
  /// The parsed header; every tensor in it lies inside the file.
  public let header: SafetensorsHeader
  private let mapping: Mapping

  /// Opens, maps and parses a file.
  ///
  /// - Throws: `ModelFileError` when it cannot be read, is cut short or is no usable safetensors file.
  public init(path: String) throws(ModelFileError) {
    mapping = try Mapping(path: path)
    header = try SafetensorsHeader.parse(file: mapping.bytes, name: path)
  }

  /// The data of one of this file's tensors, not aligned to anything. Valid while this object lives.
  public func data(of tensor: SafetensorsTensor) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: mapping.bytes[Int(tensor.range.lowerBound)..<Int(tensor.range.upperBound)])
  }

  /// Lets the kernel forget this process's pages of the file; what is still needed is read again, from the page cache.
  public func forgetPages() { mapping.forgetPages() }
}
