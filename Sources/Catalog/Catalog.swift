import Domain
import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Everything that hubwatch knows, in one SQLite file.
///
/// The only room that knows SQL. Every method is one transaction: a process that dies between two calls
/// leaves the facts of the first and nothing of the second. Times are given by the caller.
public final class Catalog: Sendable {
  /// The database file.
  public let path: String
  /// What was done about a damaged database when this one was opened; nil when it was sound.
  public let rescue: RescueRecord?
  let files: CatalogFiles
  private let pool: DatabasePool
  /// A connection that moves the write-ahead log into the file while another one writes; nil when only reading.
  let mover: DatabaseQueue?
  private let transactions = Atomic(0)
  /// Whether damage was met: then the next start looks closely.
  private let isDamaged = Atomic(false)

  /// Opens the catalog in a state folder.
  ///
  /// To be written, it is brought to our schema, after a copy was made; a damaged one is replaced by its last snapshot,
  /// which `rescue` tells of. The owner holds the state lock.
  ///
  /// - Parameters:
  ///   - folder: created with mode 0700 when it is missing and the catalog is to be written.
  ///   - readOnly: for verbs that only look.
  /// - Throws: `CatalogError`.
  public convenience init(folder: String, readOnly: Bool = false) throws(CatalogError) {
    try self.init(folder: folder, readOnly: readOnly, migrator: Schema.migrator)
  }

  init(folder: String, readOnly: Bool, migrator: SchemaMigrator) throws(CatalogError) {
    files = CatalogFiles(folder: folder)
    path = files.database
    if readOnly {
      pool = try CatalogOpening(files: files, migrator: migrator).openForReading()
      (mover, rescue) = (nil, nil)
    } else {
      let opened = try CatalogOpening(files: files, migrator: migrator).openForWriting(at: Date())
      (pool, mover, rescue) = (opened.pool, opened.mover, opened.rescue)
    }
  }

  /// Gives back what the connections keep to be faster next time: a process that lives long has more rest than work.
  public func releaseMemory() {
    pool.releaseMemory()
    mover?.releaseMemory()
  }

  /// Writes down that the process ends in order. Nothing is written afterwards.
  public func endInOrder() {
    if mover != nil, !isDamaged.load(ordering: .relaxed) { LifeMarker.remove(files) }
  }

  deinit {
    // What was damaged is looked at by the next start; whoever was killed has left the marker, too.
    if mover != nil, !isDamaged.load(ordering: .relaxed) { LifeMarker.remove(files) }
  }

  /// The catalog of a folder for reading; nil when nothing was ever recorded there.
  ///
  /// - Throws: `CatalogError`.
  public static func ifPresent(folder: String) throws(CatalogError) -> Catalog? {
    do {
      return try Catalog(folder: folder, readOnly: true)
    } catch {
      if error.kind == .absent { return nil }
      throw error
    }
  }

  /// Checks that the database is sound as far as SQLite's quick check tells.
  ///
  /// - Throws: `CatalogError` of kind `corrupt` when it is not; the next start mends it.
  public func check() throws(CatalogError) {
    let verdict = try read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard verdict == "ok" else { throw noticing(CatalogError(kind: .corrupt, path: path)) }
  }

  /// How many transactions have been written: where the number grows, somebody is at work.
  public var writes: Int { transactions.load(ordering: .relaxed) }

  /// Comes back when the database has answered.
  ///
  /// - Throws: `CatalogError`.
  public func ping() throws(CatalogError) { _ = try read { try Int.fetchOne($0, sql: "SELECT 1 FROM mark") } }

  /// The version of the SQLite library.
  public static var libraryVersion: String { String(cString: sqlite3_libversion()) }

  /// Moves what was written since the last call from the write-ahead log into the file, so that a long series of
  /// transactions need not wait for that. Others may read and write meanwhile.
  ///
  /// - Throws: `CatalogError`.
  public func checkpoint() throws(CatalogError) {
    guard let mover else { return }
    do {
      try mover.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      // Somebody else is at it.
    } catch {
      throw noticing(CatalogError(error, path: path))
    }
  }

  /// Passes an error on, after noting whether the database is damaged.
  func noticing(_ error: CatalogError) -> CatalogError {
    if error.kind == .corrupt { isDamaged.store(true, ordering: .relaxed) }
    return error
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do { return try pool.read(body) } catch { throw noticing(CatalogError(error, path: path)) }
  }

  /// As `write`, for what the hub would tell once more: a power failure may undo the last of these transactions, but
  /// none half, and none of the others.
  func writeRepeatable<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      let value = try pool.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = NORMAL")
        let result = Result {
          var value: Value?
          try database.inTransaction(.immediate) {
            value = try body(database)
            return .commit
          }
          return value
        }
        try database.execute(sql: "PRAGMA synchronous = FULL")
        guard let value = try result.get() else {
          throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "a transaction without an end")
        }
        return value
      }
      transactions.add(1, ordering: .relaxed)
      return value
    } catch {
      throw noticing(CatalogError(error, path: path))
    }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      let value = try pool.write(body)
      transactions.add(1, ordering: .relaxed)
      return value
    } catch {
      throw noticing(CatalogError(error, path: path))
    }
  }

  /// As `write`, for what has to be written down also when the disk is full: the ballast gives its room.
  func writeUrgent<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      return try write(body)
    } catch {
      guard error.kind == .full, Ballast(files: files).drop() else { throw error }
      return try write(body)
    }
  }
}
