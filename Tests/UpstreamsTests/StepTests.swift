import Catalog
import Domain
import Foundation
import Settings
import Synchronization
import TestSupport
import Testing
import Upstreams

@testable import Watch

@Suite("The watch over tools")
struct StepTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let start = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
  }

  private func step(
    _ addresses: [String], at time: Date, path: String = "/usr/bin:/bin", enabled: Bool = true
  ) throws -> UpstreamStep {
    var settings = Settings().tools
    settings.repositories = try addresses.map { try RemoteAddress($0) }
    settings.enabled = enabled
    return UpstreamStep(
      catalog: catalog, settings: settings, remote: GitRemote(environment: ["PATH": path]), now: { time })
  }

  @Test func firstSightIsNoNewsAndLaterChangesAre() async throws {
    let repo = try await GitRepo()
    let (one, two) = (try await repo.commit("one"), try await repo.commit("two"))
    try repo.set("refs/heads/main", one)
    try repo.set("refs/tags/b1", one)
    try repo.set("refs/tags/nightly", one)
    #expect(try await step([repo.path], at: start).check() == .init(asked: 1, failed: 0, trouble: nil))
    #expect(try catalog.upstreamNews(since: .distantPast, until: .distantFuture).isEmpty)
    let first = try #require(try catalog.upstream(repo.path))
    #expect(first.name == "tool" && first.newestTag == "b1" && first.tagCount == 2 && first.firstSuccessAt == start)

    try repo.set("refs/heads/main", two)
    try repo.set("refs/tags/b2", two)
    try repo.set("refs/tags/b3", two)
    try repo.set("refs/tags/nightly", two)
    try repo.remove("refs/tags/b1")
    // Too early to be asked again.
    #expect(try await step([repo.path], at: start + 3600).check().asked == 0)
    let later = start + 6 * 3600
    #expect(try await step([repo.path], at: later).check() == .init(asked: 1, failed: 0, trouble: nil))
    let news = try catalog.upstreamNews(since: start, until: later)
    #expect(news.map(\.news.kind) == [.tag, .commit, .moved, .removed])
    #expect(news.map(\.news.name) == ["b3", "main", "nightly", "b1"] && news[0].news.count == 2)
    #expect(news.allSatisfy { $0.at == later && $0.url == repo.path })
    let record = try #require(try catalog.upstream(repo.path))
    #expect(record.head?.description == two && record.newestTag == "b3" && record.changedAt == later)
    #expect(try catalog.upstreamRefs(repo.path)?.tags.keys.sorted() == ["b2", "b3", "nightly"])

    _ = try await step([repo.path], at: later + 60).check(isForced: true)
    #expect(try catalog.upstreamNews(since: later, until: .distantFuture).isEmpty)
    #expect(try catalog.upstream(repo.path)?.lastCheckedAt == later + 60)
  }

  @Test func aRepositoryThatGoesAwayIsItsOwnTrouble() async throws {
    let (gone, well) = (try await GitRepo(name: "gone"), try await GitRepo(name: "well"))
    for repo in [gone, well] { try repo.set("refs/heads/main", try await repo.commit("one")) }
    let both = [gone.path, well.path]
    _ = try await step(both, at: start).check()
    try gone.destroy()
    for number in 1...2 {
      let time = start + Double(number) * 7 * 3600
      #expect(try await step(both, at: time).check() == .init(asked: 2, failed: 1, trouble: nil))
    }
    let record = try #require(try catalog.upstream(gone.path))
    #expect(record.failures == 2 && record.troubleSince == start + 7 * 3600)
    #expect(record.trouble?.contains("does not appear to be a git repository") == true)
    // What was known stays known.
    #expect(record.head != nil && record.lastSuccessAt == start)
    // Asked again sooner than one that answers.
    #expect(try await step(both, at: start + 15 * 3600).check().asked == 1)
    // No longer named, no longer watched; asked for again, still known.
    _ = try await step([well.path], at: start + 30 * 3600).check()
    #expect(try catalog.upstreams().map(\.url) == [well.path])
    #expect(try catalog.upstreamRefs(gone.path)?.head != nil)
  }

  @Test func allAtOnceIsOneTrouble() async throws {
    let outcome = try await step((1...6).map { "/nonexistent/\($0)" }, at: start).check()
    #expect(outcome.failed == 6)
    #expect(outcome.trouble?.hasPrefix("not one of your 6 tools answers: ") == true)
  }

  @Test func withoutGitNothingIsSaidAboutTheRepositories() async throws {
    let outcome = try await step(["/x/a", "/x/b"], at: start, path: "/nonexistent").check()
    #expect(outcome.trouble == "your tools are not watched: git is not installed")
    #expect(try catalog.upstreams().allSatisfy { $0.trouble == nil && $0.lastCheckedAt == nil })
  }

  @Test func switchedOffItAsksNobody() async throws {
    #expect(try await step(["/x/a"], at: start, enabled: false).check() == .init())
    #expect(try catalog.upstreams().isEmpty)
  }

  @Test func aClockThatWasSetBackDoesNotSilenceIt() async throws {
    let repo = try await GitRepo()
    _ = try await step([repo.path], at: start).check()
    #expect(try await step([repo.path], at: start - 86_400).check().asked == 1)
  }
}
