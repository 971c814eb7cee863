import Domain
import Foundation
import TestSupport
import Testing

@testable import ModelFiles

/// Builds safetensors files.
enum TinySafetensors {
  static func file(_ header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    let json = Array(header.utf8)
    let length = length ?? UInt64(json.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + json + [UInt8](repeating: 0, count: data)
  }

  static func parse(_ header: String, data: Int = 0) throws(ModelFileError) -> SafetensorsHeader {
    let bytes = file(header, data: data)
    return try SafetensorsHeader.parse(bytes, fileSize: Int64(bytes.count), name: "tiny.safetensors")
  }
}

/// A reader over bytes in memory that remembers what was asked of it.
actor CountingReader: RangeReader {
  nonisolated let size: Int64
  private let bytes: [UInt8]
  private(set) var ranges: [Range<Int64>] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    size = Int64(bytes.count)
  }

  func read(_ range: Range<Int64>) async throws -> [UInt8] {
    ranges.append(range)
    return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
  }
}

@Suite("Headers of safetensors files")
struct SafetensorsTests {
  @Test func aSmallFile() throws {
    let header = try TinySafetensors.parse(
      """
      {"b":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},"__metadata__":{"format":"pt"},
       "a":{"dtype":"I32","shape":[],"data_offsets":[0,4]},"empty":{"dtype":"U8","shape":[0,7],"data_offsets":[4,4]}}
      """, data: 16)
    #expect(header.tensors.map(\.name) == ["a", "empty", "b"] && header.metadata == ["format": "pt"])
    #expect(header.tensors.map(\.elements) == [1, 0, 6] && header.tensors[2].shape == [2, 3])
    #expect(header.tensors[2].range == header.dataStart + 4..<header.dataStart + 16)
    #expect(header.elements == [.int32: 1, .float16: 6, .uint8: 0])
    #expect(header.dominantType == .float16 && header.totalBytes == 16)
  }

  @Test(arguments: [
    // A pair of 4-bit elements is a byte; 6-bit ones need four.
    #"{"a":{"dtype":"F4","shape":[2,2],"data_offsets":[0,2]}}"#,
    #"{"a":{"dtype":"F6_E2M3","shape":[8],"data_offsets":[0,6]}}"#,
    #"{"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3],"more":null}}"#,
    #"{"__metadata__":null}"#, "{}", " {}  ",
  ])
  func accepted(_ header: String) throws {
    let sizes = ["F4": 2, "F6_E2M3": 6, "BOOL": 3]
    let data = sizes.first { header.contains($0.key) }?.value ?? 0
    #expect(try TinySafetensors.parse(header, data: data).totalBytes == Int64(data))
  }

  @Test(arguments: [
    #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"U8","shape":4,"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,9223372036854775807]}}"#,
    #"{"a":{"dtype":"U8","shape":[3037000500,3037000500,2],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
    #"{"a":[1],"__metadata__":{}}"#, #"{"__metadata__":{"n":1}}"#, #"{"__metadata__":[]}"#, "[]", "", "{",
  ])
  func refused(_ header: String) {
    #expect(throws: ModelFileError.self) { try TinySafetensors.parse(header, data: 4) }
  }

  @Test func theLengthIsBounded() {
    let lengths: [UInt64] = [.max, 1 << 63, 64 << 20 | 1, 1 << 40]
    for length in lengths {
      let bytes = TinySafetensors.file("{}", length: length)
      #expect { try SafetensorsHeader.parse(bytes, fileSize: .max, name: "x") } throws: {
        ($0 as? ModelFileError)?.kind == .malformed
      }
    }
    #expect { try SafetensorsHeader.parse(TinySafetensors.file("{}", length: 3), fileSize: 10, name: "x") } throws: {
      ($0 as? ModelFileError)?.kind == .truncated
    }
  }

  @Test func onlyTheHeaderIsRead() async throws {
    let small = TinySafetensors.file(#"{"a":{"dtype":"U8","shape":[300000],"data_offsets":[0,300000]}}"#, data: 300_000)
    let reader = CountingReader(small)
    #expect(try await SafetensorsHeader.read(from: reader, name: "x").tensors.count == 1)
    #expect(await reader.ranges == [0..<100_000])

    let entries = (0..<4000).map { #""t\#($0)":{"dtype":"U8","shape":[1],"data_offsets":[\#($0),\#($0 + 1)]}"# }
    let long = TinySafetensors.file("{" + entries.joined(separator: ",") + "}", data: 4000)
    let second = CountingReader(long)
    let header = try await SafetensorsHeader.read(from: second, name: "x")
    #expect(header.tensors.count == 4000 && header.tensors[3999].name == "t3999")
    #expect(await second.ranges == [0..<100_000, 100_000..<Int64(long.count - 4000)])
  }

  /// Whatever becomes of the bytes: an answer or a refusal, and an answer keeps the rules.
  @Test(arguments: UInt64(1)...8)
  func damagedHeaders(_ seed: UInt64) throws {
    let sound = TinySafetensors.file(
      #"{"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]},"b":{"dtype":"U8","shape":[4],"data_offsets":[12,16]}}"#,
      data: 16)
    var generator = Noise.Generator(seed: seed &+ 1)
    let alphabet = Array(#"0123456789[]{},:"-eF14U8"#.utf8)
    var (accepted, broken) = (0, [[UInt8]]())
    for _ in 0..<2000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = alphabet.randomElement(using: &generator) ?? 0
      }
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      do throws(ModelFileError) {
        let header = try SafetensorsHeader.parse(bytes, fileSize: Int64(bytes.count), name: "x")
        accepted += 1
        var position = header.dataStart
        for tensor in header.tensors {
          let isExact = tensor.elements * tensor.type.bits == Int64(tensor.range.count) * 8
          if !isExact || tensor.range.lowerBound != position { broken.append(bytes) }
          position = tensor.range.upperBound
        }
        if position != Int64(bytes.count) { broken.append(bytes) }
      } catch {
        if error.exitCode != .badInput || error.detail.isEmpty { broken.append(bytes) }
      }
    }
    #expect(broken.isEmpty)
    // Damage to the data alone, and to names, changes nothing that the header says.
    #expect(accepted > 0)
  }

  @Test func parametersOfShards() throws {
    let first = try TinySafetensors.parse(
      #"{"q.qweight":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]}}"#, data: 8)
    let second = try TinySafetensors.parse(
      #"{"m.rotary_emb.inv_freq":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
        + #""w":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]}}"#, data: 16)
    let both = try StoredParameters(of: [first, second])
    #expect(both.count == 6 && both.isPacked)
    #expect(try !StoredParameters(of: [second]).isPacked)
    #expect(throws: ModelFileError.self) { try StoredParameters(of: [first, first]) }
    #expect(SafetensorsHeader.dominantType(of: [first, second]) != nil)
    #expect(SafetensorsHeader.dominantType(of: []) == nil)
  }
}

@Suite("Index of shards")
struct SafetensorsIndexTests {
  private func index(_ text: String) throws(ModelFileError) -> SafetensorsIndex {
    try SafetensorsIndex(Array(text.utf8), name: "model.safetensors.index.json")
  }

  @Test func shardsAndSize() throws {
    let map = #""weight_map":{"a":"m-2.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"}"#
    let index = try index(#"{"metadata":{"total_size":1.5e3},\#(map)}"#)
    #expect(index.files.map(\.description) == ["m-1.safetensors", "m-2.safetensors"] && index.statedBytes == 1500)
    for size in ["-1", "0", "1.5", "\"12\"", "1e30", "null"] {
      #expect(try self.index(#"{"metadata":{"total_size":\#(size)},\#(map)}"#).statedBytes == nil)
    }
    #expect(try self.index("{\(map)}").statedBytes == nil)
  }

  @Test(arguments: [
    "../m.safetensors", "/etc/m.safetensors", "a/m.safetensors", "m.bin", "", "m\\n.safetensors", ".", "m.safetensors/",
  ])
  func placesOutsideAreRefused(_ place: String) {
    #expect(throws: ModelFileError.self) { try index(#"{"weight_map":{"a":"\#(place)"}}"#) }
  }

  @Test(arguments: ["", "[]", "{}", #"{"weight_map":{}}"#, #"{"weight_map":{"a":1}}"#, #"{"weight_map":[]}"#])
  func otherFormsAreRefused(_ text: String) {
    #expect(throws: ModelFileError.self) { try index(text) }
  }
}
