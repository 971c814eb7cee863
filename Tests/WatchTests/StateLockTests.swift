import Domain
import Foundation
import TestSupport
import Testing
import Watch

@Suite("One hubwatch at a time")
struct StateLockTests {
  @Test func theSecondIsToldWhoHoldsIt() throws {
    let folder = try TemporaryFolder()
    let first = try StateLock(folder: "\(folder.path)/state")
    #expect {
      try StateLock(folder: "\(folder.path)/state")
    } throws: { error in
      let error = error as? StateLockError
      return error == .busy(processID: getpid(), folder: "\(folder.path)/state") && error?.exitCode == .busy
    }
    withExtendedLifetime(first) {}
  }

  @Test func itIsFreeAgainWhenItsHolderIsGone() throws {
    let folder = try TemporaryFolder()
    do { _ = try StateLock(folder: folder.path) }
    _ = try StateLock(folder: folder.path)
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
