import Foundation

/// Some files that belong together, in one piece: a model in parts, or a folder.
public struct FileSet: Sendable, Equatable {
  public struct File: Sendable, Equatable {
    public let name: String
    public var bytes: [UInt8]
  }

  public var files: [File]

  public init(_ files: [(String, [UInt8])]) { self.files = files.map { File(name: $0.0, bytes: $0.1) } }

  /// Reads a set: for each file a line with its length and its name, then its bytes.
  public init?(_ bytes: [UInt8]) {
    files = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")), end - rest.startIndex < 200 else { return nil }
      let words = String(decoding: rest[rest.startIndex..<end], as: UTF8.self).split(separator: " ")
      guard words.count == 2, let length = Int(words[0]), (0...rest.endIndex - end - 1).contains(length),
        words[1].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }),
        !words[1].hasPrefix(".")
      else { return nil }
      files.append(File(name: String(words[1]), bytes: Array(rest[end + 1..<end + 1 + length])))
      rest = rest[(end + 1 + length)...]
    }
  }

  /// The set in one piece.
  public var bytes: [UInt8] {
    files.flatMap { Array("\($0.bytes.count) \($0.name)\n".utf8) + $0.bytes }
  }

  /// Puts the files, and no others, into a folder.
  func write(to folder: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
    for file in files { try Data(file.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(file.name)")) }
  }
}
