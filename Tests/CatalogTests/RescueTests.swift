import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

@Suite("A damaged database")
struct RescueTests {
  enum Damage: CaseIterable { case flippedPages, truncation, zeroedHeader }

  private func damage(_ path: String, _ damage: Damage) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    let size = try handle.seekToEnd()
    switch damage {
    case .flippedPages:
      // Every second page: one of them is in use.
      for page in stride(from: UInt64(1), to: size / 4096, by: 2) {
        try handle.seek(toOffset: page * 4096)
        let bytes = try #require(try handle.read(upToCount: 4096))
        try handle.seek(toOffset: page * 4096)
        try handle.write(contentsOf: Data(bytes.map { ~$0 }))
      }
    case .truncation: try handle.truncate(atOffset: size / 2 / 4096 * 4096)
    case .zeroedHeader:
      try handle.seek(toOffset: 0)
      try handle.write(contentsOf: Data(repeating: 0, count: 100))
    }
    try handle.close()
  }

  @Test("P9 corrupt database", arguments: Damage.allCases, [true, false])
  func itIsReplaced(_ kind: Damage, hasSnapshot: Bool) throws {
    let home = try Home()
    do {
      let catalog = try Catalog(folder: home.folder.path)
      try home.fill(catalog, 1000)
      if hasSnapshot { #expect(try catalog.keepSnapshot(at: home.now)) }
    }
    try home.die()
    try damage(home.files.database, kind)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: home.files.database))

    // Who only looks repairs nothing.
    #expect {
      let reader = try Catalog(folder: home.folder.path, readOnly: true)
      _ = try reader.copies(in: [.wanted])
      _ = try reader.read { try String.fetchAll($0, sql: "SELECT tags || id FROM repo") }
    } throws: { error in
      (error as? CatalogError)?.kind == .corrupt && (error as? CatalogError)?.exitCode == .unusableSetup
    }
    #expect(try home.names.allSatisfy { !$0.contains("corrupt") })

    let catalog = try Catalog(folder: home.folder.path)
    let rescue = try #require(catalog.rescue)
    #expect((rescue.snapshotAt != nil) == hasSnapshot)
    #expect(try catalog.lastRescue() == rescue)
    #expect(try catalog.repoCount() == (hasSnapshot ? 1000 : 0))
    #expect(try home.quickCheck() == "ok")
    #expect(try Data(contentsOf: URL(fileURLWithPath: rescue.aside)) == bytes)
    #expect(rescue.words.contains(rescue.aside) && rescue.words.contains("snapshot"))
  }

  @Test("P9 no crash loop") func theNextStartHasNothingToMend() throws {
    let home = try Home()
    for _ in 0..<3 {
      try home.die()
      try Data(repeating: 7, count: 9000).write(to: URL(fileURLWithPath: home.files.database))
      #expect(try Catalog(folder: home.folder.path).rescue != nil)
      #expect(try Catalog(folder: home.folder.path).rescue == nil)
    }
    // Damaged databases do not fill the disk.
    #expect(home.files.kept("\(home.files.database).corrupt-").count <= 2)
  }

  @Test("P9 damage that is met while running") func itIsLookedForAtTheNextStart() throws {
    let home = try Home()
    do { try home.fill(try Catalog(folder: home.folder.path), 1000) }
    let page = try DatabaseQueue(path: home.files.database).read {
      try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'repo'")
    }
    let handle = try #require(FileHandle(forUpdatingAtPath: home.files.database))
    try handle.seek(toOffset: UInt64(try #require(page) - 1) * 4096)
    try handle.write(contentsOf: Data(repeating: 0xFF, count: 4096))
    try handle.close()
    do {
      // The last end was in order, so nobody looks; the damage is met by the first who reads there.
      let catalog = try Catalog(folder: home.folder.path)
      #expect(catalog.rescue == nil)
      #expect(throws: CatalogError.self) {
        _ = try catalog.read { try String.fetchAll($0, sql: "SELECT tags || id FROM repo") }
      }
    }
    #expect(LifeMarker(home.files) != nil)
    try home.die()
    #expect(try Catalog(folder: home.folder.path).rescue != nil)
  }

  @Test("P9 a snapshot that is damaged, too") func theSnapshotIsCheckedBeforeItIsTrusted() throws {
    let home = try Home()
    do {
      let catalog = try Catalog(folder: home.folder.path)
      try home.fill(catalog, 1000)
      try catalog.keepSnapshot(at: home.now)
    }
    try damage(home.files.snapshot, .flippedPages)
    try damage(home.files.database, .zeroedHeader)
    let catalog = try Catalog(folder: home.folder.path)
    #expect(try catalog.rescue?.snapshotAt == nil && catalog.repoCount() == 0)
  }

  @Test("P9 killed while the database was replaced") func theReplacementIsFinished() throws {
    let home = try Home()
    do {
      let catalog = try Catalog(folder: home.folder.path)
      try home.fill(catalog, 10)
      try catalog.copy(to: home.files.replacement)
    }
    for path in [home.files.database] + home.files.companions { unlink(path) }
    #expect(try Catalog(folder: home.folder.path).repoCount() == 10)
    #expect(!(try home.names.contains { $0.hasSuffix("restoring") }))
  }

  @Test func aSnapshotIsMadeOnceADayAndHoldsEverything() throws {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    try home.fill(catalog, 100)
    #expect(try catalog.keepSnapshot(at: Date()))
    #expect(try !catalog.keepSnapshot(at: Date() + 3600))
    try home.fill(catalog, 200)
    #expect(try catalog.keepSnapshot(at: Date() + 90_000))
    let count = try DatabaseQueue(path: home.files.snapshot).read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM repo")
    }
    #expect(count == 200)
    #expect(!(try home.names.contains { $0.hasSuffix("copying") }))
  }

  @Test func anEndInOrderLeavesNoMarker() throws {
    let home = try Home()
    do {
      let catalog = try Catalog(folder: home.folder.path)
      #expect(LifeMarker(home.files) == .ours)
      withExtendedLifetime(catalog) {}
    }
    #expect(LifeMarker(home.files) == nil)
    do { _ = try Catalog(folder: home.folder.path, readOnly: true) }
    #expect(LifeMarker(home.files) == nil)
  }
}
