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
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/file.part"
  }

  private func file(size: Int = content.count) throws -> ModelFile {
    ModelFile(path: try #require(RepoPath("m.gguf")), size: Int64(size), hash: Stage.hash(Self.content))
  }

  private func open(
    trusted: Int64 = .max, journal: @escaping PartialFile.Journal = { _ in },
    synchronize: @escaping @Sendable (Int32) -> Int32 = { fdatasync($0) }
  ) throws -> PartialFile {
    try PartialFile(
      path: path, file: try file(), trusted: trusted, journal: journal, progress: { _ in },
      synchronize: synchronize)
  }

  private func head(_ status: Int, _ headers: [(name: String, value: String)]) throws -> HTTPHead {
    HTTPHead(status: status, headers: HTTPHeaders(headers), url: try #require(HTTPURL("http://127.0.0.1/f")))
  }

  private func feed(_ target: PartialFile, _ range: Range<Int>) throws {
    try Self.content[range].withUnsafeBytes { try target.receive(bytes: $0) }
  }

  @Test func bytesGoToTheirPlaceAndAreHashedOnTheWay() throws {
    let target = try open()
    try target.receive(head: head(200, [("Content-Length", "1000")]))
    try feed(target, 0..<300)
    try target.settle()
    try target.receive(head: head(206, [("Content-Range", "bytes 300-999/1000")]))
    try feed(target, 300..<1000)
    #expect(target.finishedHash() == Stage.hash(Self.content))
    #expect(bytes(path) == Self.content)
  }

  @Test func whatIsThereIsHashedWhenItIsOpened() throws {
    try Data(Self.content[..<600] + [1, 2, 3]).write(to: URL(fileURLWithPath: path))
    let target = try open(trusted: 600)
    #expect(target.offset == 600)
    try target.receive(head: head(206, [("Content-Range", "bytes 600-999/1000")]))
    try feed(target, 600..<1000)
    #expect(target.finishedHash() == Stage.hash(Self.content))
  }

  @Test(
    arguments: [
      "bytes 499-999/1000", "bytes 501-999/1000", "bytes 500-998/1000", "bytes 500-999/1001",
      "bytes 500-999/*", "",
    ])
  func anotherRangeThanAskedForIsRefused(range: String) throws {
    try Data(Self.content[..<500]).write(to: URL(fileURLWithPath: path))
    let target = try open()
    #expect(throws: DownloadError.self) { try target.receive(head: head(206, [("Content-Range", range)])) }
    try target.receive(head: head(206, [("Content-Range", "bytes 500-999/1000")]))
  }

  @Test func aWholeBodyBehindTheStartIsRefused() throws {
    try Data(Self.content[..<500]).write(to: URL(fileURLWithPath: path))
    #expect(throws: (any Error).self) { try open().receive(head: head(200, [("Content-Length", "1000")])) }
  }

  @Test func anotherLengthOrAWebPageIsRefused() throws {
    let target = try open()
    #expect(throws: DownloadError.self) { try target.receive(head: head(200, [("Content-Length", "999")])) }
    #expect(throws: DownloadError.self) {
      try target.receive(head: head(200, [("Content-Type", "text/html; charset=utf-8")]))
    }
  }

  @Test func moreBytesThanTheFileHasAreRefused() throws {
    let target = try open()
    try target.receive(head: head(200, []))
    try feed(target, 0..<999)
    #expect(throws: DownloadError.self) { try feed(target, 0..<2) }
    #expect(target.offset == 999)
  }

  @Test func theBodyOfAnErrorIsNoFile() throws {
    let target = try open()
    try target.receive(head: head(503, []))
    try feed(target, 0..<100)
    #expect(target.offset == 0 && bytes(path) == [])
  }

  @Test func theJournalNeverRunsAheadOfTheSync() throws {
    let events = Mutex<[String]>([])
    let target = try open(
      journal: { count in events.withLock { $0.append("journal \(count)") } },
      synchronize: { _ in
        events.withLock { $0.append("sync") }
        return 0
      })
    try target.receive(head: head(200, []))
    try feed(target, 0..<100)
    #expect(events.withLock { $0 } == [])
    try target.settle()
    try target.settle()
    #expect(events.withLock { $0 } == ["sync", "journal 100"])
  }

  @Test func aFailedSyncIsNotBelievedTheSecondTime() throws {
    let journaled = Mutex<[Int64]>([])
    let failing = Mutex(false)
    let target = try open(
      journal: { count in journaled.withLock { $0.append(count) } },
      synchronize: { _ in
        guard failing.withLock({ $0 }) else { return 0 }
        errno = EIO
        return -1
      })
    try target.receive(head: head(200, []))
    try feed(target, 0..<100)
    try target.settle()
    try feedAfterHead(target)
    failing.withLock { $0 = true }
    #expect(throws: DownloadError.self) { try target.settle() }
    // The kernel reports a lost page once; the next call succeeds without the page.
    failing.withLock { $0 = false }
    #expect(throws: DownloadError.self) { try target.settle() }
    #expect(throws: DownloadError.self) { try target.publish(as: "\(folder.path)/final") }
    #expect(journaled.withLock { $0 } == [100])
    #expect(bytes(path)?.count == 100, "what is in doubt is thrown away")
  }

  private func feedAfterHead(_ target: PartialFile) throws {
    try target.receive(head: head(206, [("Content-Range", "bytes 100-999/1000")]))
    try feed(target, 100..<200)
  }

  @Test func aSecondWriterIsKeptOut() throws {
    let first = try open()
    #expect(throws: DownloadError.self) { try open() }
    withExtendedLifetime(first) {}
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

  @Test func hashingStopsWhenTheTaskIsCancelled() async throws {
    try Data(Self.content).write(to: URL(fileURLWithPath: path))
    let (path, file) = (path, try file())
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try BlobCheck.hash(of: path, expected: file)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
