import Domain
import Glibc
import ModelFiles

@testable import Inference

/// A model whose weights are 32-bit floats, each the exact value of another model's.
enum ExactCopy {
  /// Writes the copy, a tensor at a time.
  static func write(of source: String, to path: String) throws {
    let original = try GGUFFile(path: source)
    var writer = GGUFWriter()
    for entry in original.header.metadata { writer.set(entry.key, entry.value) }
    writer.set("general.file_type", .uint32(0))
    for tensor in original.header.tensors {
      try writer.add(tensor.name, type: .f32, dimensions: tensor.dimensions, data: nil)
    }
    try writer.write(to: path)
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    for tensor in try GGUFFile(path: path).header.tensors {
      guard let info = original.header.tensor(tensor.name) else { continue }
      let floats = self.floats(of: info, in: original)
      let written = floats.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, Int(tensor.offset)) }
      guard written == Int(tensor.byteCount) else {
        throw ModelFileError(.unreadable, file: path, "could not be written: \(String(cString: strerror(errno)))")
      }
    }
  }

  /// All elements of a tensor.
  static func floats(of tensor: GGUFTensorInfo, in file: GGUFFile) -> [Float] {
    [Float](unsafeUninitializedCapacity: Int(tensor.elements)) { buffer, count in
      Kernels.portable.table.dequantize(
        tensor.type.rawValue, file.data(of: tensor).baseAddress, buffer.count, buffer.baseAddress)
      count = Int(tensor.elements)
    }
  }
}
