import Catalog
import Console
import Domain
import Foundation
import TestSupport
import Testing

@testable import Digest

@Suite("What models can do, in the digest")
struct AbilityTests {
  private let gib: Int64 = 1 << 30

  private func story(_ news: [ProbeNews]) -> Story {
    var story = Story(until: Date(timeIntervalSince1970: 1_800_000_000))
    story.abilities = news.map(Story.Ability.init)
    return story
  }

  private func news(_ firsts: [(String, Int64)], _ lost: [(String, String)] = [], repo: String = "org/model")
    -> ProbeNews
  {
    var news = ProbeNews(repo: repo, quantization: "Q4_0")
    news.firsts = firsts.map { .init(name: $0.0, bytes: $0.1 * gib) }
    news.regressions = lost.map { .init(name: $0.0, base: $0.1) }
    return news
  }

  @Test func firstsAndLossesAreSaid() {
    let words = AbilityPhrases.words(
      news(
        [("read a table", 12), ("sort words", 8), ("count letters", 12)],
        [("translate", "org/base"), ("copy", "org/base")]))
    #expect(
      words == [
        "first model within 8 GiB that passes “sort words”",
        "first model within 12 GiB that passes “read a table”, “count letters”",
        "fails what org/base passes: “translate”, “copy”",
      ])
    let many = AbilityPhrases.words(news((1...9).map { ("p\($0)", 8) }))
    #expect(many.count == 1 && many[0].hasSuffix("“p6” and 3 more"))
    #expect(AbilityPhrases.words(news([])).isEmpty)
  }

  @Test func bothFormsShowThemAndForeignTextIsHarmless() {
    let story = story([
      news([("evil\u{1B}[2J *name*", 8)], [("x", "org/base")]), news([], [("y", "org/base")], repo: "org/worse"),
    ])
    let text = TextDigest(endpoint: "https://hub", width: 60, style: .plain).render(story)
    #expect(
      text.contains(AbilityPhrases.title) && text.contains("★ org/model Q4_0") && text.contains("! org/worse Q4_0"))
    #expect(!text.unicodeScalars.contains("\u{1B}"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 60 }, "\(text)")
    let markdown = MarkdownDigest(endpoint: "https://hub").render(story)
    #expect(markdown.contains("## \(AbilityPhrases.title)") && !markdown.unicodeScalars.contains("\u{1B}"))
    #expect(markdown.contains("\\*name\\*"))
  }

  @Test func manyModelsAreCounted() {
    let story = story((1...14).map { news([("p", 8)], repo: "org/m\($0)") })
    let text = TextDigest(endpoint: "https://hub", width: 80, style: .plain).render(story)
    #expect(text.contains("and 4 more"))
    #expect(MarkdownDigest(endpoint: "https://hub").render(story).contains("- and 4 more"))
  }

  @Test func withoutNewsThereIsNoSection() {
    #expect(
      !TextDigest(endpoint: "https://hub", width: 80, style: .plain).render(story([])).contains(AbilityPhrases.title))
  }
}
