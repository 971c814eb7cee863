import Domain
import Foundation
import TestSupport
import Testing
import Watch

@Suite("One hubwatch at a time")
struct StateLockTests {
  @Test("P4 two at once") func theSecondIsToldWhoHoldsIt() throws {
    let folder = try TemporaryFolder()
    let first = try StateLock(folder: "\(folder.path)/state")
    #expect {
      try StateLock(folder: "\(folder.path)/state")
    } throws: { error in
      let error = error as? StateLockError
      return error == .busy(processID: getpid(), folder: "\(folder.path)/state") && error?.exitCode == .busy
        && error?.problem.contains("already running, pid \(getpid())") == true
    }
    withExtendedLifetime(first) {}
  }

  @Test func itIsFreeAgainWhenItsHolderIsGone() throws {
    let folder = try TemporaryFolder()
    do { _ = try StateLock(folder: folder.path) }
    _ = try StateLock(folder: folder.path)
  }

  @Test("P4 a lock file of a dead process") func aFileThatADeadProcessLeftIsNoObstacle() throws {
    let folder = try TemporaryFolder()
    try "4194305\n2026-11-23T07:00:00Z\nand more than we write\n".write(
      toFile: "\(folder.path)/lock", atomically: true, encoding: .utf8)
    #expect(StateLock.holder(folder: folder.path) == nil)
    let now = Date(timeIntervalSince1970: 1_790_000_000)
    let lock = try StateLock(folder: folder.path, at: now)
    #expect(StateLock.holder(folder: folder.path) == .init(processID: getpid(), since: now))
    #expect(
      try String(contentsOfFile: "\(folder.path)/lock", encoding: .utf8)
        == "\(getpid())\n\(now.formatted(.iso8601))\n")
    withExtendedLifetime(lock) {}
  }

  @Test func whoAsksForTheHolderTakesNothingFromAnybody() throws {
    let folder = try TemporaryFolder()
    #expect(StateLock.holder(folder: folder.path) == nil)
    do { _ = try StateLock(folder: folder.path) }
    #expect(StateLock.holder(folder: folder.path) == nil)
    try "x".write(toFile: "\(folder.path)/lock", atomically: true, encoding: .utf8)
    let lock = try StateLock(folder: folder.path)
    #expect(StateLock.holder(folder: folder.path)?.processID == getpid())
    withExtendedLifetime(lock) {}
  }

  @Test func aFolderThatCannotBeMadeIsUnusable() {
    #expect {
      try StateLock(folder: "/proc/hubwatch")
    } throws: { ($0 as? StateLockError)?.exitCode == .unusableSetup }
  }

  @Test func aLinkInTheLocksPlaceIsNotFollowed() throws {
    let folder = try TemporaryFolder()
    let target = "\(folder.path)/precious"
    try "precious".write(toFile: target, atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/lock", withDestinationPath: target)
    #expect(throws: StateLockError.self) { try StateLock(folder: folder.path) }
    #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
  }
}
