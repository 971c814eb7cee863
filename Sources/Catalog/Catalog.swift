import Domain
import Foundation
import GRDB

/// Everything that hubwatch knows, in one SQLite file.
///
/// The only room that knows SQL. Every method is one transaction: a process that dies between two calls
/// leaves the facts of the first and nothing of the second. Times are given by the caller.
public final class Catalog: Sendable {
  /// The database file.
  public let path: String
  private let pool: DatabasePool
  /// A connection that moves the write-ahead log into the file while another one writes; nil when only reading.
  private let mover: DatabaseQueue?

  /// Opens the catalog in a state folder.
  ///
  /// - Parameters:
  ///   - folder: created with mode 0700 when it is missing and the catalog is to be written.
  ///   - readOnly: for verbs that only look.
  /// - Throws: `CatalogError`.
  public init(folder: String, readOnly: Bool = false) throws(CatalogError) {
    path = "\(folder)/hubwatch.sqlite"
    if readOnly {
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue {
        throw CatalogError(kind: .notWritable, path: folder)
      }
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      // A process that was killed while it made the file leaves it empty.
      guard let size = attributes?[.size] as? NSNumber, size.int64Value > 0 else {
        throw CatalogError(kind: .absent, path: path)
      }
    }
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = 2
    configuration.prepareDatabase { database in
      // A verdict that was told must survive a power failure, so every commit is synced.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      guard !readOnly else { return }
      // 64 MiB, for when nobody calls `checkpoint`: a page that changes with every transaction is then moved into the
      // file once, not a hundred times.
      try database.execute(sql: "PRAGMA wal_autocheckpoint = 16000")
      try database.execute(sql: "PRAGMA journal_size_limit = 16777216")
      try database.execute(sql: "PRAGMA cache_size = -4000")
    }
    do {
      if !readOnly {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      }
    } catch {
      throw CatalogError(kind: .notWritable, path: folder)
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      mover = readOnly ? nil : try DatabaseQueue(path: path, configuration: configuration)
      let migrator = Schema.migrator
      let (isNewer, isComplete) = try pool.read { database in
        (try migrator.hasBeenSuperseded(database), try migrator.hasCompletedMigrations(database))
      }
      if isNewer { throw CatalogError(kind: .newer, path: path) }
      if !isComplete {
        if readOnly { throw CatalogError(kind: .older, path: path) }
        try migrator.migrate(pool)
      }
    } catch let error as CatalogError {
      throw error
    } catch {
      throw CatalogError(error, path: path)
    }
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

  /// Checks that the database answers and is sound as far as SQLite's quick check tells.
  ///
  /// - Throws: `CatalogError` of kind `corrupt` when it is not.
  public func check() throws(CatalogError) {
    let verdict = try read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard verdict == "ok" else { throw CatalogError(kind: .corrupt, path: path) }
  }

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
      throw CatalogError(error, path: path)
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do { return try pool.read(body) } catch { throw CatalogError(error, path: path) }
  }

  /// As `write`, for what the hub would tell once more: a power failure may undo the last of these transactions, but
  /// none half, and none of the others.
  func writeRepeatable<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do {
      return try pool.writeWithoutTransaction { database in
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
    } catch {
      throw CatalogError(error, path: path)
    }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(CatalogError) -> Value {
    do { return try pool.write(body) } catch { throw CatalogError(error, path: path) }
  }
}
