import Checksums
import Domain

/// Names of git objects, computed as git does, so that the hub's `oid`s and commits are those of a real repository.
enum GitObjects {
  /// The pointer that git stores in place of an LFS file's content.
  static func lfsPointer(sha256: String, size: Int64) -> [UInt8] {
    Array("version https://git-lfs.github.com/spec/v1\noid sha256:\(sha256)\nsize \(size)\n".utf8)
  }

  /// The SHA-1 of a blob.
  static func blob(_ content: [UInt8]) -> String { object("blob", content) }

  /// The trees over a set of blobs.
  ///
  /// - Parameter blobs: SHA-1 by path in the repository.
  /// - Returns: the SHA-1 of the tree of every folder by path; the root's path is empty.
  static func trees(blobs: [RepoPath: String]) -> [String: String] {
    var root = Folder()
    for (path, oid) in blobs { root.insert(path.segments, oid: oid) }
    var trees: [String: String] = [:]
    _ = root.tree(at: "", into: &trees)
    return trees
  }

  /// The SHA-1 of a commit without parents.
  ///
  /// - Parameter seconds: author's and committer's date in Unix seconds.
  static func commit(tree: String, seconds: Int64, title: String) -> String {
    let who = "hubwatch practice hub <hub@localhost> \(seconds) +0000"
    return object("commit", Array("tree \(tree)\nauthor \(who)\ncommitter \(who)\n\n\(title)\n".utf8))
  }

  private static func object(_ kind: String, _ content: [UInt8]) -> String {
    Checksums.sha1(Array("\(kind) \(content.count)\u{0}".utf8) + content)
  }

  private struct Folder {
    var blobs: [String: String] = [:]
    var folders: [String: Folder] = [:]

    mutating func insert(_ segments: [Substring], oid: String) {
      guard let first = segments.first.map(String.init) else { return }
      if segments.count == 1 {
        blobs[first] = oid
      } else {
        folders[first, default: Folder()].insert(Array(segments.dropFirst()), oid: oid)
      }
    }

    func tree(at path: String, into trees: inout [String: String]) -> String {
      // Git orders entries by bytes, and compares a folder as if its name ended in a slash.
      var entries: [(order: [UInt8], line: [UInt8])] = []
      for (name, oid) in blobs {
        entries.append((Array(name.utf8), Array("100644 \(name)\u{0}".utf8) + GitObjects.bytes(ofHex: oid)))
      }
      for (name, folder) in folders {
        let oid = folder.tree(at: path.isEmpty ? name : "\(path)/\(name)", into: &trees)
        entries.append(
          (Array("\(name)/".utf8), Array("40000 \(name)\u{0}".utf8) + GitObjects.bytes(ofHex: oid)))
      }
      entries.sort { $0.order.lexicographicallyPrecedes($1.order) }
      let oid = GitObjects.object("tree", entries.flatMap(\.line))
      trees[path] = oid
      return oid
    }
  }

  /// The bytes that an even number of hexadecimal digits stands for; other characters count as 0.
  static func bytes(ofHex digits: String) -> [UInt8] {
    let values = digits.utf8.map { UInt8(Character(UnicodeScalar($0)).hexDigitValue ?? 0) }
    return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }
}
