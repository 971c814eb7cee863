import CKernels
import Domain
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Attention against its definition, computed in doubles.
@Suite("Attention")
struct AttentionTests {
  /// Sizes of one job.
  struct Sizes: Sendable {
    var key = 64, value = 64
    var tokens = 1, heads = 1
    var start = 0, window = 0
    var softcap: Float = 0
    var type = TensorType.f16
  }

  static let cases: [Sizes] = [
    Sizes(key: 8, value: 8), Sizes(key: 8, value: 8, tokens: 3, heads: 2, start: 7),
    Sizes(key: 16, value: 16, tokens: 5, heads: 3), Sizes(key: 40, value: 24, tokens: 2, heads: 1, start: 32),
    Sizes(key: 12, value: 20, tokens: 2, heads: 2, start: 5), Sizes(tokens: 1, heads: 3, start: 200),
    Sizes(tokens: 8, heads: 3, start: 130), Sizes(tokens: 33, heads: 4, start: 0),
    Sizes(tokens: 7, heads: 9, start: 61),
    Sizes(tokens: 9, heads: 2, start: 90, window: 16), Sizes(tokens: 1, heads: 4, start: 700, window: 512),
    Sizes(tokens: 70, heads: 1, start: 0, window: 3), Sizes(tokens: 4, heads: 4, start: 66, softcap: 2.5),
    Sizes(key: 128, value: 128, tokens: 6, heads: 8, start: 64),
    Sizes(key: 96, value: 96, tokens: 17, heads: 1, start: 9),
    Sizes(tokens: 5, heads: 3, start: 77, type: .q8_0), Sizes(key: 32, value: 128, tokens: 40, heads: 2, type: .q8_0),
    Sizes(tokens: 1, heads: 4, start: 150, window: 100, type: .q8_0),
  ]

  @Test(arguments: cases)
  func isAWeightedMean(_ sizes: Sizes) {
    var random = Noise.Generator(seed: 9)
    let positions = sizes.start + sizes.tokens
    // Strides longer than a head, as in a cache of several heads.
    let keys = Self.rows(positions, sizes.key, heads: 3, sizes.type, &random)
    let values = Self.rows(positions, sizes.value, heads: 2, sizes.type, &random)
    let queryStride = sizes.heads * sizes.key + 5
    let outStride = sizes.heads * sizes.value + 3
    let query = (0..<sizes.tokens * queryStride).map { _ in Float.random(in: -2...2, using: &random) }
    for kernels in KernelTests.sets {
      var scratch = [Float](repeating: .nan, count: hw_attention_scratch(sizes.key, sizes.value, positions))
      var out = [Float](repeating: -77, count: sizes.tokens * outStride)
      keys.bytes.withUnsafeBytes { keyBytes in
        values.bytes.withUnsafeBytes { valueBytes in
          query.withUnsafeBufferPointer { query in
            scratch.withUnsafeMutableBufferPointer { scratch in
              out.withUnsafeMutableBufferPointer { out in
                var job = hw_attention(
                  query: query.baseAddress, query_stride: queryStride, tokens: sizes.tokens, heads: sizes.heads,
                  start: sizes.start, window: sizes.window, type: sizes.type.rawValue, keys: keyBytes.baseAddress,
                  values: valueBytes.baseAddress, key_length: sizes.key, value_length: sizes.value,
                  key_stride: keys.stride, value_stride: values.stride, scale: 0.3, softcap: sizes.softcap,
                  scratch: scratch.baseAddress, out: out.baseAddress, out_stride: outStride)
                kernels.table.attend(&job)
              }
            }
          }
        }
      }
      for token in 0..<sizes.tokens {
        let end = sizes.start + token + 1
        let seen = (sizes.window == 0 ? 0 : max(0, end - sizes.window))..<end
        for head in 0..<sizes.heads {
          let weights = seen.map { position in
            var score = 0.0
            for index in 0..<sizes.key {
              let element = Double(query[token * queryStride + head * sizes.key + index])
              score += 0.3 * element * keys.value(position, index)
            }
            if sizes.softcap != 0 { score = Double(sizes.softcap) * tanh(score / Double(sizes.softcap)) }
            return exp(score)
          }
          let total = weights.reduce(0, +)
          for index in 0..<sizes.value {
            var mean = 0.0
            for (position, weight) in zip(seen, weights) { mean += weight / total * values.value(position, index) }
            let ours = Double(out[token * outStride + head * sizes.value + index])
            #expect(abs(ours - mean) < 3e-5, "\(kernels.name) token \(token) head \(head)")
          }
        }
        #expect(out[token * outStride + sizes.heads * sizes.value] == -77, "wrote beyond the heads")
      }
    }
  }

  /// Stored keys or values: the first head of several, in bytes.
  struct Rows {
    let bytes: [UInt8]
    let stride: Int
    let floats: [Float]
    let length: Int

    func value(_ position: Int, _ index: Int) -> Double { Double(floats[position * length + index]) }
  }

  private static func rows(
    _ positions: Int, _ length: Int, heads: Int, _ type: TensorType, _ random: inout Noise.Generator
  ) -> Rows {
    let rowBytes = length / type.blockElements * type.blockBytes
    var bytes = (0..<positions * heads * rowBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    let step = type == .f16 ? 2 : type.blockBytes
    for start in Swift.stride(from: 0, to: bytes.count, by: step) {
      let bound: Float16 = type == .f16 ? 2 : 0.02
      let bits = Float16.random(in: -bound...bound, using: &random).bitPattern
      bytes[start] = UInt8(truncatingIfNeeded: bits)
      bytes[start + 1] = UInt8(bits >> 8)
    }
    var floats = [Float](repeating: 0, count: positions * length)
    floats.withUnsafeMutableBufferPointer { floats in
      bytes.withUnsafeBufferPointer { bytes in
        for position in 0..<positions {
          Kernels.portable.table.dequantize(
            type.rawValue, bytes.baseAddress.map { $0 + position * heads * rowBytes }, length,
            floats.baseAddress.map { $0 + position * length })
        }
      }
    }
    return Rows(bytes: bytes, stride: heads * rowBytes, floats: floats, length: length)
  }
}
