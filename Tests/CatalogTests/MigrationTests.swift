import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

@Suite("Schemas of other versions")
struct MigrationTests {
  /// A database as the hubwatch of a version left it, with a repository and a fetched copy.
  private func make(_ home: Home, upTo version: String) throws {
    let queue = try DatabaseQueue(path: home.files.database)
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    try Schema.migrator.migrate(queue, upTo: Schema.migrator.names[0])
    let hash = String(repeating: "c", count: 64)
    try queue.write { database in
      try database.execute(
        sql: """
          INSERT INTO repo (id, state, stateAt, firstSeenAt, recordedAt, tags, gated, downloads, likes)
          VALUES ('old/model', 'seen', '2026-01-01', '2026-01-01', '2026-01-01', '[]', 0, 1, 2);
          INSERT INTO copy (id, repo, path, "commit", quantization, bytes, state, wantedAt, changedAt, byHand)
          VALUES (7, 'old/model', 'm.gguf', '\(String(repeating: "1", count: 40))', 'Q4_0', 10, 'verified', '2026-01-01',
            '2026-01-01', 1);
          INSERT INTO part VALUES (7, 'm.gguf', 10, '\(hash)', 10, 'boot', 1);
          INSERT INTO smoke (copy, at, verdict, reasons) VALUES (7, '2026-01-01', 'pass', '[]');
          """)
    }
    try Schema.migrator.migrate(queue, upTo: version)
  }

  @Test("P7 upgrade from every older schema", arguments: Schema.migrator.names.dropLast())
  func everyOlderSchemaIsBroughtUp(_ version: String) throws {
    let home = try Home()
    try make(home, upTo: version)
    do {
      let catalog = try Catalog(folder: home.folder.path)
      let id = try #require(RepoID("old/model"))
      #expect(try catalog.repoCount() == 1 && catalog.repo(id) != nil)
      let copy = try #require(try catalog.copies(of: id).first)
      #expect(copy.id == 7 && copy.state == .verified && copy.byHand)
      #expect(try catalog.parts(ofCopy: 7).map(\.isVerified) == [true])
      #expect(try catalog.lastSmoke(ofCopy: 7)?.verdict == .pass)
      #expect(try catalog.read { try Schema.migrator.standing($0) } == .current)
    }
    #expect(try home.quickCheck() == "ok")
    // The copy has the schema from before.
    let copy = home.files.copy(before: Schema.migrator.version)
    let names = try DatabaseQueue(path: copy).read { database in
      try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    }
    #expect(names.last == version)
    #expect(try home.quickCheck(copy) == "ok")
  }

  private struct Failure: Error {}

  private var future: SchemaMigrator {
    var migrator = Schema.migrator
    migrator.registerMigration("98 halfway") { database in
      try database.execute(sql: "CREATE TABLE halfway (x INTEGER); DROP TABLE attempt")
    }
    return migrator
  }

  @Test("P7 a migration that fails") func aMigrationThatFailsLeavesTheOldSchema() throws {
    let home = try Home()
    do { try home.fill(try Catalog(folder: home.folder.path), 10) }
    var migrator = future
    migrator.registerMigration("99 impossible") { _ in throw Failure() }
    #expect(throws: CatalogError.self) { try Catalog(folder: home.folder.path, readOnly: false, migrator: migrator) }
    // Both steps are one transaction: the old program finds what it left.
    let catalog = try Catalog(folder: home.folder.path)
    #expect(try catalog.read { try Schema.migrator.standing($0) } == .current)
    #expect(try catalog.repoCount() == 10 && !catalog.read { try $0.tableExists("halfway") })
  }

  @Test("P7 killed in the middle of a migration") func whatAKillLeavesIsTheOldSchema() throws {
    let (home, dead) = (try Home(), try Home())
    do { try home.fill(try Catalog(folder: home.folder.path), 10) }
    var migrator = future
    let (from, to) = (home.folder.path, dead.folder.path)
    migrator.registerMigration("99 killed") { _ in
      // What a process that is killed now leaves: its files, as they are.
      for name in try FileManager.default.contentsOfDirectory(atPath: from) where name.hasPrefix("hubwatch.sqlite") {
        try FileManager.default.copyItem(atPath: "\(from)/\(name)", toPath: "\(to)/\(name)")
      }
    }
    do { _ = try Catalog(folder: from, readOnly: false, migrator: migrator) }
    try dead.die()
    let catalog = try Catalog(folder: to)
    #expect(try catalog.rescue == nil && catalog.repoCount() == 10)
    #expect(try catalog.read { try Schema.migrator.standing($0) } == .current)
    #expect(FileManager.default.fileExists(atPath: dead.files.copy(before: "99")))
  }

  @Test func twoCopiesAreKept() throws {
    let home = try Home()
    do { _ = try Catalog(folder: home.folder.path) }
    var migrator = Schema.migrator
    for number in 91...94 {
      migrator.registerMigration("\(number) more") { try $0.execute(sql: "CREATE TABLE more\(number) (x INTEGER)") }
      _ = try Catalog(folder: home.folder.path, readOnly: false, migrator: migrator)
    }
    let copies = try home.names.filter { $0.contains(".before-") }
    #expect(copies == ["hubwatch.sqlite.before-93", "hubwatch.sqlite.before-94"])
  }

  @Test("P8 newer database", arguments: [true, false])
  func aNewerDatabaseIsRefusedAndNotTouched(readOnly: Bool) throws {
    let home = try Home()
    do { try home.fill(try Catalog(folder: home.folder.path), 10) }
    do { _ = try Catalog(folder: home.folder.path, readOnly: false, migrator: future) }
    // Also what its owner left in the write-ahead log stays there.
    try home.die()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: home.files.database))
    let names = try home.names
    #expect {
      try Catalog(folder: home.folder.path, readOnly: readOnly)
    } throws: { error in
      let error = error as? CatalogError
      return error?.kind == .newer && error?.exitCode == .unusableSetup
        && error?.problem.contains(home.files.copy(before: "98")) == true
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: home.files.database)) == bytes)
    #expect(try home.names.filter { !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") } == names)
  }
}
