import Foundation
import ModelFiles
import Testing

@testable import Inference

/// A small model of `References/architectures.json`, which `scripts/architecture-references` writes: what it is made of,
/// and what transformers computes with it.
struct ReferenceModel: Decodable, Sendable, CustomTestStringConvertible {
  /// Some logits of the token that follows the first `end` tokens.
  struct Point: Sendable {
    let end: Int
    /// Root mean square of all logits of this position.
    let rms: Float
    let logits: [(id: Int, value: Float)]
  }

  struct Tensor: Sendable {
    let name: String
    var dimensions: [Int64]
    var values: [Float]
  }

  let name: String
  let context: Int
  let metadata: [Entry]
  let tensors: [Tensor]
  let tokens: [Int32]
  let points: [Point]

  var testDescription: String { name }
  var architecture: String {
    if case .string(let name)? = metadata.first(where: { $0.key == "general.architecture" })?.value { name } else { "" }
  }

  static let all: [ReferenceModel] = {
    struct File: Decodable { let models: [ReferenceModel] }
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/architectures.json")
    return (try? JSONDecoder().decode(File.self, from: Data(contentsOf: file)))?.models ?? []
  }()

  /// A model by name.
  static func named(_ name: String) -> ReferenceModel? { all.first { $0.name == name } }

  /// Numbers in [-1, 1) with 16 bits: FNV-1a of the name, then SplitMix64 of the index.
  static func noise(_ name: String, count: Int) -> [Float] {
    let seed = name.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return (1...UInt64(count)).map { index in
      var x = seed &+ index &* 0x9E37_79B9_7F4A_7C15
      x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
      x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
      x ^= x >> 31
      return (Float(x >> 48) - 32768) / 32768
    }
  }

  /// Blocks of 32 bytes and a scale.
  private static func q8(_ values: UnsafeBufferPointer<Float>) -> [UInt8] {
    stride(from: 0, to: values.count, by: 32).flatMap { start -> [UInt8] in
      let block = values[start..<start + 32]
      let scale = Float16(block.reduce(0) { max($0, abs($1)) } / 127)
      let bits = scale.bitPattern
      return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        + block.map { UInt8(bitPattern: Int8(($0 / max(Float(scale), 1e-7)).rounded())) }
    }
  }

  /// The model as a GGUF to be written.
  ///
  /// - Parameters:
  ///   - isQuantized: whether matrices are stored as Q8_0.
  ///   - change: changes tensors and adds others before they are written.
  func writer(isQuantized: Bool = false, _ change: (inout [Tensor]) -> Void = { _ in }) throws -> GGUFWriter {
    var writer = GGUFWriter()
    for entry in metadata { writer.set(entry.key, entry.value) }
    let vocabulary = ["<unk>", "<s>", "</s>"] + (3..<200).map { "t\($0)" }
    writer.set("tokenizer.ggml.model", .string("llama"))
    writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: vocabulary)))
    writer.set("tokenizer.ggml.scores", .array(GGUFArray(floats: vocabulary.indices.map { -Float($0) })))
    writer.set(
      "tokenizer.ggml.token_type", .array(GGUFArray(int32s: [2, 3, 3] + [Int32](repeating: 1, count: 197))))
    var tensors = tensors
    change(&tensors)
    for tensor in tensors {
      if isQuantized, tensor.dimensions.count > 1, tensor.dimensions[0] % 32 == 0 {
        try writer.add(
          tensor.name, type: .q8_0, dimensions: tensor.dimensions, data: tensor.values.withUnsafeBufferPointer(Self.q8))
      } else {
        try writer.add(tensor.name, dimensions: tensor.dimensions, floats: tensor.values)
      }
    }
    return writer
  }

  /// Writes the model into a folder and opens it.
  func open(
    _ options: LanguageModel.Options? = nil, isQuantized: Bool = false,
    metadata change: (inout GGUFWriter) -> Void = { _ in }, tensors: (inout [Tensor]) -> Void = { _ in }
  ) throws -> LanguageModel {
    let path = FileManager.default.temporaryDirectory.appending(path: "hubwatch-reference-\(UUID().uuidString).gguf")
      .path
    // The mapping outlives the name.
    defer { unlink(path) }
    var writer = try writer(isQuantized: isQuantized, tensors)
    change(&writer)
    try writer.write(to: path)
    return try LanguageModel(
      file: path, options: options ?? .init(threads: 2, contextLength: context, exact: true, batch: 16))
  }
}

extension ReferenceModel {
  struct Entry: Decodable, Sendable {
    let key: String
    let value: GGUFValue

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      key = try list.decode(String.self)
      switch try list.decode(String.self) {
      case "uint32": value = .uint32(try list.decode(UInt32.self))
      case "float32": value = .float32(try list.decode(Float.self))
      case "bool": value = .bool(try list.decode(Bool.self))
      case "bools": value = .array(GGUFArray(bools: try list.decode([Bool].self)))
      default: value = .string(try list.decode(String.self))
      }
    }
  }
}

extension ReferenceModel.Tensor: Decodable {
  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    name = try list.decode(String.self)
    dimensions = try list.decode([Int64].self)
    if let values = try? list.decode([Float].self) {
      self.values = values
      return
    }
    let (offset, scale) = (try list.decode(Float.self), try list.decode(Float.self))
    values = ReferenceModel.noise(name, count: Int(dimensions.reduce(1, *))).map { offset + scale * $0 }
  }
}

extension ReferenceModel.Point: Decodable {
  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    end = try list.decode(Int.self)
    rms = try list.decode(Float.self)
    logits = try list.decode([[Float]].self).map { (Int($0[0]), $0[1]) }
  }
}
