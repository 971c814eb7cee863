import Catalog
import Domain
import Foundation
import TestSupport

@testable import Digest

extension Venom {
  /// A story in which every foreign text is made of them.
  static func story(seed: UInt64) -> Story {
    var random = Chance(seed: seed)
    var story = Story(
      since: Date(timeIntervalSince1970: 1_799_000_000), until: Date(timeIntervalSince1970: 1_800_000_000))
    story.device = text(&random)
    for place in Story.Place.allCases {
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        var entry = Story.Entry(
          id: text(&random), place: place, isNew: true,
          reasons: (0..<Int.random(in: 0...4, using: &random)).map { _ in text(&random) })
        entry.score = 1
        entry.family = text(&random)
        entry.architecture = text(&random)
        entry.quantization = text(&random)
        entry.neededBytes = 9 << 30
        entry.enough = text(&random)
        entry.sample = text(&random)
        entry.path = text(&random)
        entry.againAt = story.until
        entry.otherMembers = (0..<Int.random(in: 0...2, using: &random)).map { _ in text(&random) }
        story.families.append(entry)
      }
    }
    story.counts.polled = story.families.count
    story.needs = [text(&random)]
    story.gaps = [text(&random), text(&random)]
    var news = ProbeNews(repo: text(&random), quantization: text(&random))
    news.firsts = [.init(name: text(&random), bytes: 8 << 30)]
    news.regressions = [.init(name: text(&random), base: text(&random))]
    story.abilities = [Story.Ability(news)]
    story.tools = [
      Story.Tool(
        name: text(&random), url: text(&random), kind: .tag, at: story.until,
        link: Bool.random(using: &random) ? "https://github.com/a/b" : "x\(text(&random))", newTags: 1,
        words: text(&random)),
      Story.Tool(
        name: text(&random), url: text(&random), kind: .unreachable, at: story.until, newTags: 0, reason: text(&random),
        words: text(&random)),
    ]
    return story
  }

  /// Trends whose lines have such names.
  static func trends(seed: UInt64) -> Trends {
    var random = Chance(seed: seed)
    let moment = Date(timeIntervalSince1970: 1_800_000_000)
    var record = TrendRecord(weeks: [moment - 604_800, moment])
    record.newModels = (0..<3).map { _ in .init(name: text(&random), values: [3, 5]) }
    return Trends(record, until: moment)
  }
}
