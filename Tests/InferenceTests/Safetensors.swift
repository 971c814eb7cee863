import Foundation
import TestSupport

/// The tensors of a small safetensors file: enough for reference data.
struct Safetensors {
  private let bytes: [UInt8]
  private let entries: [String: Range<Int>]

  init(_ path: String) throws {
    bytes = try Shared.bytes(path)
    let length = bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    let header =
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: [String: Any]]
    entries = (header ?? [:]).compactMapValues { entry in
      guard let offsets = entry["data_offsets"] as? [Int] else { return nil }
      return 8 + length + offsets[0]..<8 + length + offsets[1]
    }
  }

  func raw(_ name: String) -> [UInt8]? { entries[name].map { Array(bytes[$0]) } }

  func floats(_ name: String) -> [Float]? {
    raw(name)?.withUnsafeBytes { buffer in
      (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }
}
