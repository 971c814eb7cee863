import Domain
import Testing

@testable import Catalog
@testable import Settings
@testable import Watch

@Suite("Which family deserves a look")
struct RankTests {
  private static let usual = FamilyFacts(
    trending: 5, likes: 20, downloads: 500, owners: ["maker"], authorMeanLikes: 3, relation: .merge, hasOriginal: true,
    siblings: 4, bestVerdict: .split)

  private func score(
    _ weights: Settings.Rank = Settings.Rank(), follow: [String] = [], _ change: (inout FamilyFacts) -> Void = { _ in }
  ) -> Double {
    var settings = Settings.Watch()
    settings.follow = follow
    var facts = Self.usual
    change(&facts)
    return Rank(weights: weights, rules: Rules(settings)).score(facts)
  }

  @Test func moreOfAnythingIsMore() {
    let usual = score()
    #expect(score { $0.trending = 6 } > usual)
    #expect(score { $0.likes = 21 } > usual)
    #expect(score { $0.downloads = 501 } > usual)
    #expect(score { $0.authorMeanLikes = 4 } > usual)
    #expect(score { $0.siblings = 3 } > usual)
    #expect(score(follow: ["Maker"]) > usual)
    #expect(score(follow: ["other"]) == usual)
  }

  @Test func aNewBaseComesBeforeTheTenthMerge() {
    let base = score { ($0.relation, $0.siblings) = (nil, 0) }
    let finetune = score { ($0.relation, $0.siblings) = (.finetune, 0) }
    let merge = score { ($0.relation, $0.siblings) = (.merge, 0) }
    let tenth = score { ($0.relation, $0.siblings) = (.merge, 9) }
    #expect(base > finetune && finetune > merge && merge > tenth)
  }

  @Test func whatFitsComesFirst() {
    let verdicts: [FitVerdict?] = [.fits, .q8kv, nil, .split, .no]
    let scores = verdicts.map { verdict in score { $0.bestVerdict = verdict } }
    #expect(scores == scores.sorted(by: >) && Set(scores).count == scores.count)
  }

  @Test func aWeightOfNothingTakesAPartOut() {
    func both(_ weight: (inout Settings.Rank) -> Void, _ change: (inout FamilyFacts) -> Void) -> Bool {
      var weights = Settings.Rank()
      weight(&weights)
      return score(weights) == score(weights, change)
    }
    #expect(both({ $0.trending = 0 }, { $0.trending = 90 }))
    #expect(both({ $0.likes = 0 }, { $0.likes = 900 }))
    #expect(both({ $0.downloads = 0 }, { $0.downloads = 90_000 }))
    #expect(both({ $0.author = 0 }, { $0.authorMeanLikes = 90 }))
    #expect(both({ $0.novelty = 0 }, { $0.relation = nil }))
    #expect(both({ $0.fit = 0 }, { $0.bestVerdict = .fits }))
    var weights = Settings.Rank()
    weights.follow = 0
    #expect(score(weights, follow: ["maker"]) == score(weights))
  }

  @Test func noNumberIsTooWild() {
    for wild in [-Double.greatestFiniteMagnitude, -1, 0, 1e300] {
      for count in [Int64.min, -1, 0, .max] {
        let score = score {
          $0.trending = wild
          $0.authorMeanLikes = wild
          $0.likes = count
          $0.downloads = count
          $0.siblings = 100
        }
        #expect(score.isFinite)
      }
    }
  }
}

@Suite("From where a quantization is best taken")
struct FamilySourceTests {
  private let shelf: Shelf

  init() throws { shelf = try Shelf() }

  private func members(_ names: [(String, Int)], _ quantization: String = "Q4_K_M") throws -> [FamilyMember] {
    try names.map { name, downloads in
      try shelf.record(name, downloads: downloads)
      let id = try #require(RepoID(name))
      return FamilyMember(repo: try #require(try shelf.catalog.repo(id)), quantizations: [quantization: 1])
    }
  }

  @Test func thePublisherThenWhomYouFollowThenTheCrowd() throws {
    let source = FamilySource(family: "Maker/Model", follow: ["second", "first"])
    var members = try members([
      ("crowd/Model-GGUF", 900), ("first/Model-GGUF", 5), ("second/Model-GGUF", 1), ("maker/Model-GGUF", 0),
      ("small/Model-GGUF", 2),
    ])
    let order = source.ordered(members).map(\.repo.id.owner)
    #expect(order == ["maker", "second", "first", "crowd", "small"])
    #expect(source.best(members, quantization: "Q4_K_M")?.repo.id.owner == "maker")
    members[3].quantizations = ["Q8_0": 1]
    #expect(source.best(members, quantization: "Q4_K_M")?.repo.id.owner == "second")
    #expect(source.best(members, quantization: "Q2_K") == nil)
  }

  @Test func ofEqualsTheOrderIsStable() throws {
    let members = try members([("b/m", 1), ("a/m", 1), ("c/m", 1)])
    let source = FamilySource(family: "gpt2", follow: [])
    #expect(source.ordered(members).map(\.repo.id.owner) == ["a", "b", "c"])
    #expect(source.ordered(members.reversed()) == source.ordered(members))
  }
}
