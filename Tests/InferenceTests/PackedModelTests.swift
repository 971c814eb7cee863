import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Whole models in every packing against the same models with their weights as floats.
@Suite("Packed models")
struct PackedModelTests {
  struct Packing: Sendable, CustomTestStringConvertible {
    let name: String
    let configuration: String
    var bits = 4
    var isMixed = false
    var isSymmetric = false
    let pack: @Sendable (PlainLayer, inout SafetensorsWriter, String) -> Void

    var testDescription: String { name }

    static let all: [Packing] =
      [2, 3, 4, 8].map { bits in
        Packing(name: "GPTQ, \(bits) bits", configuration: PackedLayers.gptq(bits: bits, size: 32), bits: bits) {
          $0.gptq(&$1, isSecond: false, name: $2)
        }
      } + [
        Packing(
          name: "GPTQ v2, sorted columns", configuration: PackedLayers.gptq(size: 32, format: "gptq_v2"), isMixed: true
        ) { $0.gptq(&$1, isSecond: true, name: $2) },
        Packing(name: "AWQ", configuration: PackedLayers.awq(size: 32)) { $0.awq(&$1, name: $2) },
        Packing(name: "W4A16", configuration: PackedLayers.compressed(bits: 4)) {
          $0.compressed(&$1, isSymmetric: false, name: $2)
        },
        Packing(
          name: "W8A16, symmetric, sorted columns", configuration: PackedLayers.compressed(bits: 8), bits: 8,
          isMixed: true, isSymmetric: true
        ) { $0.compressed(&$1, isSymmetric: true, name: $2) },
      ]
  }

  /// Writes a model twice: packed, and with the packed weights as floats.
  private func write(_ reference: ReferenceModel, _ packing: Packing, _ packed: String, _ plain: String) throws -> Int {
    try ReferenceFolder(model: reference).write(to: plain)
    let source = try SafetensorsFile(path: "\(plain)/model.safetensors")
    let configuration = try String(contentsOfFile: "\(plain)/config.json", encoding: .utf8)
    var (first, second) = (SafetensorsWriter(), SafetensorsWriter())
    var layers = 0
    for tensor in source.header.tensors {
      let shape = tensor.shape.map { Int($0) }
      let words = tensor.name.split(separator: ".")
      let isLayer =
        tensor.name.hasSuffix("_proj.weight") || (words.contains("experts") && shape.count == 2)
      guard isLayer else {
        for index in 0..<2 {
          let data = Array(source.data(of: tensor))
          if index == 0 {
            first.add(tensor.name, tensor.type.rawValue, shape, data)
          } else {
            second.add(tensor.name, tensor.type.rawValue, shape, data)
          }
        }
        continue
      }
      layers += 1
      let layer = PlainLayer(
        rows: shape[0], columns: shape[1], bits: packing.bits, size: 32, isMixed: packing.isMixed,
        seed: UInt64(layers))
      packing.pack(layer, &first, words.dropLast().joined(separator: "."))
      second.add(tensor.name, floats: layer.weights(isSymmetric: packing.isSymmetric), shape)
    }
    try second.write(to: plain, configuration: configuration)
    // The last brace of the one is where the members of the other begin.
    try first.write(to: packed, configuration: configuration.dropLast() + "," + packing.configuration.dropFirst())
    try FileManager.default.copyItem(atPath: "\(plain)/tokenizer.json", toPath: "\(packed)/tokenizer.json")
    return layers
  }

  @Test(arguments: Packing.all)
  func packedModelsRunAsTheirDecodedTwins(_ packing: Packing) throws {
    for (name, layers) in [("llama", 14), ("mixtral of early 2024", 38), ("phi3, window", 8)] {
      let reference = try #require(ReferenceModel.named(name))
      let (packed, plain) = (try TemporaryFolder(), try TemporaryFolder())
      #expect(try write(reference, packing, packed.path, plain.path) == layers)
      for exact in [true, false] {
        func logits(_ folder: TemporaryFolder) throws -> [Float] {
          let model = try LanguageModel(
            file: folder.path, options: .init(threads: 2, contextLength: 24, exact: exact, batch: 8))
          return try model.session().prefill(Array(reference.tokens.prefix(20)))
        }
        let (ours, twins) = (try logits(packed), try logits(plain))
        #expect(ours.allSatisfy(\.isFinite) && Set(ours).count > 100)
        let comparison = Comparison(ours, twins)
        #expect(comparison.cosine > 0.99999, "\(name), exact: \(exact)")
        if exact { #expect(ours == twins, "\(name)") }
      }
    }
  }
}
