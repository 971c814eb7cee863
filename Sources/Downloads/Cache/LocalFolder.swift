import Catalog
import Domain
import Foundation
import Glibc

/// A folder of a person's own, where files lie under their plain names, laid out as the official client's `local_dir`.
struct LocalFolder: DownloadPlace {
  let root: String
  /// Where the same content may lie already.
  let cache: HubCache

  var fileMode: UInt32 { 0o666 & ~FileMask.current }
  // A person may change a file in a folder of their own; the cache must not change with it.
  var linksTwins: Bool { false }

  private var metadata: String { "\(root)/.cache/huggingface" }

  func prepare(_ copy: CopyRecord) throws(DownloadError) {
    try Folders.make("\(metadata)/download")
    try Folders.make("\(metadata)/hubwatch", mode: 0o700)
    try write("\(metadata)/.gitignore", "*", unlessThere: true)
    try write("\(metadata)/CACHEDIR.TAG", HubCache.tagText, unlessThere: true)
  }

  func lockPath(_ copy: CopyRecord, _ file: ModelFile) -> String { "\(metadata)/download/\(file.path).lock" }

  func contentPath(_ copy: CopyRecord, _ file: ModelFile) -> String { "\(root)/\(file.path)" }

  func partialStem(_ file: ModelFile) -> String { "\(metadata)/hubwatch/\(file.hash)" }

  func contentFolder(_ copy: CopyRecord, _ file: ModelFile) throws(DownloadError) -> FolderHandle {
    try FolderHandle(root).folder(file.path.segments.dropLast().map(String.init))
  }

  func twins(_ copy: CopyRecord, _ file: ModelFile) -> [String] {
    [cache.blob(copy.repo, file.hash)].filter { regularFileSize($0) == file.size }
  }

  func publish(_ copy: CopyRecord, _ files: [ModelFile], ref: String?) throws(DownloadError) -> String {
    for file in files {
      // Not before the file's own time of change: the official client would not believe it.
      let stamp = Date().timeIntervalSince1970
      let path = "\(metadata)/download/\(file.path).metadata"
      try Folders.make(Folders.parent(path))
      try write(path, "\(copy.commit)\n\(file.hash)\n\(stamp)\n", unlessThere: false)
    }
    return "\(root)/\(copy.path)"
  }

  private func write(_ path: String, _ text: String, unlessThere: Bool) throws(DownloadError) {
    if unlessThere, access(path, F_OK) == 0 { return }
    try SmallFile.write(text, to: path, by: "\(metadata)/hubwatch/\(getpid())\(SmallFile.suffix)")
  }
}
