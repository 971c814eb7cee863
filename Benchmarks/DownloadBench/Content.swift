import BenchSupport
import Foundation

/// The one file that everybody fetches.
///
/// It begins as a safetensors file does, since hubwatch looks before it fetches on: a length and an empty header.
struct Content {
  let path: String
  let bytes: Int
  /// Its SHA-256, in hexadecimal.
  let hash: String

  var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  private static let header = Data([2, 0, 0, 0, 0, 0, 0, 0]) + Data("{}".utf8)

  /// A file of noise, which stays in the page cache.
  init(noise bytes: Int, folder: String, tools: Tools) throws {
    try self.init(bytes: bytes, folder: folder, tools: tools) { file in
      var random = UInt64(bytes)
      let piece = 1 << 20
      var words = [UInt64](repeating: 0, count: piece / 8)
      for start in stride(from: Self.header.count, to: bytes, by: piece) {
        for index in words.indices {
          // SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
          random &+= 0x9E37_79B9_7F4A_7C15
          var word = random
          word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
          word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
          words[index] = word ^ (word >> 31)
        }
        let data = words.withUnsafeBytes { Data($0.prefix(min(piece, bytes - start))) }
        try file.write(contentsOf: data)
      }
    }
  }

  /// A file of zeros that takes no room where it is served.
  init(sparse bytes: Int, folder: String, tools: Tools) throws {
    try self.init(bytes: bytes, folder: folder, tools: tools) { try $0.truncate(atOffset: UInt64(bytes)) }
  }

  private init(bytes: Int, folder: String, tools: Tools, fill: (FileHandle) throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    path = "\(folder)/big.safetensors"
    self.bytes = bytes
    guard FileManager.default.createFile(atPath: path, contents: Self.header),
      let file = FileHandle(forUpdatingAtPath: path)
    else { throw Child.Failure(description: "cannot write \(path)") }
    try file.seekToEnd()
    try fill(file)
    try file.synchronize()
    try file.close()
    // Reading it for the hash also brings it into the page cache.
    hash = try Self.hash(path, tools: tools)
  }

  /// The SHA-256 of a file.
  static func hash(_ path: String, tools: Tools) throws -> String {
    let child = try Child(tools.openssl, ["dgst", "-sha256", "-r", path], errors: "/dev/null")
    return String(decoding: child.output.prefix(64), as: UTF8.self)
  }

  func remove() throws { try FileManager.default.removeItem(atPath: path) }
}
