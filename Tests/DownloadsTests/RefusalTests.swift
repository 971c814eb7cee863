import Domain
import Foundation
import Glibc
import HubServer
import TestSupport
import Testing

@testable import Downloads

@Suite("Downloads that do not end well")
struct RefusalTests {
  private func kind(_ error: (any Error)?) -> DownloadError.Kind? { (error as? DownloadError)?.kind }

  @Test func wrongBytesOnceAreHealed() async throws {
    try await Stage.with(faults: [.wrongBytes(offset: 5000, count: 3)]) { stage in
      let copy = try await stage.want(Stage.file)
      try await stage.expect(from: copy)
      #expect(await stage.bodies.map(\.range) == [nil, nil])
      #expect(try stage.state(copy).state == .verified)
      #expect(leftovers("\(stage.folder.path)/cache/hubwatch-partial") == [])
    }
  }

  @Test func wrongBytesTwiceAreQuarantined() async throws {
    let fault = Fault.Action.wrongBytes(offset: 5000, count: 3)
    try await Stage.with(faults: [fault, fault]) { stage in
      try await expectQuarantine(stage, hash: Stage.hash) { bytes in
        bytes.count == Stage.content.count && zip(bytes, Stage.content).filter { $0 != $1 }.count == 3
      }
      // A person may try again, and then all is well.
      let again = try await stage.want(Stage.file)
      #expect(again.state == .wanted)
      try await stage.expect(from: again)
    }
  }

  @Test func aWrongAnnouncementIsQuarantined() async throws {
    var sidecar = RepoSidecar()
    let announced = String(repeating: "ab", count: 32)
    sidecar.files[Stage.file] = .init(sha256: announced)
    try await Stage.with(sidecar: sidecar) { stage in
      try await expectQuarantine(stage, hash: .sha256(announced)) { $0 == Stage.content }
      let stored = try #require(try stage.catalog.copies(of: stage.repo).first)
      #expect(stored.reason?.contains("\(Stage.hash)") == true, "the hash that was found is told")
    }
  }

  private func expectQuarantine(
    _ stage: Stage, hash: ContentHash, aside isAside: ([UInt8]) -> Bool
  ) async throws {
    let copy = try await stage.want(Stage.file)
    let error = await stage.failure(copy)
    guard case .wrongContent = kind(error) else {
      Issue.record("it ended with \(String(describing: error))")
      return
    }
    #expect(try stage.state(copy).state == .quarantined)
    #expect(await stage.bodies.count == 2)
    let partial = "\(stage.folder.path)/cache/hubwatch-partial"
    #expect(leftovers(partial) == ["\(hash).damaged"])
    let aside = try #require(bytes("\(partial)/\(hash).damaged"))
    #expect(isAside(aside))
    let repo = "\(stage.cache.root)/models--org--model"
    #expect(
      names("\(repo)/blobs").isEmpty && names("\(repo)/refs").isEmpty && names("\(repo)/snapshots").isEmpty)
  }

  @Test func aDamagedShardKeepsTheRefBack() async throws {
    let shards = (1...2).map { "m-0000\($0)-of-00002.gguf" }
    var sidecar = RepoSidecar()
    sidecar.files[shards[1]] = .init(sha256: String(repeating: "ab", count: 32))
    try await Stage.with([shards[0]: Stage.content, shards[1]: Stage.content], sidecar: sidecar) { stage in
      let copy = try await stage.want(shards[0], shards[1])
      #expect(await stage.failure(copy) != nil)
      #expect(try stage.catalog.parts(ofCopy: copy.id).map(\.isVerified) == [true, false])
      let repo = "\(stage.cache.root)/models--org--model"
      #expect(names("\(repo)/refs").isEmpty && names("\(repo)/snapshots").isEmpty)
      #expect(names("\(repo)/blobs") == [Stage.hash.description])
    }
  }

  @Test func anotherSizeThanListedIsRefusedBeforeTheFirstByte() async throws {
    try await Stage.with { stage in
      let commit = try #require(try await stage.hub.modelInfo(stage.repo).sha)
      let path = try #require(RepoPath(Stage.file))
      let file = ModelFile(path: path, size: Int64(Stage.content.count) + 1, hash: Stage.hash)
      let copy = try stage.want([file], at: commit)
      let error = await stage.failure(copy)
      guard case .inconsistent = kind(error) else {
        Issue.record("it ended with \(String(describing: error))")
        return
      }
      #expect(try stage.state(copy).state == .blocked)
      #expect(await stage.bodies.isEmpty)
    }
  }

  @Test func aFileThatIsNotInTheCommitIsBlocked() async throws {
    try await Stage.with { stage in
      let commit = try await stage.want(Stage.file).commit
      let path = try #require(RepoPath("missing.gguf"))
      let copy = try stage.want([ModelFile(path: path, size: 7, hash: Stage.hash)], at: commit)
      #expect(await stage.failure(copy) != nil)
      #expect(try stage.state(copy).state == .blocked)
    }
  }

  @Test func aHubThatIsDownMeansWaiting() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      await stage.server.stop()
      #expect(await stage.failure(copy) != nil)
      #expect(try stage.state(copy).state == .waiting)
      #expect(try stage.state(copy).reason?.isEmpty == false)
    }
  }

  @Test func aLockThatSomebodyHoldsMeansWaiting() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let folder = "\(stage.cache.root)/.locks/models--org--model"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try await holdingLock("\(folder)/\(Stage.hash).lock") {
        #expect(kind(await stage.failure(copy)) == .inUse)
        let state = try stage.state(copy).state
        #expect(state == .waiting)
        #expect(await stage.bodies.isEmpty)
      }
      try await stage.expect(from: copy)
    }
  }

  @Test func aPartialFileThatSomebodyWritesMeansWaiting() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      _ = try stage.cache.partialFolder()
      try await holdingLock(stage.partial(Stage.hash)) {
        #expect(kind(await stage.failure(copy)) == .inUse)
      }
      try await stage.expect(from: copy)
    }
  }

  private func holdingLock(_ path: String, _ body: () async throws -> Void) async throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    try #require(descriptor >= 0)
    defer { FileLock.release(descriptor) }
    try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try await body()
  }

  @Test func tooLittleRoomMeansWaiting() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      guard case .noSpace(let needed, _) = kind(await stage.failure(copy, reserve: 1 << 60)) else {
        Issue.record("there seems to be room above a reserve of an exabyte")
        return
      }
      #expect(needed == ByteCount(1_000_000))
      #expect(try stage.state(copy).state == .waiting)
      #expect(await stage.bodies.isEmpty)
    }
  }

  @Test("C15 other content than the name says", arguments: [1_000_000, 30_000_000])
  func otherContentThanTheNameSaysIsBlocked(size: Int) async throws {
    try await Stage.with([Stage.file: Noise.bytes(size)]) { stage in
      let copy = try await stage.want(Stage.file)
      guard case .inconsistent(let reason) = kind(await stage.failure(copy)) else {
        Issue.record("it was taken for a GGUF file")
        return
      }
      #expect(reason.contains("GGUF"))
      #expect(try stage.state(copy).state == .blocked)
    }
  }

  private static let memoryFolder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil

  @Test(.enabled(if: memoryFolder != nil, "needs /dev/shm"))
  func roomThatIsReservedAlreadyIsNotAskedForTwice() async throws {
    // A file system that nobody else writes to, so that what is free does not change by itself.
    let folder = "\(try #require(Self.memoryFolder))/hubwatch-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let size = 40_000_000
    let content = Array("GGUF".utf8) + [UInt8](repeating: 7, count: size - 4)
    // Enough for one defeat, and too few for so many that the host is left alone.
    let faults: [Fault.Action] =
      [.cut(afterBytes: 1_000_000)] + .init(repeating: .status(503), count: 19)
    try await Stage.with([Stage.file: content], faults: faults, cacheRoot: "\(folder)/hub") { stage in
      let copy = try await stage.want(Stage.file)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let free = try #require(DiskSpace(folder)).free.bytes
      let reserve = free - Int64(size) - 10_000_000
      #expect(await stage.failure(copy, reserve: reserve) != nil)
      // Several connections use up the server's mishaps, how many at a time is not known.
      while let error = await stage.failure(copy, reserve: reserve) {
        if case .noSpace = kind(error) { Issue.record("\(error)"); break }
      }
      try await stage.expect(content, from: copy, reserve: reserve)
    }
  }
}
