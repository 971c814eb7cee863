import CKernels
import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

/// Floats into blocks, against the official quantizers.
@Suite("Quantizers")
struct QuantizerTests {
  private static let types: [TensorType] = [.q4_0, .q8_0, .q4_K]

  /// The blocks; nil when the quantizer refuses.
  private func quantize(_ values: [Float], _ type: TensorType) -> [UInt8]? {
    var blocks = [UInt8](repeating: 0xAA, count: values.count / type.blockElements * type.blockBytes)
    return hw_quantize(type.rawValue, values, values.count, &blocks) == 0 ? blocks : nil
  }

  private func rms(_ a: [Float], _ b: [Float]) -> Double {
    (zip(a, b).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) } / Double(a.count)).squareRoot()
  }

  /// Sums of three numbers in [-1, 1): nearly normal, with a deviation of 1.
  private func normal(_ name: String, count: Int) -> [Float] {
    let parts = (0..<3).map { ReferenceModel.noise("\(name) \($0)", count: count) }
    return (0..<count).map { parts[0][$0] + parts[1][$0] + parts[2][$0] }
  }

  @Test(.enabled(if: PythonWithGGUF.interpreter != nil, PythonWithGGUF.reason))
  func theBytesAreThoseOfGGUF() throws {
    let folder = try TemporaryFolder()
    var values = normal("bytes", count: 8192)
    // Other sizes, zeros, and blocks of one sign.
    for index in 0..<2048 { values[index] *= index < 1024 ? 1e-3 : 1e4 }
    for index in 2048..<2112 { values[index] = 0 }
    for index in 2112..<3072 { values[index] = abs(values[index]) }
    let data = values.withUnsafeBytes { Data($0) }
    for type in [TensorType.q4_0, .q8_0] { try data.write(to: URL(filePath: "\(folder.path)/\(type.name).floats")) }
    try PythonWithGGUF.encode(folder.path)
    for type in [TensorType.q4_0, .q8_0] {
      let expected = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(type.name).blocks")))
      #expect(quantize(values, type) == expected, "\(type.name)")
    }
  }

  @Test(.enabled(if: Shared.has("models/babyllama105-d256/gguf-llamacpp"), "needs ../shared/models"))
  func errorsAreNoLargerThanThoseOfLlamaCpp() throws {
    let folder = Shared.path("models/babyllama105-d256")
    let plain = GGUFWeights(try GGUFFile(path: "\(folder)/gguf/babyllama105-d256-F16.gguf"))
    for (name, type, bound) in [("Q4_K_M", TensorType.q4_K, 1.0), ("Q4_0", .q4_0, 1.001)] {
      let file = try GGUFFile(path: "\(folder)/gguf-llamacpp/babyllama105-d256-\(name).gguf")
      let theirs = GGUFWeights(file)
      var errors = (ours: 0.0, theirs: 0.0)
      var tensors = 0
      for tensor in file.header.tensors where tensor.type == type {
        let weights = try plain.floats(tensor.name)
        let blocks = try #require(quantize(weights, type))
        errors.ours += pow(rms(Blocks.decode(type, blocks), weights), 2)
        errors.theirs += pow(rms(try theirs.floats(tensor.name), weights), 2)
        tensors += 1
      }
      #expect(tensors > 20 && errors.ours <= bound * errors.theirs, "\(name)")
    }
  }

  @Test func errorsOnNoiseAreSmall() {
    let values = normal("noise", count: 16384)
    for (type, bound) in [(TensorType.q4_0, 0.082), (.q4_K, 0.068), (.q8_0, 0.0051)] {
      let blocks = quantize(values, type) ?? []
      #expect(rms(Blocks.decode(type, blocks), values) < bound, "\(type.name)")
    }
    // Minimums take up an offset below zero; above it there are none.
    let shifted = values.map { 4 - $0 }
    #expect(rms(Blocks.decode(.q4_K, quantize(shifted, .q4_K) ?? []), shifted) < 0.106)
    let negative = shifted.map { -$0 }
    #expect(rms(Blocks.decode(.q4_K, quantize(negative, .q4_K) ?? []), negative) < 0.069)
  }

  @Test(arguments: types)
  func whatABlockCanHoldComesBack(_ type: TensorType) {
    // Numbers that a block of the format stands for exactly come back nearly so; not quite, where not all codes occur.
    let blocks = Blocks.small(type, elements: 4096, seed: 12)
    let values = Blocks.decode(type, blocks)
    let again = Blocks.decode(type, quantize(values, type) ?? [])
    let size = rms(values, [Float](repeating: 0, count: values.count))
    #expect(rms(again, values) < (type == .q8_0 ? 0.005 : 0.03) * size)
  }

  @Test(arguments: types)
  func extremes(_ type: TensorType) {
    let count = 512
    let zeros = [Float](repeating: 0, count: count)
    #expect(quantize(zeros, type).map { Blocks.decode(type, $0) } == zeros)
    for value: Float in [1, -3, 60000, -60000] {
      let same = [Float](repeating: value, count: count)
      let values = quantize(same, type).map { Blocks.decode(type, $0) } ?? []
      #expect(values.count == count && values.allSatisfy { abs($0 / value - 1) < 0.04 }, "\(value)")
    }
    for tiny: Float in [1e-20, 1e-38, .leastNonzeroMagnitude] {
      let values = quantize([Float](repeating: tiny, count: count), type).map { Blocks.decode(type, $0) } ?? []
      #expect(values.count == count && values.allSatisfy { abs($0) < 1e-6 }, "\(tiny)")
    }
    for broken: Float in [.nan, .infinity, -.infinity, 1e38] {
      var values = normal("broken", count: count)
      values[count - 1] = broken
      #expect(quantize(values, type) == nil, "\(broken)")
    }
    #expect(hw_quantize(TensorType.q6_K.rawValue, zeros, count, nil) == 1)
  }

  @Test func brokenWeightsAreRefusedWhileLoading() throws {
    let reference = try #require(ReferenceModel.named("llama"))
    for value: Float in [.nan, 1e38] {
      #expect {
        try reference.open(
          .init(threads: 1, contextLength: 16, quantize: .q4_0),
          tensors: { tensors in
            tensors = tensors.map { tensor in
              guard tensor.name == "blk.1.ffn_up.weight" else { return tensor }
              return .init(
                name: tensor.name, dimensions: tensor.dimensions, values: [value] + tensor.values.dropFirst())
            }
          })
      } throws: { ($0 as? InferenceError)?.kind == .notFinite && "\($0)".contains("blk.1.ffn_up.weight") }
    }
  }

  @Test func expertsAreQuantizedAndTheirChoiceIsNot() throws {
    for name in ["mixtral", "mixtral of early 2024", "qwen2moe"] {
      let reference = try #require(ReferenceModel.named(name))
      let options = LanguageModel.Options(threads: 1, contextLength: 24, exact: true, quantize: .q4_0)
      let model = try reference.open(options)
      guard case .mixture(let mixture) = model.core.weights.layers[0].feedForward.kind else {
        Issue.record("\(name) has no experts")
        continue
      }
      #expect(mixture.router.type == .f32 && mixture.experts.allSatisfy { $0.down.matrix.type == .q4_0 })
      let plain = try reference.open().session().prefill(reference.tokens)
      #expect(Comparison(try model.session().prefill(reference.tokens), plain).cosine > 0.9)
    }
  }
}
