import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Catalog

@Suite("Work at which the process dies")
struct AttemptTests {
  @Test("P13 deaths in a row are counted") func deathsAreCountedUntilTheWorkEnds() throws {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    let copy = try home.want(catalog, "a/b", [home.file("m.gguf")])
    for deaths in 0...3 {
      #expect(try catalog.beginAttempt(copy: copy.id, .download, progress: 0, at: home.now) == deaths)
    }
    // Another step has a count of its own.
    #expect(try catalog.beginAttempt(copy: copy.id, .smoke, progress: 0, at: home.now) == 0)
    try catalog.endAttempt(copy: copy.id, .download)
    #expect(try catalog.beginAttempt(copy: copy.id, .download, progress: 0, at: home.now) == 0)
    // A person who asks again takes the risk.
    #expect(try catalog.beginAttempt(copy: copy.id, .download, progress: 0, at: home.now) == 1)
    _ = try home.want(catalog, "a/b", [home.file("m.gguf")], byHand: true)
    #expect(try catalog.beginAttempt(copy: copy.id, .download, progress: 0, at: home.now) == 0)
  }

  @Test("P13 a death that brought bytes does not count") func progressStartsTheCountAnew() throws {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    let copy = try home.want(catalog, "a/b", [home.file("m.gguf", 1000)])
    for bytes in [Int64(100), 200, 300, 400, 500] {
      #expect(try catalog.beginAttempt(copy: copy.id, .download, progress: bytes, at: home.now) == 0)
    }
  }

  @Test("P13 a power failure is nobody's fault") func aNewBootDoesNotCount() throws {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    let copy = try home.want(catalog, "a/b", [home.file("m.gguf")])
    for _ in 0..<5 {
      #expect(try catalog.beginAttempt(copy: copy.id, .download, progress: 0, at: home.now) == 0)
      try catalog.write { try $0.execute(sql: "UPDATE attempt SET boot = 'another'") }
    }
  }
}

@Suite("After a power failure")
struct DoubtTests {
  /// A catalog in which a boot that failed verified files at these seconds.
  private func home(_ seconds: [Double]) throws -> Home {
    let home = try Home()
    let catalog = try Catalog(folder: home.folder.path)
    for (number, second) in seconds.enumerated() {
      let file = try home.file("m\(number).gguf")
      let copy = try home.want(catalog, "a/b\(number)", [file])
      try catalog.setVerified(copy: copy.id, path: file.path, origin: .fetched, boot: "failed", at: home.now + second)
      try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: home.now + second)
    }
    return home
  }

  private func paths(_ catalog: Catalog) throws -> [String] {
    try catalog.filesInDoubt().map { "\($0.part.file.path)" }
  }

  @Test("P2 what was verified in the last minute is in doubt") func theLastMinuteIsInDoubt() throws {
    let home = try home([0, 100, 139, 160, 199])
    // An end in order leaves no doubt.
    #expect(try paths(try Catalog(folder: home.folder.path)).isEmpty)
    try LifeMarker(boot: "failed", processID: 1).write(home.files)
    #expect(try paths(try Catalog(folder: home.folder.path)) == ["m2.gguf", "m3.gguf", "m4.gguf"])
    // The doubt stays until somebody has looked, also when this one ends in order.
    let catalog = try Catalog(folder: home.folder.path)
    let record = try #require(try catalog.filesInDoubt().first)
    try catalog.setScrubbed(copy: record.copy.id, path: record.part.file.path, fingerprint: "", at: home.now + 1000)
    #expect(try paths(catalog) == ["m3.gguf", "m4.gguf"])
    try catalog.clearDoubt()
    #expect(try paths(catalog).isEmpty)
  }

  @Test("P2 a kill within one boot leaves no doubt") func theKernelKeepsWhatAKilledProcessWrote() throws {
    let home = try home([0])
    try home.die()
    #expect(try paths(try Catalog(folder: home.folder.path)).isEmpty)
  }
}
