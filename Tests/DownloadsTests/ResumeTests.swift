import Catalog
import Domain
import Foundation
import HubServer
import Synchronization
import TestSupport
import Testing

@testable import Downloads

@Suite("Resuming")
struct ResumeTests {
  /// A download that stops after about 600,000 bytes, since the server then has enough of it.
  private static let broken: [Fault.Action] = [.cut(afterBytes: 600_000)] + breaks
  private static let breaks = [Fault.Action](repeating: .status(503), count: Trouble.barrenTries)

  @Test func thisBootsBytesAreNotFetchedTwice() async throws {
    try await Stage.with(faults: Self.broken) { stage in
      let copy = try await stage.want(Stage.file)
      #expect(await stage.failure(copy) != nil)
      #expect(try stage.state(copy).state == .waiting)
      let arrived = try #require(stage.arrived(Stage.hash))
      #expect(arrived > 0)
      let progress = ArrivedBytes(catalog: stage.catalog, cache: stage.cache)
      #expect(try progress.count(copy) == Int64(arrived))
      await stage.server.clearRequests()

      try await stage.expect(from: copy)
      #expect(try progress.count(copy) == Int64(Stage.content.count))
      let bodies = await stage.bodies
      #expect(bodies.map(\.range) == ["bytes=\(arrived)-\(Stage.content.count - 1)"])
      #expect(bodies.map(\.bodyBytes) == [Int64(Stage.content.count - arrived)])
    }
  }

  @Test func overARebootOnlyDurableBytesCount() async throws {
    try await Stage.with(faults: Self.broken) { stage in
      let copy = try await stage.want(Stage.file)
      #expect(await stage.failure(copy) != nil)
      // What was not synced may be anything after a power failure.
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: stage.partial(Stage.hash)))
      try handle.seek(toOffset: 300_000)
      try handle.write(contentsOf: Data(count: 200_000))
      try handle.close()
      try stage.catalog.setPartial(
        Stage.hash, PartialRecord(boot: "another boot", durable: ByteRanges([0..<300_000])))
      await stage.server.clearRequests()

      try await stage.expect(from: copy)
      #expect(await stage.bodies.map(\.range) == ["bytes=300000-999999"])
      #expect(try stage.catalog.parts(ofCopy: copy.id).map(\.boot) == [BootID.current])
      #expect(try stage.catalog.partial(Stage.hash) == nil, "the journal ends with the download")
    }
  }

  @Test func aPartialFileThatNoJournalKnowsIsNotTrusted() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      _ = try stage.cache.partialFolder()
      try Data(Stage.content[..<500_000]).write(to: URL(fileURLWithPath: stage.partial(Stage.hash)))
      try await stage.expect(from: copy)
      #expect(await stage.bodies.map(\.range) == [nil])
    }
  }

  @Test("C12 another commit with the same content goes on") func anotherCommitWithTheSameContentGoesOn() async throws {
    try await Stage.with(faults: Self.broken) { stage in
      let old = try await stage.want(Stage.file)
      #expect(await stage.failure(old) != nil)
      let arrived = try #require(stage.arrived(Stage.hash))
      try Data("# A card\n".utf8).write(
        to: URL(fileURLWithPath: "\(stage.folder.path)/hub/\(Stage.name)/README.md"))
      let new = try await stage.want(Stage.file)
      #expect(new.commit != old.commit)
      await stage.server.clearRequests()

      try await stage.expect(from: new)
      #expect(start(await stage.bodies.first) == arrived)
    }
  }

  @Test func aCutBodyIsContinued() async throws {
    try await Stage.with(faults: [.cut(afterBytes: 600_000), .cut(afterBytes: 100_000)]) { stage in
      try await stage.expect(from: try await stage.want(Stage.file))
      let bodies = await stage.bodies
      #expect(bodies.count == 3)
      let starts = bodies.map { start($0) ?? 0 }
      #expect(starts[0] == 0 && starts[1] > 0 && starts[1] <= 600_000)
      #expect(starts[2] > starts[1] && starts[2] <= starts[1] + 100_000)
    }
  }

  @Test func aServerThatIgnoresTheRangeOnceIsAskedAgain() async throws {
    try await Stage.with(faults: [.cut(afterBytes: 600_000), .ignoreRange]) { stage in
      try await stage.expect(from: try await stage.want(Stage.file))
      let starts = await stage.bodies.map { start($0) }
      #expect(starts.count == 3 && starts[1] != nil && starts[2] == starts[1])
    }
  }

  @Test func aServerThatNeverHonoursRangesIsReadFromTheStart() async throws {
    let faults: [Fault.Action] =
      [.cut(afterBytes: 600_000)] + [Fault.Action](repeating: .ignoreRange, count: 10)
    try await Stage.with(faults: faults) { stage in
      let copy = try await stage.want(Stage.file)
      try await stage.expect(from: copy)
      #expect(try stage.state(copy).state == .verified)
      #expect(start(await stage.bodies.last) == nil)
    }
  }

  @Test func aServerWithoutRangesThatAlwaysBreaksIsGivenUp() async throws {
    let faults =
      [Fault.Action.cut(afterBytes: 600_000), .ignoreRange, .ignoreRange, .ignoreRange]
      + .init(repeating: .cut(afterBytes: 600_000), count: 10)
    try await Stage.with(faults: faults) { stage in
      let copy = try await stage.want(Stage.file)
      #expect(await stage.failure(copy) is DownloadError)
      #expect(try stage.state(copy).state == .waiting)
    }
  }

  @Test func anExpiredAddressIsAskedForAgain() async throws {
    try await Stage.with(faults: [.cut(afterBytes: 600_000), .status(403)]) { stage in
      try await stage.expect(from: try await stage.want(Stage.file))
      let requests = await stage.server.requests
      #expect(requests.filter { $0.method == "HEAD" && $0.port == .hub }.count == 2)
      let starts = await stage.bodies.map { start($0) }
      #expect(starts[2] == starts[1])
    }
  }

  @Test("N12 the server's wish to wait is heeded") func theServersWishToWaitIsHeeded() async throws {
    let faults: [Fault.Action] = [.status(429, retryAfter: 70), .status(503, retryAfter: 80), .status(503)]
    try await Stage.with(faults: faults) { stage in
      try await stage.expect(from: try await stage.want(Stage.file))
      let waits = stage.waits.all
      #expect(waits.count == 3 && waits[0] >= 70 && waits[1] >= 80 && waits[2] <= 30, "\(waits)")
    }
  }

  @Test func cancellingLeavesAJournaledPartialFile() async throws {
    // The body stands still in its middle, so that there is something to cancel, however busy the machine is.
    try await Stage.with(faults: [.stall(afterBytes: 400_000, seconds: 600)]) { stage in
      let copy = try await stage.want(Stage.file)
      let (progress, reached) = AsyncStream.makeStream(of: Int64.self)
      let task = Task { try await stage.fetch(copy) { _, done, _ in reached.yield(done) } }
      for await done in progress where done > 300_000 { break }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }

      #expect(try stage.state(copy).state == .downloading)
      let arrived = try #require(stage.arrived(Stage.hash))
      #expect(try stage.catalog.partial(Stage.hash)?.durable.count == Int64(arrived))
      await stage.server.clearRequests()
      try await stage.expect(from: copy)
      let starts = await stage.bodies.map { start($0) ?? 0 }
      #expect(starts.first == arrived && starts.allSatisfy { $0 >= arrived }, "\(starts), arrived \(arrived)")
    }
  }
}
