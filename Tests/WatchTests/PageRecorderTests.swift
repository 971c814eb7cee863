import Catalog
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Watch

@Suite("Recording pages while others are read")
struct PageRecorderTests {
  private let shelf: Shelf
  private var judge: Judge { { _ in Ruling(isAdmitted: true, rule: .unknownArchitecture) } }

  init() throws { shelf = try Shelf() }

  private struct Mishap: Error {}

  @Test func everyPageIsRecordedWithItsMarks() async throws {
    let result = try await PageRecorder.recording(into: shelf.catalog, judge: judge) { recorder in
      for page in 0..<50 {
        try await recorder.add(
          (0..<100).map { try shelf.row("a/m\(page)-\($0)") }, at: shelf.now, marks: ["page": "\(page)"])
      }
    }
    #expect(result.new == 5000)
    #expect(try shelf.catalog.repoCount() == 5000 && shelf.catalog.mark("page") == "49")
  }

  @Test func whatWasReadBeforeAMishapIsRecorded() async throws {
    await #expect(throws: Mishap.self) {
      try await PageRecorder.recording(into: shelf.catalog, judge: judge) { recorder in
        try await recorder.add([try shelf.row("a/m")], at: shelf.now, marks: ["page": "1"])
        throw Mishap()
      }
    }
    #expect(try shelf.catalog.repoCount() == 1 && shelf.catalog.mark("page") == "1")
  }

  @Test func aPageWithoutRowsStillHasItsMarks() async throws {
    _ = try await PageRecorder.recording(into: shelf.catalog, judge: judge) { recorder in
      try await recorder.add([], at: shelf.now, marks: ["page": "7"])
    }
    #expect(try shelf.catalog.mark("page") == "7")
  }

  @Test func aCatalogThatRefusesEndsTheReading() async throws {
    let other = try DatabaseQueue(path: shelf.catalog.path)
    try await other.write { database in
      try database.execute(
        sql: "CREATE TRIGGER full BEFORE INSERT ON repo WHEN NEW.id = 'a/m3' BEGIN SELECT RAISE(ABORT, 'full'); END")
    }
    await #expect(throws: CatalogError.self) {
      try await PageRecorder.recording(into: shelf.catalog, judge: judge) { recorder in
        // It ends because the recorder says so, however many pages there are.
        for page in 0... {
          try await recorder.add([try shelf.row("a/m\(page)")], at: shelf.now, marks: ["page": "\(page)"])
        }
      }
    }
    #expect(try shelf.catalog.repo(#require(RepoID("a/m3"))) == nil)
  }
}
