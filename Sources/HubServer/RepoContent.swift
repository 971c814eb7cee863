import Domain

/// A file with the names that git and LFS give to its content.
struct HostedFile: Sendable {
  /// The file on this machine.
  let found: FoundFile
  /// SHA-1 of the blob in git: of the content, or of the LFS pointer.
  let oid: String
  /// SHA-256 of the content; nil for files in plain git.
  let sha256: String?

  /// What proves the content, and is the strong ETag of `/resolve`.
  var etag: String { sha256 ?? oid }

  /// The LFS pointer; nil for files in plain git.
  var pointer: [UInt8]? { sha256.map { GitObjects.lfsPointer(sha256: $0, size: found.size) } }
}

/// A repository's one commit: its files with their hashes.
struct RepoContent: Sendable {
  /// The commit.
  let commit: CommitHash
  /// The files, sorted by path.
  let files: [HostedFile]
  /// The SHA-1 of each folder's tree by path, without the root's.
  let folders: [String: String]

  /// The one message that every commit of the practice hub has.
  static let title = "Content of the practice hub"

  /// The file at `path`; nil when there is none.
  func file(_ path: RepoPath) -> HostedFile? { files.first { $0.found.path == path } }

  /// Whether a file lies in LFS by the rules of a fresh repository's `.gitattributes`, or by its size.
  static func isLFS(_ file: FoundFile) -> Bool {
    if file.size >= largeFile { return true }
    let name = file.path.fileName.lowercased()
    return name.contains("tfevents") || lfsSuffixes.contains { name.hasSuffix($0) }
  }

  /// Plain git refuses files from 10 MiB.
  static let largeFile: Int64 = 10 << 20

  private static let lfsSuffixes = [
    ".7z", ".arrow", ".bin", ".bz2", ".ckpt", ".ftz", ".gguf", ".gz", ".h5", ".joblib", ".mlmodel", ".model",
    ".msgpack", ".npy", ".npz", ".onnx", ".ot", ".parquet", ".pb", ".pickle", ".pkl", ".pt", ".pth", ".rar",
    ".safetensors", ".tar", ".tflite", ".tgz", ".wasm", ".xz", ".zip", ".zst",
  ]
}
