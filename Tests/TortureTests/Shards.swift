import Checksums
import Foundation
import ModelFiles
import TestSupport

/// A model in shards with odd sizes, whose content is noise but for the header.
struct Shards {
  /// One of its files, as it has to be.
  struct File: Equatable {
    let name: String
    let size: Int64
    let sha256: String
  }

  let files: [File]

  /// Bytes of all files.
  var size: Int64 { files.reduce(0) { $0 + $1.size } }

  /// Writes `count` shards of about `bytes` each into a folder; the first one is a small model that can be described.
  init(count: Int, bytes: Int, seed: UInt64, folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    files = try (0..<count).map { index in
      var llama = TinyLlama()
      llama.embedding = 64
      llama.seed = seed
      var writer = index == 0 ? try llama.writer() : GGUFWriter()
      if count > 1 {
        writer.set("split.no", .uint16(UInt16(index)))
        writer.set("split.count", .uint16(UInt16(count)))
      }
      // An odd number of half-precision numbers, so that no shard ends where a page does.
      let numbers = (bytes - (index == 0 ? writer.bytes().count : 0)) / 2 | 1
      try writer.add(
        "noise.\(index)", type: .f16, dimensions: [Int64(numbers)],
        data: Noise.bytes(2 * numbers, seed: seed &* 31 &+ UInt64(index)))
      let name = count > 1 ? "storm-F16-\(Self.five(index + 1))-of-\(Self.five(count)).gguf" : "storm-F16.gguf"
      // Behind the last tensor a file may end anywhere.
      let content = Array(writer.bytes() + [UInt8](repeating: 7, count: 2 * index + 1))
      try Data(content).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      return File(name: name, size: Int64(content.count), sha256: Checksums.sha256(content))
    }
  }

  private static func five(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
  }
}
