import Console
import Foundation
import TestSupport
import Testing

@testable import Digest

/// Whatever foreign text says: nothing of it is obeyed, in no form of the digest.
@Suite("Foreign text in the digest")
struct InjectionTests {
  /// Stories that are told; each holds some hundred texts.
  private static let seeds: ClosedRange<UInt64> = 1...60
  private static let hub = "https://hub.example"

  @Test func textHasNoControlCharacters() {
    for seed in Self.seeds {
      let (story, trends) = (Venom.story(seed: seed), Venom.trends(seed: seed))
      let width = [40, 60, 80, 100][Int(seed % 4)]
      let text = TextDigest(endpoint: Self.hub, width: width, style: .plain).render(story, trends: trends)
      #expect(Venom.isHarmless(text), "seed \(seed): \(text.debugDescription)")
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= 60 && lines.allSatisfy { TextWidth.columns(String($0)) <= width }, "seed \(seed)\n\(text)")
      let listing = PlaceListing(endpoint: Self.hub, width: width, style: .plain)
        .render(story, of: Set(Story.Place.allCases))
      let models = story.families.reduce(0) { $0 + 1 + $1.otherMembers.count }
      #expect(Venom.isHarmless(listing) && listing.split(separator: "\n").count == models + 1, "seed \(seed)")
      #expect(Venom.isHarmless(TrendsText(width: width, style: .plain).render(trends)), "seed \(seed)")
    }
  }

  @Test func coloursAreOurs() throws {
    for seed in Self.seeds {
      let text = TextDigest(endpoint: Self.hub, width: 80, style: Style(isColoured: true)).render(
        Venom.story(seed: seed))
      #expect(Venom.isHarmless(text.replacing(/\u{1B}\[[0-9;]*m/, with: "")), "seed \(seed)")
    }
  }

  @Test func markdownHasOnlyOurSyntax() throws {
    for seed in Self.seeds {
      let text = MarkdownDigest(endpoint: Self.hub)
        .render(Venom.story(seed: seed), trends: Venom.trends(seed: seed))
      #expect(Venom.isHarmless(text), "seed \(seed)")
      if let trouble = MarkdownScan.trouble(text, hub: Self.hub) { Issue.record("seed \(seed): \(trouble)") }
    }
  }

  @Test func theScanKnowsLivingSyntax() {
    for alive in [
      "- a [x](https://evil)", "- <b>", "- a *b*", "- a _b_", "- `x`", "- https://evil", "- www.evil", "- a@b",
      "- ![x](y)",
      "> quote", "| a |", "    code", "- ~~x~~", "- &copy;", "1. item", "- $x$", "- x\n===",
    ] {
      #expect(MarkdownScan.trouble(alive, hub: Self.hub) != nil, "\(alive)")
    }
    let harmless =
      "# hubwatch, 1\n\n## Title\n\n- [a/b](https://hub.example/a/b): x \\* y &lt;b&gt;; `hubwatch digest fits`"
    #expect(MarkdownScan.trouble(harmless, hub: Self.hub) == nil)
  }

  @Test func htmlHasOnlyOurElements() throws {
    for seed in Self.seeds {
      let page = HTMLDigest(endpoint: Self.hub).render(Venom.story(seed: seed), trends: Venom.trends(seed: seed))
      #expect(Venom.isHarmless(page), "seed \(seed)")
      if let trouble = HTMLScan.trouble(page, hub: Self.hub) { Issue.record("seed \(seed): \(trouble)") }
    }
  }

  @Test func theScanKnowsLivingHTML() {
    let calm = "<!DOCTYPE html>\n<html lang=\"en\"><body><p>a</p></body></html>"
    #expect(HTMLScan.trouble(calm, hub: Self.hub) == nil)
    for alive in [
      "<script>x</script>", "<p onclick=\"x\">a</p>", "<img src=\"x\">", "<a href=\"javascript:x\">a</a>", "<p>",
      "</p>",
      "<p a=b>x</p>", "a < b", "a & b", "&copy;", "<a href=\"https://evil/\">a</a>", "<p style=\"x\">a</p>",
    ] {
      #expect(HTMLScan.trouble(calm.replacing("<p>a</p>", with: alive), hub: Self.hub) != nil, "\(alive)")
    }
  }

  @Test func jsonIsJSON() throws {
    for seed in Self.seeds.prefix(100) {
      let story = Venom.story(seed: seed)
      let text = try JSONOutput.document(story)
      #expect(Venom.isHarmless(text), "seed \(seed)")
      let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let families = try #require(object["families"] as? [[String: Any]])
      #expect(families.map { $0["id"] as? String } == story.families.map { $0.id }, "seed \(seed)")
    }
  }
}
