import Catalog
import Domain
import Foundation
import Glibc
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Downloads

@Suite("A partial file")
struct PartialFileTests {
  private static let content = Noise.bytes(1000)
  private let folder: TemporaryFolder
  private let stem: String

  init() throws {
    folder = try TemporaryFolder()
    stem = "\(folder.path)/file"
  }

  private func file(_ name: String = "m.bin") throws -> ModelFile {
    ModelFile(path: try #require(RepoPath(name)), size: 1000, hash: Stage.hash(Self.content))
  }

  private func open(
    _ name: String = "m.bin", journal: PartialRecord? = nil, boot: String = "boot",
    synchronize: @escaping @Sendable (Int32) -> Int32 = { fdatasync($0) }
  ) throws -> PartialFile {
    try PartialFile(path: stem, file: try file(name), journal: journal, boot: boot, synchronize: synchronize)
  }

  private func durable(_ ranges: Range<Int64>..., boot: String = "boot") -> PartialRecord {
    PartialRecord(boot: boot, durable: ByteRanges(ranges))
  }

  private func head(_ status: Int, _ headers: [(name: String, value: String)]) throws -> HTTPHead {
    HTTPHead(status: status, headers: HTTPHeaders(headers), url: try #require(HTTPURL("http://127.0.0.1/f")))
  }

  @discardableResult
  private func write(_ target: PartialFile, _ range: Range<Int>, _ claim: PartialFile.Claim) throws -> PartialFile.Fate
  {
    try Self.content[range].withUnsafeBytes { try target.write($0, for: claim) }
  }

  /// Fetches a range, as a connection would.
  private func fetch(_ target: PartialFile, _ count: Int64) throws {
    let claim = try #require(target.claim(length: count))
    try write(target, Int(claim.range.lowerBound)..<Int(claim.range.upperBound), claim)
    target.release(claim)
  }

  @Test func severalConnectionsWriteWhatTheyClaimed() async throws {
    let target = try open()
    let first = try #require(target.claim(length: 400))
    let second = try #require(target.claim(length: 400))
    let third = try #require(target.claim(length: 400))
    #expect([first, second, third].map(\.range) == [0..<400, 400..<800, 800..<1000])
    #expect(target.claim(length: 1) == nil)
    #expect(try write(target, 800..<1000, third) == .full)
    #expect(try write(target, 400..<500, second) == .wanted)
    #expect(target.prefix == 0)
    #expect(try write(target, 0..<400, first) == .full)
    #expect(target.prefix == 500 && !target.isComplete)
    #expect(!target.release(second))
    let rest = try #require(target.claim(length: 400))
    #expect(rest.range == 500..<800)
    #expect(try write(target, 500..<800, rest) == .full)
    #expect(target.isComplete)
    #expect(bytes("\(stem).part") == Self.content)
    #expect(try await PrefixHasher(target).finish() == Stage.hash(Self.content))
  }

  @Test func theSlowestIsHelped() throws {
    let target = try open()
    let slow = try #require(target.claim(length: 1000))
    try write(target, 0..<200, slow)
    let help = try #require(target.claimHalf(least: 100))
    #expect(help.range == 600..<1000)
    #expect(try write(target, 600..<1000, help) == .full)
    // Its server sends on; what others have fetched is not taken from it.
    #expect(try write(target, 200..<900, slow) == .full)
    #expect(target.isComplete && bytes("\(stem).part") == Self.content)
    #expect(target.claimHalf(least: 1) == nil)
  }

  @Test func inOneBootAllThatWasWrittenCounts() throws {
    try fetch(open(), 300)
    let again = try open(journal: durable())
    #expect(again.arrived.ranges == [0..<300])
    #expect(again.journal.durable.isEmpty)
  }

  @Test func overARebootOnlyTheJournalCounts() throws {
    try fetch(open(), 300)
    #expect(try open(journal: durable(0..<100, 150..<200), boot: "next").arrived.ranges == [0..<100, 150..<200])
  }

  @Test func withoutAJournalNothingCounts() throws {
    try fetch(open(), 300)
    #expect(try open().arrived.isEmpty)
  }

  @Test func whatWasCutOffIsGone() throws {
    try fetch(open(), 300)
    #expect(truncate("\(stem).part", 200) == 0)
    #expect(try open(journal: durable(0..<250)).arrived.ranges == [0..<200])
  }

  @Test func aRecordOfAnotherFileOrRubbishCountsForNothing() throws {
    try fetch(open(), 300)
    let record = try #require(bytes("\(stem).progress"))
    for index in record.indices {
      var broken = record
      broken[index] ^= 1
      #expect(ProgressRecord(broken) == nil)
    }
    for count in 0..<record.count { #expect(ProgressRecord(Array(record.prefix(count))) == nil) }
    try Data(record.reversed()).write(to: URL(fileURLWithPath: "\(stem).progress"))
    #expect(try open(journal: durable(0..<10)).arrived.ranges == [0..<10])
  }

  @Test func aRecordOfManyRangesStaysInItsPage() throws {
    let ranges = (0..<1000).map { Int64($0) * 10..<Int64($0) * 10 + 5 }
    let bytes = ProgressRecord(boot: "boot", size: 10_000, arrived: ByteRanges(ranges)).bytes
    #expect(bytes.count <= 4096)
    let told = try #require(ProgressRecord(bytes)).arrived
    #expect(told.ranges == Array(ranges.prefix(told.ranges.count)) && told.ranges.count > 200)
  }

  @Test func theJournalNeverRunsAheadOfTheSync() throws {
    let target = try open()
    try fetch(target, 100)
    #expect(target.journal.durable.isEmpty)
    #expect(try target.synchronize())
    #expect(target.journal.durable.ranges == [0..<100])
    #expect(try !target.synchronize(), "nothing is new")
  }

  @Test func aFailedSyncIsNotBelievedTheSecondTime() throws {
    let failing = Mutex(false)
    let target = try open { _ in
      guard failing.withLock({ $0 }) else { return 0 }
      errno = EIO
      return -1
    }
    try fetch(target, 100)
    #expect(try target.synchronize())
    try fetch(target, 100)
    failing.withLock { $0 = true }
    #expect(throws: DownloadError.self) { try target.synchronize() }
    // The kernel reports a lost page once; the next call succeeds without the page.
    failing.withLock { $0 = false }
    #expect(throws: DownloadError.self) { try target.synchronize() }
    #expect(throws: DownloadError.self) { try target.publish(in: FolderHandle(folder.path), as: "final", mode: 0o644) }
    #expect(throws: DownloadError.self) { try fetch(target, 100) }
    #expect(target.arrived.ranges == [0..<100], "what is in doubt is forgotten")
    #expect(ProgressRecord(path: "\(stem).progress")?.arrived.ranges == [0..<100])
  }

  @Test func aNameThatIsTakenIsNotTakenAway() throws {
    let target = try open()
    try fetch(target, 1000)
    let final = "\(folder.path)/final"
    try Data([1]).write(to: URL(fileURLWithPath: final))
    #expect(throws: DownloadError.self) { try target.publish(in: FolderHandle(folder.path), as: "final", mode: 0o644) }
    #expect(bytes(final) == [1])
    unlink(final)
    try target.publish(in: FolderHandle(folder.path), as: "final", mode: 0o640)
    #expect(bytes(final) == Self.content && names(folder.path) == ["final"])
  }

  @Test func aSecondWriterIsKeptOut() throws {
    let first = try open()
    #expect(throws: DownloadError.self) { try open() }
    withExtendedLifetime(first) {}
  }

  // MARK: Answers

  private func sink(_ target: PartialFile, _ claim: PartialFile.Claim, isWhole: Bool = false) -> SegmentSink {
    SegmentSink(target, claim, isWhole: isWhole)
  }

  @Test(
    "N8 wrong Content-Range",
    arguments: [
      "bytes 499-999/1000", "bytes 501-999/1000", "bytes 500-998/1000", "bytes 500-999/1001",
      "bytes 500-999/*", "",
    ])
  func anotherRangeThanAskedForIsRefused(range: String) throws {
    let target = try open(journal: durable(0..<500))
    try? FileManager.default.removeItem(atPath: "\(stem).progress")
    try fetch(target, 500)
    let claim = try #require(target.claim(length: 500))
    #expect(throws: SegmentFault.self) {
      try sink(target, claim).receive(head: head(206, [("Content-Range", range)]))
    }
    try sink(target, claim).receive(head: head(206, [("Content-Range", "bytes 500-999/1000")]))
  }

  @Test func aWholeBodyBehindTheStartIsRefused() throws {
    let target = try open()
    try fetch(target, 500)
    let claim = try #require(target.claim(length: 500))
    #expect(throws: SegmentFault.rangeIgnored) {
      try sink(target, claim).receive(head: head(200, [("Content-Length", "1000")]))
    }
  }

  @Test func aWholeBodyAtTheStartIsTheOnlyStream() throws {
    let target = try open()
    let first = try #require(target.claim(length: 100))
    let second = try #require(target.claim(length: 100))
    let whole = sink(target, first)
    try whole.receive(head: head(200, [("Content-Length", "1000")]))
    Self.content.withUnsafeBytes { bytes -> Void in
      #expect(throws: SegmentFault.complete) { try whole.receive(bytes: bytes) }
    }
    #expect(target.isComplete)
    #expect(try write(target, 100..<200, second) == .full)
  }

  @Test func anotherLengthOrAWebPageIsRefused() throws {
    let target = try open()
    let claim = try #require(target.claim(length: 1000))
    let sink = sink(target, claim, isWhole: true)
    #expect(throws: DownloadError.self) { try sink.receive(head: head(200, [("Content-Length", "999")])) }
    #expect(throws: SegmentFault.webPage) {
      try sink.receive(head: head(200, [("Content-Type", "text/html; charset=utf-8")]))
    }
  }

  @Test("N9 more bytes than asked")
  func moreBytesThanAskedForAreLeftOut() throws {
    let target = try open()
    let claim = try #require(target.claim(length: 100))
    let sink = sink(target, claim)
    try sink.receive(head: head(206, [("Content-Range", "bytes 0-99/1000")]))
    Self.content[..<300].withUnsafeBytes { bytes -> Void in
      #expect(throws: SegmentFault.complete) { try sink.receive(bytes: bytes) }
    }
    #expect(target.arrived.ranges == [0..<100])
  }

  @Test func theBodyOfAnErrorIsNoFile() throws {
    let target = try open()
    let sink = sink(target, try #require(target.claim(length: 1000)))
    try sink.receive(head: head(503, []))
    try Array("<b>busy\u{1B}[2J</b>".utf8).withUnsafeBytes { try sink.receive(bytes: $0) }
    #expect(target.arrived.isEmpty)
    #expect(sink.excerpt == "<b>busy [2J</b>")
  }

  @Test(
    "C15 LFS pointer or foreign content instead of the file",
    arguments: [
      ("m.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:"), ("m.gguf", "<!DOCTYPE html>"),
      ("m.safetensors", "not a header length"),
    ])
  func firstBytesThatCannotBeRight(name: String, text: String) throws {
    let target = try open(name)
    let sink = sink(target, try #require(target.claim(length: 1000)), isWhole: true)
    try sink.receive(head: head(200, []))
    Array(text.utf8).withUnsafeBytes { bytes -> Void in
      #expect(throws: SegmentFault.self) { try sink.receive(bytes: bytes) }
    }
    #expect(target.arrived.isEmpty)
  }

  @Test func hashingStopsWhenTheTaskIsCancelled() async throws {
    let path = "\(folder.path)/whole"
    try Data(Self.content).write(to: URL(fileURLWithPath: path))
    let file = try file()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try BlobCheck.hash(of: path, expected: file)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aChildThatIsBeingMadeDoesNotKeepTheLock() throws {
    // What fork does to a descriptor: the same open file a second time.
    let lock = "\(folder.path)/file.lock"
    var first = try FileLock.attempt(lock)
    let copies = try withExtendedLifetime(first) {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
        return target == lock ? Int32(name).map { dup($0) } : nil
      }
    }
    defer { for copy in copies { close(copy) } }
    #expect(!copies.isEmpty)
    first = nil
    #expect(try FileLock.attempt(lock) != nil)
  }
}
