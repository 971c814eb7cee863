import Catalog
import Domain

/// Keeps a partial file's journal: sync first, then the catalog. On a queue of its own, since both wait for the disk.
actor JournalKeeper {
  private let target: PartialFile
  private let catalog: Catalog
  private let executor = BlockingExecutor("hubwatch.journal")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ target: PartialFile, catalog: Catalog) {
    self.target = target
    self.catalog = catalog
  }

  /// Makes durable what has arrived, and journals it.
  ///
  /// - Throws: `DownloadError`, `CatalogError`.
  func keep() throws {
    guard try target.synchronize() else { return }
    try record()
  }

  /// Makes durable what has arrived, without journaling it: for the end, when the name is the journal.
  func flush() throws { _ = try target.synchronize() }

  /// Writes the journal as it stands: the partial file belongs to this boot from here on.
  func record() throws {
    try catalog.setPartial(target.file.hash, target.journal)
    CrashPoint.afterJournal.pass()
  }

  /// Forgets everything that has arrived, in the journal first.
  func restart() throws {
    try catalog.setPartial(
      target.file.hash, PartialRecord(boot: target.journal.boot, durable: ByteRanges(), entityTag: nil))
    try target.restart()
  }

  /// Begins to write what has arrived.
  func startWriting() { target.startWriting() }

  /// Makes the file durable under its final name.
  func publish(in folder: FolderHandle, as name: String, mode: UInt32) throws {
    try target.publish(in: folder, as: name, mode: mode)
  }
}
