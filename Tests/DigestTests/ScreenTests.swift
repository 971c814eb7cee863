import Catalog
import Console
import Domain
import Foundation
import TestSupport
import Testing

@testable import Digest

@Suite("The digest on one screen")
struct ScreenTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  /// A story with entries in every place, by chance but always the same for a seed.
  private func story(seed: UInt64) -> Story {
    var random = Chance(seed: seed)
    var story = Story(until: now)
    story.device = "12 GiB card"
    for place in Story.Place.allCases {
      for number in 0..<Int.random(in: 0...25, using: &random) {
        var entry = Story.Entry(id: "owner/\(place)-\(number)", place: place, isNew: true, reasons: [])
        entry.score = Double.random(in: 0...9, using: &random)
        if Bool.random(using: &random) {
          entry.reasons = (0...2).map { "reason \($0) " + String(repeating: "with many words ", count: 9) }
        }
        if place != .leftOut, Int.random(in: 0..<3, using: &random) == 0 {
          entry.family = entry.id
          entry.otherMembers = (1...Int.random(in: 1...9, using: &random)).map { "other/\(place)-\(number)-\($0)" }
        }
        entry.sample = place == .passed ? String(repeating: "once upon a time ", count: 20) : nil
        entry.path = place == .passed ? "/cache/" + String(repeating: "x", count: 90) : nil
        entry.quantization = "Q4_K_M"
        entry.neededBytes = 9 << 30
        story.families.append(entry)
        story.places[place.rawValue, default: 0] += 1 + entry.otherMembers.count
      }
    }
    for place in [Story.Place.waiting, .leftOut, .fits, .gone] {
      let crowd = Int.random(in: 0...500, using: &random)
      guard crowd > 0 else { continue }
      story.unnamed[place.rawValue] = crowd
      story.places[place.rawValue, default: 0] += crowd
    }
    story.counts.polled = story.places.values.reduce(0, +)
    story.needs = Bool.random(using: &random) ? ["free 20.0 GB on the models' disk: downloads wait for room"] : []
    story.gaps = (0..<Int.random(in: 0...6, using: &random)).map {
      "gap \($0) " + String(repeating: "word ", count: 90)
    }
    story.abilities = (0..<Int.random(in: 0...14, using: &random)).map { number in
      var news = ProbeNews(repo: "org/m\(number)", quantization: "Q4_0")
      news.firsts = [.init(name: "read a table", bytes: 8 << 30)]
      return Story.Ability(news)
    }
    story.tools = (0..<Int.random(in: 0...30, using: &random)).map { number in
      Story.Tool(
        name: "tool\(number)", url: "https://example.org/\(number)", kind: .commit, at: now, newTags: 0,
        words: String(repeating: "aaaaaaa → bbbbbbb ", count: 12))
    }
    return story
  }

  @Test(arguments: [40, 60, 80, 100, 200])
  func itHasAtMostSixtyLinesThatAreNotTooWide(width: Int) {
    for seed in 1...12 {
      let text = TextDigest(endpoint: "https://h", width: width, style: .plain).render(story(seed: UInt64(seed)))
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 60, "seed \(seed): \(lines.count) lines\n\(text)")
      #expect(lines.allSatisfy { TextWidth.columns(String($0)) <= width }, "seed \(seed)\n\(text)")
      #expect(lines.allSatisfy { !$0.hasSuffix(" ") }, "seed \(seed)\n\(text)")
    }
  }

  @Test func theNumbersAddUpWhateverThereIsRoomFor() throws {
    for seed in 1...20 {
      let story = story(seed: UInt64(seed))
      let text = TextDigest(endpoint: "https://h", width: 100, style: .plain).render(story)
      #expect(try CountedModels.count(text) == story.counts.polled, "seed \(seed)\n\(text)")
    }
  }

  @Test func theDeviceThatIsEnoughIsNamed() {
    var circumstances = Circumstances()
    #expect(circumstances.enough(for: 20 << 30) == "a card of 24 GiB is enough")
    #expect(circumstances.enough(for: 1 << 50) == "more than any single card holds")
    circumstances.devices = [.init(name: "own 12", bytes: 12 << 30), .init(name: "rented A6000", bytes: 48 << 30)]
    #expect(circumstances.enough(for: 20 << 30) == "enough: rented A6000")
    #expect(
      circumstances.enough(for: 60 << 30) == "none of your devices is enough; a card of 64 GiB is enough")
  }

  @Test func whatThePersonHasToDoIsSaid() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(folder: folder.path)
    var circumstances = Circumstances()
    circumstances.missingBytes = 20_000_000_000
    circumstances.hasBadToken = true
    circumstances.health = ["the configuration was not taken over"]
    let story = try StoryTeller(catalog: catalog, cacheRoot: "/c", circumstances: circumstances)
      .story(since: nil, until: now)
    let text = TextDigest(endpoint: "https://h", width: 76, style: .plain).render(story)
    #expect(text.contains("\(Phrases.needsTitle)\n! free 20.0 GB on the models' disk"), "\(text)")
    #expect(text.contains("! renew the token") && text.contains("Trouble: the configuration was not taken over"))
  }

  @Test func newFamiliesAreRanked() {
    var story = Story(until: now)
    for (name, score) in [("a/low", 1.0), ("a/high", 9), ("a/none", 0)] {
      var entry = Story.Entry(id: name, place: .fits, isNew: true, reasons: [])
      entry.score = score
      story.families.append(entry)
    }
    #expect(Phrases.worthALook(story).map(\.id) == ["a/high", "a/low"])
    let text = TextDigest(endpoint: "https://h", width: 60, style: .plain).render(story)
    #expect(text.contains("New and worth a look\n· a/high  fits\n· a/low  fits\n"), "\(text)")
  }
}

/// Numbers by chance that are the same for a seed (SplitMix64, Steele, Lea, Flood 2014).
struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
