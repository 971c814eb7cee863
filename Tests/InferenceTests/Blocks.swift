import CKernels
import Domain
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Blocks to decode, and how.
enum Blocks {
  /// Every type of files that is decoded.
  static let types = TensorType.allCases.filter { $0.isStored && hw_is_supported($0.rawValue) != 0 }
  /// The types that stand only in memory.
  static let own: [TensorType] = [.g4, .g8]
  /// The types that only the float path multiplies.
  static let floatOnly = types.filter { $0.blockElements > 1 && hw_is_quantized($0.rawValue) == 0 }
  static let sets = [Kernels.portable] + [Kernels.avx2].compactMap { $0 }

  static func decode(_ type: TensorType, _ blocks: [UInt8], _ kernels: Kernels = .portable) -> [Float] {
    let count = blocks.count / type.blockBytes * type.blockElements
    var values = [Float](repeating: -77, count: count)
    kernels.table.dequantize(type.rawValue, blocks, count, &values)
    return values
  }

  /// Where a block keeps its half-precision scales and minimums; none for other kinds of scales, and for IQ1_M.
  static func halves(_ type: TensorType) -> [Int] {
    switch type {
    case .q4_1, .q5_1, .q4_K, .q5_K: [0, 2]
    case .q2_K: [80, 82]
    case .q3_K: [108]
    case .q6_K: [208]
    case .tq1_0: [52]
    case .tq2_0: [64]
    case .f32, .f16, .bf16, .iq1_m, .mxfp4, .nvfp4: []
    default: [0]
    }
  }

  /// Sets all half-precision scales and minimums of blocks.
  static func setScale(_ type: TensorType, _ half: UInt16, _ bytes: inout [UInt8]) {
    for block in stride(from: 0, to: bytes.count, by: type.blockBytes) {
      for offset in halves(type) {
        bytes[block + offset] = UInt8(truncatingIfNeeded: half)
        bytes[block + offset + 1] = UInt8(half >> 8)
      }
      guard type == .iq1_m else { continue }
      // A quarter of the scale in the high half of every second byte.
      for quarter in 0..<4 {
        let place = block + 49 + 2 * quarter
        bytes[place] = bytes[place] & 15 | UInt8(half >> (4 * UInt16(quarter)) & 15) << 4
      }
    }
  }

  /// Random blocks whose values are not above about 1/16.
  static func small(_ type: TensorType, elements: Int, seed: UInt64) -> [UInt8] {
    var bytes = Noise.bytes(elements / type.blockElements * type.blockBytes, seed: seed)
    setScale(type, Float16(1).bitPattern, &bytes)
    for block in stride(from: 0, to: bytes.count, by: type.blockBytes) {
      if type == .mxfp4 { bytes[block] = 121 }  // 2^-7, times 12 at most
      if type == .nvfp4 {
        for group in block..<block + 4 { bytes[group] = bytes[group] & 3 + 1 }
      }
    }
    let largest = decode(type, bytes).reduce(0) { max($0, abs($1)) }
    setScale(type, Float16(0.0625 / largest).bitPattern, &bytes)
    return bytes
  }

  /// The same bits, or two NaNs, whose bits are not defined.
  static func areSame(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
  }

  static func floats(_ data: Data) -> [Float] {
    data.withUnsafeBytes { buffer in
      (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }
}

/// One block and its values.
struct BlockSample: Sendable, CustomTestStringConvertible {
  let type: TensorType
  /// Base64 of the bytes.
  let blocks: String
  /// Base64 of the floats.
  let values: String

  var testDescription: String { type.name }

  var bytes: [UInt8] { Array(Data(base64Encoded: blocks, options: .ignoreUnknownCharacters) ?? Data()) }
  var floats: [Float] {
    Blocks.floats(Data(base64Encoded: values, options: .ignoreUnknownCharacters) ?? Data())
  }
}
