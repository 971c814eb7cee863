import Domain
import Foundation
import GRDB
import Glibc

/// Opens a catalog: finds out who wrote it last and how that ended, and mends what can be mended.
struct CatalogOpening {
  let files: CatalogFiles
  let migrator: SchemaMigrator

  /// What is open for writing.
  struct Opened {
    var pool: DatabasePool
    var mover: DatabaseQueue
    var rescue: RescueRecord?
  }

  /// Copies from before a migration that are kept.
  private static let keptCopies = 2

  private func configuration(readOnly: Bool) -> Configuration {
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
    return configuration
  }

  /// Opens it for verbs that only look; nothing is mended.
  ///
  /// - Throws: `CatalogError`.
  func openForReading() throws(CatalogError) -> DatabasePool {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: files.folder, isDirectory: &isFolder), !isFolder.boolValue {
      throw CatalogError(kind: .notWritable, path: files.folder)
    }
    // A process that was killed while it made the file leaves it empty.
    guard let size = CatalogFiles.size(files.database), size > 0 else {
      throw CatalogError(kind: .absent, path: files.database)
    }
    do {
      let pool = try DatabasePool(path: files.database, configuration: configuration(readOnly: true))
      switch try pool.read({ try migrator.standing($0) }) {
      case .current: return pool
      case .newer: throw newer
      case .older, .empty: throw CatalogError(kind: .older, path: files.database)
      }
    } catch {
      throw CatalogError(error, path: files.database)
    }
  }

  private var newer: CatalogError { CatalogError(kind: .newer, path: files.database, copy: files.newestCopy) }

  /// Opens it to be changed.
  ///
  /// - Throws: `CatalogError`.
  func openForWriting(at moment: Date) throws(CatalogError) -> Opened {
    do {
      try FileManager.default.createDirectory(
        atPath: files.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CatalogError(kind: .notWritable, path: files.folder)
    }
    do {
      return try openOnce(at: moment)
    } catch {
      // With the ballast gone there is room for what opening writes.
      guard error.kind == .full, Ballast(files: files).drop() else { throw error }
      return try openOnce(at: moment)
    }
  }

  private func openOnce(at moment: Date) throws(CatalogError) -> Opened {
    let rescuer = CatalogRescue(files: files, migrator: migrator)
    try rescuer.finish()
    // Another catalog of this process is no death.
    let death = LifeMarker(files).flatMap { $0 == .ours ? nil : $0 }
    var rescue: RescueRecord?
    do {
      try examine(isClose: death != nil)
    } catch {
      guard error.kind == .corrupt else { throw error }
      rescue = try rescuer.run(at: moment)
    }
    if death == nil { try LifeMarker.ours.write(files) }
    let (pool, mover) = try connect()
    do {
      if let death, death.boot != BootID.current {
        try pool.write { try Catalog.addBrokenBoot($0, death.boot) }
      }
    } catch {
      throw CatalogError(error, path: files.database)
    }
    // Only now may the old marker go: what it says is in the database.
    if death != nil { try LifeMarker.ours.write(files) }
    Ballast(files: files).load()
    return Opened(pool: pool, mover: mover, rescue: rescue)
  }

  /// Looks at the database without changing a byte of it.
  ///
  /// - Parameter isClose: reads every page, too.
  /// - Throws: `CatalogError` of kind `newer` or `corrupt`.
  private func examine(isClose: Bool) throws(CatalogError) {
    guard let size = CatalogFiles.size(files.database), size > 0 else { return }
    do {
      try examine(isClose: isClose, readOnly: true)
    } catch {
      guard error.kind == .notWritable else { throw error }
      // Who only reads cannot take back what a killed process left half done. SQLite does that for a writer.
      try examine(isClose: isClose, readOnly: false)
    }
  }

  private func examine(isClose: Bool, readOnly: Bool) throws(CatalogError) {
    do {
      var configuration = Configuration()
      configuration.readonly = readOnly
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: files.database, configuration: configuration)
      try queue.read { database in
        if try migrator.standing(database) == .newer { throw newer }
        guard isClose else { return }
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        if verdict != "ok" { throw CatalogError(kind: .corrupt, path: files.database) }
      }
      try queue.close()
    } catch {
      throw CatalogError(error, path: files.database)
    }
  }

  private func connect() throws(CatalogError) -> (DatabasePool, DatabaseQueue) {
    try files.makePrivate()
    do {
      let pool = try DatabasePool(path: files.database, configuration: configuration(readOnly: false))
      let mover = try DatabaseQueue(path: files.database, configuration: configuration(readOnly: false))
      switch try pool.read({ try migrator.standing($0) }) {
      case .current: break
      case .newer: throw newer
      case .older:
        try keepCopy(mover)
        try migrator.migrate(pool)
      case .empty: try migrator.migrate(pool)
      }
      return (pool, mover)
    } catch {
      throw CatalogError(error, path: files.database)
    }
  }

  /// Copies the database with its old schema, from which an older hubwatch can go on.
  private func keepCopy(_ queue: DatabaseQueue) throws {
    let path = files.copy(before: migrator.version)
    unlink(files.unfinishedCopy)
    do {
      try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [files.unfinishedCopy]) }
      chmod(files.unfinishedCopy, 0o600)
      try files.publish(files.unfinishedCopy, as: path)
    } catch {
      unlink(files.unfinishedCopy)
      throw error
    }
    files.prune(files.copy(before: ""), keeping: Self.keptCopies)
  }
}
