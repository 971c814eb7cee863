import CKernels
import Domain
import ModelFiles

/// How the elements of a head are paired for the rotation of positions.
enum RopePairs: Sendable {
  /// (0, 1), (2, 3) …: the original, and GGUF's llama.
  case interleaved
  /// (0, d/2), (1, d/2 + 1) …: Hugging Face's models, and GPT-NeoX.
  case halves

  /// The other way.
  var other: RopePairs { self == .interleaved ? .halves : .interleaved }
}

/// Where the weights of a model come from: tensors by the names that GGUF has for them, and metadata under GGUF's keys.
///
/// What it hands out stays valid as long as the source lives.
protocol WeightSource: Sendable {
  /// The file or folder, for messages.
  var name: String { get }
  /// The metadata, in GGUF's vocabulary; dimensions of a model lie under its architecture's keys.
  var header: GGUFHeader { get }
  /// How pairs are stored here, when that is not how GGUF files of the architecture have them.
  var ropePairs: RopePairs? { get }
  /// The names of all tensors.
  var tensorNames: [String] { get }

  /// Whether there is a tensor of this name.
  func has(_ tensor: String) -> Bool

  /// A tensor as rows of its first dimension's length; all other dimensions count through as rows.
  ///
  /// - Throws: `InferenceError` when it is missing, or of a type that the core does not read.
  func matrix(_ tensor: String) throws -> Matrix

  /// All elements of a tensor as floats.
  ///
  /// - Throws: as `matrix`.
  func floats(_ tensor: String) throws -> [Float]

  /// Lets go of the memory that held what was read so far, where it can be read again.
  func forgetPages()
}

extension WeightSource {
  func forgetPages() {}
}

/// The tensors of a GGUF model of one or several files, in place in the mappings.
struct GGUFWeights: WeightSource {
  private let files: [GGUFFile]
  let header: GGUFHeader
  let ropePairs: RopePairs? = nil

  /// The weights of a file, or of all parts of a split model; the first part has the metadata.
  init(_ first: GGUFFile, otherParts: [GGUFFile] = []) {
    files = [first] + otherParts
    header = first.header
  }

  var name: String { header.name }
  var tensorNames: [String] { files.flatMap { $0.header.tensors.map(\.name) } }

  func forgetPages() { for file in files { file.forgetPages() } }

  func has(_ tensor: String) -> Bool { files.contains { $0.header.tensor(tensor) != nil } }

  func matrix(_ tensor: String) throws -> Matrix {
    let (info, data) = try find(tensor)
    guard let start = data.baseAddress else {
      throw InferenceError(.badModel, "\(name): the tensor '\(tensor)' is empty")
    }
    return Matrix(
      data: start, type: info.type, rows: Int(info.rows), columns: Int(info.dimensions[0]),
      isMapped: true)
  }

  func floats(_ tensor: String) throws -> [Float] {
    let (info, data) = try find(tensor)
    // No vector of a model is so long; a hollow file that says so must not take memory.
    guard info.elements <= 1 << 24 else {
      throw InferenceError(.badModel, "\(name): the tensor '\(tensor)' has \(info.elements) elements")
    }
    return [Float](unsafeUninitializedCapacity: Int(info.elements)) { buffer, count in
      Kernels.portable.table.dequantize(
        info.type.rawValue, data.baseAddress, buffer.count, buffer.baseAddress)
      count = Int(info.elements)
    }
  }

  private func find(_ tensor: String) throws -> (GGUFTensorInfo, UnsafeRawBufferPointer) {
    for file in files {
      guard let info = file.header.tensor(tensor) else { continue }
      guard hw_is_supported(info.type.rawValue) != 0 else {
        throw InferenceError.unsupported("tensor type \(info.type.name) of '\(tensor)'", file: name)
      }
      return (info, file.data(of: info))
    }
    throw InferenceError(.badModel, "\(name): the tensor '\(tensor)' is missing")
  }
}
