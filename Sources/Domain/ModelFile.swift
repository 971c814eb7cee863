/// One file of a repository at a commit.
public struct ModelFile: Hashable, Sendable {
  /// Where it lies in the repository.
  public var path: RepoPath
  /// Its size in bytes.
  public var size: Int64
  /// What proves its content, and names its blob.
  public var hash: ContentHash

  /// A file as a tree listing tells of it.
  public init(path: RepoPath, size: Int64, hash: ContentHash) {
    self.path = path
    self.size = size
    self.hash = hash
  }

  /// Whether its name says GGUF weights that can be run on their own: no projector, importance matrix or draft.
  public var isRunnableGGUF: Bool {
    let name = path.fileName.lowercased()
    guard name.hasSuffix(".gguf") else { return false }
    return !["mmproj", "imatrix", "draft", "ggml-vocab"].contains { name.contains($0) }
  }

  /// Whether its format can run code when it is loaded.
  public var isPickle: Bool {
    [".bin", ".pt", ".pth", ".ckpt", ".pkl"].contains { path.fileName.lowercased().hasSuffix($0) }
  }

  /// Position in a set of shards named `…-00001-of-00003.gguf`; nil for a whole file.
  public var shard: (index: Int, count: Int, stem: String)? {
    let name = path.description
    guard name.lowercased().hasSuffix(".gguf") else { return nil }
    let stem = name.dropLast(5)
    let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[parts.count - 2] == "of",
      parts[parts.count - 1].utf8.count == 5, parts[parts.count - 3].utf8.count == 5,
      let count = Int(parts[parts.count - 1]), let index = Int(parts[parts.count - 3]),
      count >= 1, (1...count).contains(index)
    else { return nil }
    return (index, count, parts.dropLast(3).joined(separator: "-"))
  }
}
