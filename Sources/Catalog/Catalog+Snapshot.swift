import Domain
import Foundation
import GRDB
import Glibc

extension Catalog {
  /// A snapshot is made when the last one is so old, in seconds.
  static let snapshotAge: TimeInterval = 86_400

  /// When the last snapshot was made; nil when there is none.
  public var snapshotAt: Date? {
    (try? FileManager.default.attributesOfItem(atPath: files.snapshot))?[.modificationDate] as? Date
  }

  /// Copies the whole catalog to a file beside it, once a day: what a damaged database is restored from.
  ///
  /// The copy is made by SQLite from sound pages alone, checked, synced and then named: a bad copy never replaces a
  /// good one.
  ///
  /// - Returns: whether one was made now.
  /// - Throws: `CatalogError`; of kind `full` when there is too little room for it.
  @discardableResult
  public func keepSnapshot(at now: Date) throws(CatalogError) -> Bool {
    if let last = snapshotAt, now.timeIntervalSince(last) < Self.snapshotAge, last <= now + 60 { return false }
    try copy(to: files.snapshot)
    return true
  }

  /// Copies the catalog to a file.
  func copy(to path: String) throws(CatalogError) {
    guard let mover else { throw CatalogError(kind: .notWritable, path: path) }
    let size = (CatalogFiles.size(files.database) ?? 0) + (CatalogFiles.size("\(files.database)-wal") ?? 0)
    guard files.free > size + Ballast.roomNeeded else { throw CatalogError(kind: .full, path: path) }
    let temporary = files.unfinishedCopy
    unlink(temporary)
    do {
      try mover.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [temporary]) }
      let copy = try DatabaseQueue(path: temporary)
      let verdict = try copy.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
      try copy.close()
      guard verdict == "ok" else { throw CatalogError(kind: .corrupt, path: temporary) }
      chmod(temporary, 0o600)
      try files.publish(temporary, as: path)
    } catch {
      unlink(temporary)
      throw noticing(error as? CatalogError ?? CatalogError(error, path: self.path))
    }
  }

  /// Tidies up when nothing else is to be done: the write-ahead log becomes empty, unless somebody still reads from it,
  /// and the ballast is there again when the disk has room.
  ///
  /// - Throws: `CatalogError`.
  public func settle() throws(CatalogError) {
    guard let mover else { return }
    do {
      try mover.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      // A reader holds an old state; the next time will do.
    } catch {
      throw noticing(CatalogError(error, path: path))
    }
    Ballast(files: files).load()
  }
}
