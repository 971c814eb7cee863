import Checksums
import Domain
import Foundation
import TestSupport
import Testing

@testable import Downloads

@Suite("What a download leaves in the cache")
struct CacheTests {
  @Test func oneFile() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let path = try await stage.fetch(copy)

      let root = stage.cache.root
      #expect(bytes(path) == Stage.content)
      #expect(path == "\(root)/models--org--model/snapshots/\(copy.commit)/model.gguf")
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: path)
      #expect(target == "../../blobs/\(Stage.hash)")
      #expect(names("\(root)/models--org--model") == ["blobs", "refs", "snapshots"])
      #expect(names("\(root)/models--org--model/blobs") == [Stage.hash.description])
      #expect(names("\(root)/models--org--model/refs") == ["main"])
      #expect(bytes("\(root)/models--org--model/refs/main") == Array(copy.commit.description.utf8))
      #expect(names(root) == [".locks", "CACHEDIR.TAG", "models--org--model"])
      let tag = try String(contentsOfFile: "\(root)/CACHEDIR.TAG", encoding: .utf8)
      #expect(tag.hasPrefix("Signature: 8a477f597d28d172789f06886806bc55\n"))
      #expect(names("\(stage.folder.path)/cache") == ["hub", "hubwatch-partial"])
      #expect(leftovers("\(stage.folder.path)/cache/hubwatch-partial") == [])

      #expect(try stage.state(copy).state == .verified)
      #expect(try stage.catalog.parts(ofCopy: copy.id).map(\.isVerified) == [true])
      #expect(await stage.bodies.map(\.bodyBytes) == [Int64(Stage.content.count)])
    }
  }

  @Test func aFileInAFolder() async throws {
    try await Stage.with(["q4/model.gguf": Stage.content]) { stage in
      let path = try await stage.fetch(try await stage.want("q4/model.gguf"))
      #expect(path.hasSuffix("/q4/model.gguf") && bytes(path) == Stage.content)
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: path)
      #expect(target == "../../../blobs/\(Stage.hash)")
    }
  }

  @Test("C13 shards are one copy")
  func shards() async throws {
    let names = (1...3).map { "m-0000\($0)-of-00003.gguf" }
    let files = Dictionary(
      uniqueKeysWithValues: names.enumerated().map {
        ($0.element, Noise.gguf(200_000, seed: UInt64($0.offset + 2)))
      })
    try await Stage.with(files) { stage in
      let copy = try await stage.want(names[0], names[1], names[2])
      let first = try await stage.fetch(copy)
      #expect(first.hasSuffix(names[0]))
      for name in names {
        let path = try #require(RepoPath(name))
        #expect(bytes(stage.cache.snapshot(copy.repo, copy.commit, path)) == files[name])
      }
      #expect(try stage.state(copy).state == .verified)
    }
  }

  @Test func aSmallFileOfPlainGitIsNamedByItsSHA1() async throws {
    let text = Array(#"{"model_type": "llama"}"#.utf8)
    try await Stage.with(["config.json": text]) { stage in
      let path = try await stage.fetch(try await stage.want("config.json"))
      let name = Checksums.sha1(Array("blob \(text.count)\u{0}".utf8) + text)
      #expect(bytes(path) == text)
      #expect(names("\(stage.cache.root)/models--org--model/blobs") == [name])
    }
  }

  @Test func anEmptyFile() async throws {
    try await Stage.with(["config.json": []]) { stage in
      try await stage.expect([], from: try await stage.want("config.json"))
    }
  }

  @Test func aBlobThatIsThereIsOnlyHashed() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      try stage.put(Stage.content, asBlobOf: copy.repo)
      try await stage.expect(from: copy)
      #expect(await stage.bodies.isEmpty)
      #expect(try stage.state(copy).state == .verified)
    }
  }

  @Test(arguments: [999_999, 1_000_000, 1_000_001])
  func aDamagedBlobIsSetAsideAndFetched(size: Int) async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      try stage.put(Noise.bytes(size, seed: 77), asBlobOf: copy.repo)
      try await stage.expect(from: copy)
      #expect(await stage.bodies.count == 1)
      let aside = "\(stage.folder.path)/cache/hubwatch-partial/\(Stage.hash).damaged"
      #expect(bytes(aside) == Noise.bytes(size, seed: 77))
    }
  }

  @Test func aBlobThatHangsOnALinkToNowhereIsFetched() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let blob = stage.cache.blob(copy.repo, Stage.hash)
      try stage.put([], asBlobOf: copy.repo)
      try FileManager.default.removeItem(atPath: blob)
      try FileManager.default.createSymbolicLink(atPath: blob, withDestinationPath: "../../blobs/aa/gone")
      try await stage.expect(from: copy)
    }
  }

  @Test func aFileInTheLinksPlaceGivesWay() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      let link = stage.cache.snapshot(copy.repo, copy.commit, copy.path)
      try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: link).deletingLastPathComponent().path, withIntermediateDirectories: true
      )
      try Data("old".utf8).write(to: URL(fileURLWithPath: link))
      try await stage.expect(from: copy)
      #expect(names(URL(fileURLWithPath: link).deletingLastPathComponent().path) == ["model.gguf"])
    }
  }

  @Test func aTestedCopyStaysWhatItIs() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      try await stage.fetch(copy)
      try stage.catalog.setState(ofCopy: copy.id, .tested, reason: nil, at: Date(timeIntervalSince1970: 5))
      await stage.server.clearRequests()

      try await stage.expect(from: copy)
      #expect(try stage.state(copy).state == .tested)
      #expect(try stage.state(copy).changedAt == Date(timeIntervalSince1970: 5))
      #expect(await stage.server.requests.isEmpty)
    }
  }

  @Test func aTestedCopyThatIsGoneIsFetchedAgain() async throws {
    try await Stage.with { stage in
      let copy = try await stage.want(Stage.file)
      try await stage.fetch(copy)
      try stage.catalog.setState(ofCopy: copy.id, .tested, reason: nil, at: Date())
      try FileManager.default.removeItem(atPath: stage.cache.blob(copy.repo, Stage.hash))
      try await stage.expect(from: copy)
      #expect(try stage.state(copy).state == .verified)
      #expect(await stage.bodies.count == 2)
    }
  }

  @Test func whatAKilledProcessLeftInThePartialFolderIsSwept() async throws {
    try await Stage.with { stage in
      let partial = "\(stage.folder.path)/cache/hubwatch-partial"
      try FileManager.default.createDirectory(atPath: partial, withIntermediateDirectories: true)
      // No process has this number: the kernel's largest is 4194304.
      try Data("half a ref".utf8).write(to: URL(fileURLWithPath: "\(partial)/9999999.tmp"))
      try Data("at work".utf8).write(to: URL(fileURLWithPath: "\(partial)/1.tmp"))
      try await stage.fetch(try await stage.want(Stage.file))
      #expect(leftovers(partial) == ["1.tmp"])
    }
  }
}

extension Stage {
  /// Puts bytes where the blob of the stage's content belongs.
  func put(_ bytes: [UInt8], asBlobOf repo: RepoID) throws {
    try FileManager.default.createDirectory(
      atPath: "\(cache.folder(repo))/blobs", withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: cache.blob(repo, Self.hash)))
  }
}
