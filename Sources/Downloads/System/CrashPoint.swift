/// Places of a download at which a test may end the process.
public enum CrashPoint: String, CrashPlace, CaseIterable {
  /// Blocks are reserved, the journal knows nothing yet.
  case afterReserve
  /// Bytes are handed to the kernel, the progress record is not written.
  case afterWrite
  /// The progress record is written.
  case afterProgress
  /// Bytes are synced, the journal does not know.
  case afterSync
  /// The journal knows.
  case afterJournal
  /// The hash was right; the file is neither synced nor named.
  case afterHash
  /// The whole file is synced.
  case afterFinalSync
  /// The file has its name; its folder is not synced.
  case afterRename
  /// The folder is synced, the catalog does not know.
  case afterFolderSync
  /// The catalog knows that the file is verified.
  case afterVerified
  /// A link in the snapshot is made.
  case afterLink
  /// The ref is written; the copy is not yet called verified.
  case afterRef
}
