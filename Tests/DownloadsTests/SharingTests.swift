import Catalog
import Checksums
import Domain
import Foundation
import Glibc
import HubServer
import Synchronization
import TestSupport
import Testing

@testable import Downloads

@Suite("A cache that others use, too")
struct SharingTests {
  private func inode(_ path: String) -> UInt64 {
    var info = stat()
    return stat(path, &info) == 0 ? UInt64(info.st_ino) : 0
  }

  /// Puts a repository with the stage's content beside the first one, and wants it.
  private func another(_ stage: Stage) async throws -> CopyRecord {
    let repo = try #require(RepoID("other/reupload"))
    let folder = "\(stage.folder.path)/hub/\(repo)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(Stage.content).write(to: URL(fileURLWithPath: "\(folder)/same.gguf"))
    try RepoSidecar().write(toRepoFolder: folder)
    let commit = try #require(try await stage.hub.modelInfo(repo).sha)
    let files = try await stage.hub.tree(repo, revision: commit.description).files
    return try stage.catalog.want(
      repo: repo, commit: commit, quantization: "Q4_0", files: files.filter { $0.path.description == "same.gguf" },
      byHand: true, at: Date())
  }

  private func fetchOther(_ stage: Stage, _ copy: CopyRecord) async throws -> String {
    try await Downloader(
      hub: stage.hub, http: stage.http, catalog: stage.catalog, cache: stage.cache,
      options: .init(reserve: DiskFloor(bytes: ByteCount(0)))
    ).fetch(copy, ref: "main") { _, _, _ in }
  }

  @Test("C8 the same blob in two repositories")
  func oneContentTwoRepositories() async throws {
    try await Stage.with { stage in
      let first = try await stage.want(Stage.file)
      let path = try await stage.fetch(first)
      let second = try await another(stage)
      await stage.server.clearRequests()
      let twin = try await fetchOther(stage, second)
      #expect(await stage.bodies.isEmpty, "it was fetched a second time")
      #expect(inode(path) == inode(twin) && inode(twin) != 0)
      #expect(try stage.catalog.bytesOnDisk() == Int64(Stage.content.count), "the quota counts it once")
      let removal = CopyRemoval(catalog: stage.catalog, cache: stage.cache)
      let finding = try removal.remove(first, isDry: false, reason: nil, at: Date())
      #expect(finding.bytes == 0, "nothing becomes free while the other has it")
      #expect(bytes(twin) == Stage.content)
    }
  }

  /// The layout in which newer clients keep one content for all repositories.
  private func share(_ stage: Stage, _ repo: RepoID) throws -> String {
    let store = "\(stage.cache.root)/blobs/ab"
    try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: "\(stage.cache.folder(repo))/blobs", withIntermediateDirectories: true)
    let name = "ab" + String(repeating: "0", count: 62)
    try Data(Stage.content).write(to: URL(fileURLWithPath: "\(store)/\(name)"))
    try #require(chmod("\(store)/\(name)", 0o444) == 0)
    try FileManager.default.createSymbolicLink(
      atPath: stage.cache.blob(repo, Stage.hash), withDestinationPath: "../../blobs/ab/\(name)")
    return "\(store)/\(name)"
  }

  @Test func theClientsSharedStoreIsReadAndNeverWritten() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let stored = try share(stage, copy.repo)
      try await stage.expect(from: copy)
      #expect(await stage.bodies.isEmpty)
      let removal = CopyRemoval(catalog: stage.catalog, cache: stage.cache)
      let finding = try removal.remove(try stage.state(copy), isDry: false, reason: nil, at: Date())
      #expect(finding.paths.isEmpty && !finding.left.isEmpty)
      #expect(bytes(stored) == Stage.content && names("\(stage.cache.root)/blobs") == ["ab"])
      // Of another repository that has it, too, the store is the twin.
      let twin = try await fetchOther(stage, try await another(stage))
      #expect(bytes(twin) == Stage.content && inode(twin) == inode(stored))
      #expect(await stage.bodies.isEmpty)
    }
  }

  @Test func aDamagedContentOfTheSharedStoreIsLeftToItsOwner() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let stored = try share(stage, copy.repo)
      try #require(chmod(stored, 0o644) == 0)
      let wrong = Noise.bytes(Stage.content.count, seed: 3)
      try Data(wrong).write(to: URL(fileURLWithPath: stored))
      try await stage.expect(from: copy)
      #expect(bytes(stored) == wrong, "the store was written through the link")
    }
  }

  private final class RaceState: Sendable {
    let swaps = Atomic(0)
    let isOver = Atomic(false)
  }

  @Test("C4 a folder is exchanged for a link while names are made", .timeLimit(.minutes(1)))
  func race() async throws {
    let folder = try TemporaryFolder()
    let cache = HubCache(root: "\(folder.path)/cache/hub")
    let (repo, commit) = (
      try #require(RepoID("org/model")), try #require(CommitHash(String(repeating: "c", count: 40)))
    )
    let file = ModelFile(path: try #require(RepoPath("q4/model.gguf")), size: 4, hash: Stage.hash)
    let outside = "\(folder.path)/outside"
    try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
    try cache.prepare(repo)
    try cache.link(repo, commit, file)
    let snapshot = "\(cache.folder(repo))/snapshots/\(commit)"
    let state = RaceState()
    // A thread of its own, since it never waits for anything.
    let enemy = Thread {
      var count = 0
      while !state.isOver.load(ordering: .relaxed) {
        // The folder goes, a link to elsewhere comes, and goes; then whoever wants the folder makes it anew.
        count += 1
        if rename("\(snapshot)/q4", "\(snapshot)/aside-\(count)") == 0, symlink(outside, "\(snapshot)/q4") == 0 {
          state.swaps.add(1, ordering: .relaxed)
        }
        usleep(20)
        unlink("\(snapshot)/q4")
        usleep(20)
      }
      state.isOver.store(false, ordering: .relaxed)
    }
    enemy.start()
    var (made, refused) = (0, 0)
    while made < 100 || refused < 100 || state.swaps.load(ordering: .relaxed) < 200 {
      let name = "model-\((made + refused) % 40).gguf"
      let other = ModelFile(path: try #require(RepoPath("q4/\(name)")), size: 4, hash: Stage.hash)
      // A refusal is right as well.
      if (try? cache.link(repo, commit, other)) != nil { made += 1 } else { refused += 1 }
      unlink("\(snapshot)/q4/\(name)")
      await Task.yield()
    }
    state.isOver.store(true, ordering: .relaxed)
    while state.isOver.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(1)) }
    #expect(names(outside).isEmpty, "something was made outside of the cache")
  }

  @Test("C4 a link in the place of a folder is not followed", arguments: ["blobs", "snapshots"])
  func foldersThatAreLinks(name: String) async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let outside = "\(stage.folder.path)/outside"
      try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: true)
      try FileManager.default.createDirectory(
        atPath: stage.cache.folder(copy.repo), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: "\(stage.cache.folder(copy.repo))/\(name)", withDestinationPath: outside)
      #expect(await stage.failure(copy) is DownloadError)
      #expect(try stage.state(copy).state == .waiting)
      #expect(names(outside).isEmpty)
    }
  }

  @Test("C4 a partial folder that others may write to, or that is a link")
  func foreignPartialFolder() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let (outside, partial) = ("\(stage.folder.path)/outside", "\(stage.folder.path)/cache/hubwatch-partial")
      for folder in [outside, Folders.parent(partial)] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      }
      try FileManager.default.createSymbolicLink(atPath: partial, withDestinationPath: outside)
      #expect(await stage.failure(copy) is DownloadError)
      #expect(names(outside).isEmpty)
      unlink(partial)
      try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
      try #require(chmod(partial, 0o777) == 0)
      try await stage.expect(from: copy)
      var info = stat()
      #expect(stat(partial, &info) == 0 && info.st_mode & 0o777 == 0o700)
    }
  }

  /// What llama.cpp does with `-hf ORG/NAME` and without a network: the commit that `refs/main` names, the files of that
  /// snapshot, of those Q4_K_M, else Q8_0, else the first; projectors and matrices are no models.
  private func foundByLlama(_ cache: String, _ repo: String) throws -> String? {
    let folder = "\(cache)/models--\(repo.replacing("/", with: "--"))"
    let commit = try String(contentsOfFile: "\(folder)/refs/main", encoding: .utf8)
    try #require(commit.count == 40, "refs/main is \(commit)")
    let snapshot = "\(folder)/snapshots/\(commit)"
    let files = names(snapshot).filter { name in
      name.hasSuffix(".gguf") && !["mmproj", "imatrix"].contains { name.contains($0) }
    }
    let wanted = files.first { $0.contains("Q4_K_M") } ?? files.first { $0.contains("Q8_0") } ?? files.first
    guard let wanted else { return nil }
    let target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(snapshot)/\(wanted)")
    #expect(target.hasPrefix("../../blobs/"), "llama.cpp writes relative links")
    return "\(snapshot)/\(wanted)"
  }

  @Test func llamaCppFindsWhatWeFetched() async throws {
    let files = ["m.Q8_0.gguf": Noise.gguf(50_000, seed: 2), "m.Q4_K_M.gguf": Stage.content]
    try await Stage.with(files) { stage in
      for name in files.keys.sorted(by: >) { try await stage.fetch(try await stage.want(name)) }
      let found = try #require(try foundByLlama(stage.cache.root, Stage.name))
      #expect(bytes(found) == Stage.content)
    }
  }

  @Test("C13 a shard that is missing keeps the model from being ready")
  func missingShard() async throws {
    let shards = (1...3).map { "m-0000\($0)-of-00003.gguf" }
    let files = Dictionary(
      uniqueKeysWithValues: shards.enumerated().map { ($1, Noise.gguf(100_000, seed: UInt64($0 + 2))) })
    try await Stage.with(files) { stage in
      let copy = try await stage.want(shards[0], shards[1], shards[2])
      try FileManager.default.removeItem(atPath: "\(stage.folder.path)/hub/\(Stage.name)/\(shards[1])")
      #expect(await stage.failure(copy) != nil)
      #expect(try stage.state(copy).state != .verified)
      let repo = stage.cache.folder(copy.repo)
      #expect(names("\(repo)/snapshots").isEmpty && names("\(repo)/refs").isEmpty, "half a model has a name")
    }
  }
}
