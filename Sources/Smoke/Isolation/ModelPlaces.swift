import CLinux
import Foundation
import Glibc

/// The files that make up a model: all that the process that runs it may read of the file system.
struct ModelPlaces: Sendable, Equatable {
  /// Files, by any of their names; symbolic links, as the Hugging Face cache has them, stand for what they point to.
  private(set) var files: [String] = []
  /// Folders that may be listed, without what lies in them.
  private(set) var folders: [String] = []
  /// Bytes of the files.
  private(set) var bytes: Int64 = 0

  /// Files of one folder at most: the largest models have some 250 shards.
  private static let limit = 5000

  /// The files of the model that a path means: a GGUF file, all parts of a split one, or everything that lies in a folder
  /// of safetensors. What is not there is left out.
  init(_ path: String) {
    guard !path.isEmpty else { return }
    let isFolder = Self.status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    if isFolder || path.hasSuffix(".safetensors") || path.hasSuffix(".json") {
      let folder = isFolder ? path : path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      folders = [folder.isEmpty ? "/" : folder]
      for name in Self.names(in: folder) { add("\(folder)/\(name)") }
    } else {
      for part in Self.parts(path) { add(part) }
    }
  }

  private mutating func add(_ path: String) {
    guard let status = Self.status(path), status.st_mode & S_IFMT == S_IFREG else { return }
    files.append(path)
    let (sum, overflow) = bytes.addingReportingOverflow(Int64(status.st_size))
    bytes = overflow ? Int64.max / 2 : min(sum, Int64.max / 2)
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
        })
    }
    return names
  }

  /// The file, and where its name is that of one part of several (`model-00001-of-00003.gguf`), all of them.
  static func parts(_ path: String) -> [String] {
    guard let match = path.wholeMatch(of: /(.*)-[0-9]{5}-of-([0-9]{5})\.gguf/), let count = Int(match.2),
      (1...limit).contains(count)
    else { return [path] }
    return (1...count).map { number in
      let digits = String(number)
      return "\(match.1)-\(String(repeating: "0", count: 5 - digits.count))\(digits)-of-\(match.2).gguf"
    }
  }

  /// Calls `body` with what Landlock is to leave readable: the model, and what the kernel says of memory.
  func withPlaces<Result>(_ body: (UnsafeBufferPointer<hubwatch_place>) -> Result) -> Result {
    let wanted =
      files.map { ($0, hubwatch_may_read) } + folders.map { ($0, hubwatch_may_list) }
      + [("/proc/meminfo", hubwatch_may_read), ("/proc/self/status", hubwatch_may_read)]
    let paths = wanted.map { strdup($0.0) }
    defer { for path in paths { free(path) } }
    let places = zip(paths, wanted).map { hubwatch_place(path: $0, rights: $1.1) }
    return places.withUnsafeBufferPointer(body)
  }
}
