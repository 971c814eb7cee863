import Domain
import TestSupport
import Testing

@testable import Upstreams

@Suite("The listing of refs")
struct RefListingTests {
  private let a = String(repeating: "a", count: 40)
  private let b = String(repeating: "b", count: 64)

  private func listing(_ text: String) -> RefListing { RefListing(Array(text.utf8)) }

  @Test func aWholeListing() throws {
    let listing = listing(
      "ref: refs/heads/master\tHEAD\n\(a)\tHEAD\n\(a)\trefs/tags/v1\n\(b)\trefs/tags/group/v2\n\(a)\trefs/tags/group/v2^{}\n"
    )
    #expect(listing.skipped == 0)
    #expect(
      listing.refs
        == RemoteRefs(
          head: GitObjectID(a), branch: "master",
          tags: ["v1": try #require(GitObjectID(a)), "group/v2": try #require(GitObjectID(b))]))
    #expect(self.listing("").refs.isEmpty)
    // What else a server may list is no news of ours.
    let other = self.listing("\(a)\trefs/heads/x\n\(a)\trefs/remotes/origin/HEAD\n\(a)\trefs/x/refs/tags/v1\n")
    #expect(other.refs.isEmpty && other.skipped == 0)
  }

  @Test(arguments: [
    "v\u{1B}[31m", "v 1", "v~1", "v^1", "v:1", "v?", "v*", "v[1", "v\\1", "v..1", "v@{1", "v.", ".v", "v.lock", "a//b",
    "a/", "/a", "v\u{7F}", "a/.b", "a.lock/b", "", String(repeating: "v", count: 250),
  ])
  func aNameThatGitNeverGives(_ name: String) {
    let listing = listing("\(a)\tHEAD\n\(a)\trefs/tags/\(name)\n")
    #expect(listing.refs.tags.isEmpty && listing.skipped == 1)
  }

  @Test(arguments: ["", "\t", "abc", "abc\trefs/tags/v1", "ref: x\tHEAD", "ref: refs/heads/a b\tHEAD", "HEAD"])
  func aLineThatIsNone(_ line: String) {
    let listing = listing("\(line)\n\(a)\trefs/tags/ok\n")
    #expect(listing.refs.tags.keys.sorted() == ["ok"] && listing.refs.branch == nil)
    #expect(listing.skipped == (line.isEmpty ? 0 : 1))
  }

  @Test func illFormedUTF8IsLeftOut() {
    let line = Array("\(a)\trefs/tags/v".utf8) + [0xFF, 0x0A]
    #expect(RefListing(line).skipped == 1)
  }

  @Test func theFirstOfTwoLinesCounts() {
    let other = String(repeating: "c", count: 40)
    let listing = listing("\(a)\tHEAD\n\(other)\tHEAD\n\(a)\trefs/tags/v\n\(other)\trefs/tags/v\n")
    #expect(listing.refs.head?.description == a && listing.refs.tags["v"]?.description == a)
  }

  @Test func damagedListingsNeverCrashAndNothingImpossibleComesOut() {
    var random = Noise.Generator(seed: 11)
    let whole = Array(
      "ref: refs/heads/main\tHEAD\n\(a)\tHEAD\n\(a)\trefs/tags/v1.0\n\(b)\trefs/tags/b2^{}\n\(b)\trefs/tags/b2\n".utf8)
    for _ in 0..<5000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
      }
      let listing = RefListing(bytes)
      for name in listing.refs.tags.keys { #expect(RefListing.isRefName("refs/tags/\(name)"), "\(name)") }
      if let branch = listing.refs.branch { #expect(RefListing.isRefName("refs/heads/\(branch)")) }
    }
  }
}

@Suite("Changes of a repository")
struct RefChangesTests {
  private func object(_ digit: String) throws -> GitObjectID {
    try #require(GitObjectID(String(repeating: digit, count: 40)))
  }
  private func changes(_ known: RemoteRefs, _ current: RemoteRefs) throws -> [UpstreamNews] {
    try RefChanges.between(known, current, at: RemoteAddress("/x"))
  }

  @Test func eachKindOnce() throws {
    let (a, b) = (try object("a"), try object("b"))
    let known = RemoteRefs(head: a, branch: "master", tags: ["b1": a, "b2": a, "gone": a, "nightly": a])
    let current = RemoteRefs(head: b, branch: "master", tags: ["b1": a, "b2": a, "b9": b, "b10": b, "nightly": b])
    #expect(try changes(known, known).isEmpty)
    #expect(
      try changes(known, current) == [
        UpstreamNews(kind: .tag, name: "b10", old: nil, new: b, count: 2),
        UpstreamNews(kind: .commit, name: "master", old: a, new: b, count: 1),
        UpstreamNews(kind: .moved, name: "nightly", old: a, new: b, count: 1),
        UpstreamNews(kind: .removed, name: "gone", old: a, new: nil, count: 1),
      ])
  }

  @Test func aRepositoryThatSuddenlyIsEmptyIsInTrouble() throws {
    let known = RemoteRefs(head: try object("a"))
    #expect {
      try changes(known, RemoteRefs())
    } throws: { ($0 as? UpstreamError)?.kind == .emptied }
    #expect(try changes(RemoteRefs(), RemoteRefs()).isEmpty)
    #expect(try changes(RemoteRefs(), known).map(\.kind) == [.commit])
  }
}
