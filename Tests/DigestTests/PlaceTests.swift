import Catalog
import Console
import Domain
import Foundation
import TestSupport
import Testing

@testable import Digest

/// Whatever a catalog holds: every model that was polled is in exactly one counted place.
@Suite("Every model in one place")
struct PlaceTests {
  /// A window over a random catalog.
  private func windows(_ random: inout Chance) -> (since: Date?, until: Date) {
    let length = RandomCatalog.days * 86_400
    let from = Double.random(in: 0...length, using: &random)
    let since = Int.random(in: 0..<4, using: &random) == 0 ? nil : RandomCatalog.start + from
    return (since, RandomCatalog.start + Double.random(in: from...length + 1, using: &random))
  }

  @Test(arguments: 0..<30)
  func whateverTheCatalogHolds(seed: UInt64) throws {
    let scene = try RandomCatalog(seed: seed)
    var random = Chance(seed: seed &+ 1000)
    let teller = StoryTeller(catalog: scene.catalog, cacheRoot: "/cache")
    let repos = try scene.catalog.repos(in: RepoState.allCases)
    for _ in 0..<4 {
      let (since, until) = windows(&random)
      let start = since ?? .distantPast
      let polled = Set(repos.filter { $0.recordedAt > start && $0.recordedAt <= until }.map(\.id.description))
      let story = try teller.story(since: since, until: until)
      #expect(story.counts.polled == polled.count)
      #expect(story.places.values.reduce(0, +) == polled.count)
      #expect(story.counts.new == repos.count { polled.contains($0.id.description) && $0.firstSeenAt > start })
      let named = story.families.flatMap { [$0.id] + $0.otherMembers }
      #expect(Set(named).count == named.count, "nobody is told twice")
      #expect(named.count + story.unnamed.values.reduce(0, +) == polled.count + story.wentOn)
      // What a place's section tells and counts is what the first lines say of it, beside what was known before.
      for place in Story.Place.allCases {
        let own = story.families.filter { $0.place == place }.reduce(0) { $0 + 1 + $1.otherMembers.count }
        let more = own + (story.unnamed[place.rawValue] ?? 0) - (story.places[place.rawValue] ?? 0)
        #expect((0...story.wentOn).contains(more), "\(place)")
      }

      // Told whole, each is there, once, in one place.
      let whole = try teller.story(since: since, until: until, whole: Set(Story.Place.allCases))
      let all = whole.families.flatMap { [$0.id] + $0.otherMembers }
      #expect(whole.unnamed.isEmpty && Set(all).count == all.count && polled.isSubset(of: all))
      #expect(all.count == polled.count + story.wentOn)
      for place in Story.Place.allCases {
        let own = try teller.story(since: since, until: until, whole: [place])
        #expect(own.families == whole.families.filter { $0.place == place } || place == .fits, "\(place)")
        #expect(own.places == story.places && own.families.allSatisfy { $0.place == place })
        let count = own.families.reduce(0) { $0 + 1 + $1.otherMembers.count }
        let text = PlaceListing(endpoint: "https://h", width: 80, style: .plain).render(own, of: [place])
        #expect(text.split(separator: "\n").count == count + 1, "\(text)")
      }
      // Whatever waits or failed says why.
      for entry in whole.families where [.fetching, .blocked, .broken, .gated, .failed].contains(entry.place) {
        #expect(!entry.reasons.isEmpty, "\(entry)")
      }
      for width in [60, 80, 200] {
        let text = TextDigest(endpoint: "https://h", width: width, style: .plain).render(story)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 60 && lines.allSatisfy { TextWidth.columns(String($0)) <= width }, "\(text)")
        #expect(try CountedModels.count(text) == polled.count + story.wentOn, "\(text)")
      }
    }
  }

  @Test func manyFamiliesOfAPlaceAreCountedByTheirBest() throws {
    let folder = try FastFolder()
    let catalog = try Catalog(folder: folder.path)
    let now = RandomCatalog.start
    let rows = try (0..<400).map { number in
      let base = "maker/Model-\(number / 4)-7B"
      return ListedRepo(
        id: try #require(RepoID(number % 4 == 0 ? base : "hand\(number % 4)/Model-\(number / 4)-7B-GGUF")),
        objectID: HubObjectID(String(format: "%024x", number + 1)), commit: nil, createdAt: now, lastModified: now,
        tags: number % 4 == 0 ? [] : TagList(["base_model:quantized:\(base)"]), gated: false, downloads: 0,
        likes: number)
    }
    _ = try catalog.record(rows, at: now)
    while try catalog.derive(limit: 500, at: now, score: { Double($0.likes) }) > 0 {}
    for row in rows where row.id.owner == "hand2" { try catalog.setState(row.id, .gated, reason: "terms", at: now) }
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/c").story(since: nil, until: now)
    // A hundred families of four, of which one is gated and the others wait: each is told where it is.
    #expect(story.places == ["gated": 100, "waiting": 300])
    let (gated, waiting) = (
      story.families.filter { $0.place == .gated }, story.families.filter { $0.place == .waiting }
    )
    #expect(gated.count == 50 && gated.allSatisfy { $0.otherMembers.isEmpty })
    #expect(waiting.count == 50 && waiting.allSatisfy { $0.otherMembers.count == 2 })
    #expect(story.unnamed == ["gated": 50, "waiting": 150])
    #expect(gated[0].score > gated[49].score && gated[0].id == "hand2/Model-99-7B-GGUF")
    let text = TextDigest(endpoint: "https://h", width: 80, style: .plain).render(story)
    // Among what is worth a look a family stands once, and is not told again below.
    #expect(text.ranges(of: "Model-99-7B").count == 1, "\(text)")
    #expect(text.contains("and 95 more: `hubwatch digest gated`"), "\(text)")
  }
}
