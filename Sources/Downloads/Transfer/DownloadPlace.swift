import Catalog
import Domain

/// Where the files of a copy go: the Hugging Face cache, or a folder of a person's own.
protocol DownloadPlace: Sendable {
  /// A folder on the file system that the files go to, for questions about its room.
  var root: String { get }
  /// The permissions of finished files.
  var fileMode: UInt32 { get }

  /// Makes the folders for a copy.
  func prepare(_ copy: CopyRecord) throws(DownloadError)
  /// The lock that other programs respect while a file is made.
  func lockPath(_ copy: CopyRecord, _ file: ModelFile) -> String
  /// Where a file's content lies when it is complete.
  func contentPath(_ copy: CopyRecord, _ file: ModelFile) -> String
  /// The partial file, without a suffix.
  func partialStem(_ file: ModelFile) throws(DownloadError) -> String
  /// Whether a file may be a hard link to the same content elsewhere.
  var linksTwins: Bool { get }
  /// Opens the folder that a file's content goes to, and makes it when it is missing; no symbolic link below the root
  /// leads there.
  func contentFolder(_ copy: CopyRecord, _ file: ModelFile) throws(DownloadError) -> FolderHandle
  /// Files with this content that lie elsewhere on the same file system, and may be shared.
  func twins(_ copy: CopyRecord, _ file: ModelFile) -> [String]
  /// Gives verified files their names, the ref last.
  ///
  /// - Returns: the path of the first.
  func publish(_ copy: CopyRecord, _ files: [ModelFile], ref: String?) throws(DownloadError) -> String
}

extension HubCache {
  /// Where a copy's files go: its own folder, or this cache.
  func place(of copy: CopyRecord) throws(DownloadError) -> any DownloadPlace {
    if let folder = copy.folder { return LocalFolder(root: folder, cache: self) }
    return try CachePlace(self)
  }
}
