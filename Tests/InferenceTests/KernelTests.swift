import CKernels
import Domain
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Every instruction set against plain C, and plain C against ggml's own numbers.
@Suite("Kernels")
struct KernelTests {
  static let types: [TensorType] = [
    .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs,
  ]
  static let quantized = types.filter { hw_is_quantized($0.rawValue) != 0 }
  static let sets = KernelSet.allCases.compactMap(Kernels.named)

  private var fast: Kernels { get throws { try #require(Kernels.avx2) } }

  @Test(
    .enabled(if: Shared.has("unit/ggml_blocks.safetensors"), "needs ../shared/unit"),
    arguments: types.filter { $0 != .f32 })
  func blocksDecodeToTheBit(_ type: TensorType) throws {
    let reference = try Safetensors("unit/ggml_blocks.safetensors")
    let blocks = try #require(reference.raw("\(type.name).bytes"))
    let expected = try #require(reference.floats("\(type.name).dequant"))
    for kernels in Self.sets {
      var decoded = [Float](repeating: .nan, count: expected.count)
      kernels.table.dequantize(type.rawValue, blocks, decoded.count, &decoded)
      #expect(decoded.map(\.bitPattern) == expected.map(\.bitPattern), "\(kernels.name)")
    }
  }

  @Test(.enabled(if: Kernels.avx2 != nil, "needs AVX2"), arguments: types)
  func decodingAgreesOnRandomBits(_ type: TensorType) throws {
    var random = Noise.Generator(seed: UInt64(type.rawValue))
    let count = 8 * 256 + (type.blockElements == 1 ? 13 : 0)
    let blocks = Self.randomBlocks(type, elements: count, &random)
    var ours = [Float](repeating: 0, count: count)
    var theirs = ours
    try fast.table.dequantize(type.rawValue, blocks, count, &ours)
    Kernels.portable.table.dequantize(type.rawValue, blocks, count, &theirs)
    #expect(ours == theirs)
  }

  @Test(.enabled(if: Kernels.avx2 != nil, "needs AVX2"))
  func activationsAreQuantizedAlike() throws {
    var random = Noise.Generator(seed: 11)
    let count = 32 * 40
    var x = (0..<count).map { _ in Float.random(in: -3...3, using: &random) }
    for index in 0..<32 {
      x[index] = 0  // nothing at all
      x[64 + index] = index == 5 ? 1e30 : x[64 + index]  // one giant
      x[96 + index] = Float.leastNonzeroMagnitude * Float(index)  // subnormal
      x[128 + index] = Float(index) - 15.5  // halves that must round alike
      x[160 + index] = index == 31 ? .nan : 1
      x[192 + index] = index == 3 ? -.infinity : 1
    }
    let ours = Activations(x, length: count, try fast)
    let theirs = Activations(x, length: count, .portable)
    #expect(ours.high == theirs.high && ours.low == theirs.low)
    #expect(
      ours.meta.map(\.bitPattern).enumerated().allSatisfy { index, bits in
        bits == theirs.meta[index].bitPattern || (ours.meta[index].isNaN && theirs.meta[index].isNaN)
      })
    #expect(ours.meta[Int(HW_META) * 5].isNaN && ours.meta[Int(HW_META) * 6].isNaN)
    for index in 256..<count {
      let group = index / 32
      let peak = x[group * 32..<group * 32 + 32].reduce(0) { max($0, abs($1)) }
      #expect(abs(ours.value(index) - x[index]) <= peak / 127 / 256 * 1.01)
    }
  }

  @Test(arguments: quantized)
  func integerProductsEqualTheirDefinition(_ type: TensorType) throws {
    var random = Noise.Generator(seed: 100 + UInt64(type.rawValue))
    for (rows, tokens, blocks) in [(1, 1, 1), (2, 1, 2), (3, 2, 1), (5, 4, 3), (4, 5, 2), (7, 9, 1)] {
      let length = blocks * max(type.blockElements, 64)
      let weights = Self.randomBlocks(type, elements: rows * length, &random)
      var decoded = [Float](repeating: 0, count: rows * length)
      Kernels.portable.table.dequantize(type.rawValue, weights, decoded.count, &decoded)
      let x = (0..<tokens * length).map { _ in Float.random(in: -4...4, using: &random) }
      for kernels in Self.sets {
        var activations = Activations(x, length: length, kernels)
        let stride = rows + 3
        var out = [Float](repeating: -77, count: tokens * stride)
        activations.withPointers { pointers in
          kernels.table.multiply_quantized(
            type.rawValue, weights, rows, length, pointers, tokens, &out, stride)
        }
        for token in 0..<tokens {
          for row in 0..<rows {
            var (exact, size) = (0.0, 0.0)
            for index in 0..<length {
              let product =
                Double(decoded[row * length + index]) * Double(activations.value(token * length + index))
              exact += product
              size += abs(product)
            }
            let error = abs(Double(out[token * stride + row]) - exact)
            #expect(error <= 2e-6 * size + 1e-30, "\(kernels.name) \(rows)×\(tokens)×\(length)")
          }
          #expect(out[token * stride + rows] == -77, "wrote beyond the rows")
        }
      }
    }
  }

  @Test(arguments: [1, 7, 8, 31, 64, 172])
  func floatProducts(_ length: Int) {
    var random = Noise.Generator(seed: 5)
    let (rows, tokens) = (5, 6)
    let weights = (0..<rows * length).map { _ in Float.random(in: -1...1, using: &random) }
    let x = (0..<tokens * length).map { _ in Float.random(in: -1...1, using: &random) }
    for kernels in Self.sets {
      var out = [Float](repeating: 0, count: rows * tokens)
      kernels.table.multiply_float(weights, rows, length, x, tokens, &out, rows)
      for token in 0..<tokens {
        for row in 0..<rows {
          let exact = (0..<length).reduce(0.0) {
            $0 + Double(weights[row * length + $1]) * Double(x[token * length + $1])
          }
          #expect(abs(Double(out[token * rows + row]) - exact) < 1e-5, "\(kernels.name)")
        }
      }
    }
  }

  @Test(.enabled(if: Shared.has("unit/operators.safetensors"), "needs ../shared/unit"))
  func normsAndRotationsAgreeWithTheReference() throws {
    let reference = try Safetensors("unit/operators.safetensors")
    let x = try #require(reference.floats("rms.x"))
    let weight = try #require(reference.floats("rms.w"))
    for kernels in Self.sets {
      for (epsilon, name) in [(Float(1e-5), "rms.y_eps1e-5"), (1e-6, "rms.y_eps1e-6")] {
        let expected = try #require(reference.floats(name))
        var out = [Float](repeating: 0, count: x.count)
        for row in 0..<5 {
          x.withUnsafeBufferPointer { x in
            out.withUnsafeMutableBufferPointer { out in
              kernels.table.rms_norm(
                x.baseAddress.map { $0 + row * 64 }, weight, 64, epsilon,
                out.baseAddress.map { $0 + row * 64 })
            }
          }
        }
        #expect(zip(out, expected).allSatisfy { abs($0 - $1) < 1e-5 })
      }
    }
    let positions = try #require(reference.raw("rope.pos")).withUnsafeBytes { buffer in
      (0..<5).map { Int(buffer.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
    }
    for base in [10_000.0, 500_000] {
      let expected = try #require(reference.floats("rope.y_interleaved_\(Int(base))"))
      for kernels in Self.sets {
        var heads = try #require(reference.floats("rope.x"))
        for (row, position) in positions.enumerated() {
          var turns: [Float] = []
          for pair in 0..<8 {
            let angle = Double(position) * pow(base, -Double(pair) / 8)
            turns += [Float(cos(angle)), Float(sin(angle))]
          }
          heads.withUnsafeMutableBufferPointer { heads in
            kernels.table.rotate(heads.baseAddress.map { $0 + row * 64 }, 4, 16, 16, turns)
          }
        }
        #expect(zip(heads, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(kernels.name)")
      }
    }
  }

  @Test(.enabled(if: Kernels.avx2 != nil, "needs AVX2"))
  func activationFunctionsAgree() throws {
    var gate = (0..<1003).map { Float($0 - 500) * 0.37 }
    var reference = gate
    let up = (0..<1003).map { Float($0 % 7) - 3 }
    try fast.table.swiglu(&gate, up, gate.count)
    Kernels.portable.table.swiglu(&reference, up, reference.count)
    for (ours, theirs) in zip(gate, reference) { #expect(abs(ours - theirs) <= 1e-6 * abs(theirs) + 1e-30) }
    var odd: [Float] = [.nan, .infinity, -.infinity, 0, 1, 2, 3, 4]
    try fast.table.swiglu(&odd, up, 8)
    #expect(odd[0].isNaN && !odd[1].isFinite)
  }

  @Test func halvesRoundToNearestEven() {
    var random = Noise.Generator(seed: 3)
    var x = (0..<4096).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random)) }
    x += (0..<4096).map { _ in Float.random(in: -70_000...70_000, using: &random) }
    x += [65519, 65520, 5.9e-8, 2.9e-8, 2.98e-8, 6.1e-5, 0, -0.0, .infinity, 1 + 0x1p-11, 1 + 3 * 0x1p-11]
    for kernels in Self.sets {
      var halves = [UInt16](repeating: 0, count: x.count)
      kernels.table.to_half(x, x.count, &halves)
      var back = x
      kernels.table.dequantize(TensorType.f16.rawValue, halves, x.count, &back)
      for (value, half) in zip(x, back) where !value.isNaN {
        #expect(half == Float(Float16(value)), "\(kernels.name) \(value)")
      }
    }
  }

  /// Where the halves of a block lie.
  static func scaleOffsets(_ type: TensorType) -> [Int] {
    switch type {
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .q6_K: [208]
    case .f32, .f16, .bf16: []
    default: [0]
    }
  }

  /// Blocks of random bits whose scales are moderate numbers.
  static func randomBlocks(
    _ type: TensorType, elements: Int, _ random: inout Noise.Generator
  ) -> [UInt8] {
    var bytes = (0..<elements / type.blockElements * type.blockBytes).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    func put(_ offset: Int, _ value: Float16) {
      bytes[offset] = UInt8(truncatingIfNeeded: value.bitPattern)
      bytes[offset + 1] = UInt8(value.bitPattern >> 8)
    }
    let scales = scaleOffsets(type)
    for block in stride(from: 0, to: bytes.count, by: type.blockBytes) {
      for offset in scales { put(block + offset, Float16(Float.random(in: -0.1...0.1, using: &random))) }
      // Floats: no exponent of all ones.
      if type.blockElements == 1 { bytes[block + type.blockBytes - 1] &= 0xBB }
    }
    return bytes
  }
}

/// Quantized activations that own their memory.
struct Activations {
  var high: [Int8]
  var low: [Int8]
  var wide: [Int16]
  var meta: [Float]

  init(_ x: [Float], length: Int, _ kernels: Kernels) {
    high = [Int8](repeating: 0, count: x.count)
    low = high
    wide = [Int16](repeating: 0, count: x.count)
    meta = [Float](repeating: 0, count: x.count / 32 * Int(HW_META))
    withPointers { kernels.table.quantize(x, x.count / length, length, $0) }
  }

  mutating func withPointers(_ body: (hw_activations) -> Void) {
    high.withUnsafeMutableBufferPointer { high in
      low.withUnsafeMutableBufferPointer { low in
        wide.withUnsafeMutableBufferPointer { wide in
          meta.withUnsafeMutableBufferPointer { meta in
            body(
              hw_activations(
                high: high.baseAddress, low: low.baseAddress, wide: wide.baseAddress, meta: meta.baseAddress))
          }
        }
      }
    }
  }

  /// The number that an element stands for.
  func value(_ index: Int) -> Float {
    meta[Int(HW_META) * (index / 32)] * Float(256 * Int(high[index]) + Int(low[index]))
  }
}
