import Foundation
import GRDB
import Glibc
import TestSupport
import Testing

@testable import Catalog

@Suite("The catalog under pressure")
struct PressureTests {
  @Test("P10 a long reader") func theLogShrinksWhenTheReaderIsGone() throws {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    let log = home.files.companions[0]
    let reader = try DatabaseQueue(path: home.files.database)
    try reader.inDatabase { database in
      try database.execute(sql: "BEGIN; SELECT * FROM mark")
      let before = try Int.fetchOne(database, sql: "SELECT count(*) FROM mark")
      var number = 0
      while (CatalogFiles.size(log) ?? 0) < 22 << 20 {
        try catalog.setMark("mark\(number)", String(repeating: "x", count: 500_000))
        number += 1
      }
      // It goes on seeing what it saw, and the writer goes on writing.
      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM mark") == before)
      try database.execute(sql: "COMMIT")
    }
    try catalog.settle()
    #expect(CatalogFiles.size(log) == 0)
    #expect(try home.quickCheck() == "ok")
  }

  @Test("P10 a reader that never ends") func anOpenReaderIsNoFailure() throws {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    var configuration = Configuration()
    configuration.readonly = true
    let reader = try DatabaseQueue(path: home.files.database, configuration: configuration)
    try reader.inDatabase { database in
      try database.execute(sql: "BEGIN; SELECT * FROM mark")
      try catalog.setMark("a", "b")
      try catalog.settle()
      try database.execute(sql: "COMMIT")
    }
    #expect(try catalog.mark("a") == "b")
  }

  /// A small disk in memory, as root.
  private final class SmallDisk {
    let folder: TemporaryFolder

    init(megabytes: Int) throws {
      folder = try TemporaryFolder()
      let options = "size=\(megabytes)m"
      guard mount("tmpfs", folder.path, "tmpfs", 0, options) == 0 else {
        throw POSIXError(.init(rawValue: errno) ?? .EIO)
      }
    }

    deinit { umount2(folder.path, Int32(MNT_DETACH)) }

    /// Writes until nothing more fits.
    func fill() throws {
      let descriptor = open("\(folder.path)/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
      defer { close(descriptor) }
      for size in [65_536, 4096, 1] {
        let piece = [UInt8](repeating: 1, count: size)
        while write(descriptor, piece, size) == size {}
      }
    }
  }

  @Test("P11 full disk", .enabled(if: geteuid() == 0, "needs root, for a small disk"))
  func whatWaitsForSpaceIsStillWrittenDown() throws {
    let disk = try SmallDisk(megabytes: 40)
    let home = Home(disk.folder)
    let catalog = try Catalog(folder: home.folder.path)
    let copy = try home.want(catalog, "a/b", [home.file("m.gguf")])
    #expect(CatalogFiles.size(home.files.ballast) == Int64(Ballast.bytes))
    try disk.fill()
    // The journal may not take the last room.
    #expect {
      for number in 0..<1000 { try catalog.setMark("filler\(number)", String(repeating: "x", count: 20_000)) }
    } throws: { ($0 as? CatalogError)?.kind == .full }
    #expect(CatalogFiles.size(home.files.ballast) != nil)
    // The state may.
    try catalog.setState(ofCopy: copy.id, .waiting, reason: "no room", at: home.now)
    #expect(CatalogFiles.size(home.files.ballast) == nil)
    #expect(try catalog.copy(copy.id)?.state == .waiting)
    #expect(try home.quickCheck() == "ok")
    // Reading works, and with room again so does everything.
    unlink("\(home.folder.path)/filler")
    try catalog.setMark("later", "x")
    try catalog.settle()
    #expect(CatalogFiles.size(home.files.ballast) == Int64(Ballast.bytes))
  }

  @Test("D1 disk full at the start", .enabled(if: geteuid() == 0, "needs root, for a small disk"))
  func aFullDiskIsNoObstacleToOpening() throws {
    let disk = try SmallDisk(megabytes: 40)
    let home = Home(disk.folder)
    do { try home.fill(try Catalog(folder: home.folder.path), 100) }
    try disk.fill()
    let catalog = try Catalog(folder: home.folder.path)
    #expect(try catalog.repoCount() == 100)
    #expect {
      try catalog.keepSnapshot(at: home.now)
    } throws: { ($0 as? CatalogError)?.kind == .full }
    #expect(!(try home.names.contains { $0.hasSuffix("copying") || $0.hasSuffix("snapshot") }))
  }
}
