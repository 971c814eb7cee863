import Catalog
import Domain
import Foundation
import TestSupport
import Testing

@testable import Digest

@Suite("The digest as HTML")
struct HTMLTests {
  private let now = Date(timeIntervalSince1970: 1_800_000_000)

  /// Pieces of every syntax that an HTML page could obey.
  private static let venom = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</p></li></body>", "\" onclick=\"x", "' style='x",
    "javascript:alert(1)", "&lt;b&gt;", "&#60;", "<!--", "-->", "]]>", "<svg/onload=x>", "\u{202E}", "\u{1B}[2J",
    "\u{0}",
    "\u{2028}", "`", "</style>", "</title>", "<a href=//evil>", "\u{FEFF}", "<", ">", "&", "x y",
  ]

  /// Text by chance out of those pieces.
  private func foreign(_ random: inout Chance) -> String {
    (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.venom.randomElement(using: &random) ?? "" }.joined()
  }

  private func story(seed: UInt64) -> Story {
    var random = Chance(seed: seed)
    var story = Story(until: now)
    story.device = foreign(&random)
    for place in Story.Place.allCases {
      var entry = Story.Entry(id: foreign(&random), place: place, isNew: true, reasons: [foreign(&random)])
      entry.score = 1
      entry.architecture = foreign(&random)
      entry.quantization = foreign(&random)
      entry.sample = foreign(&random)
      entry.path = foreign(&random)
      entry.otherMembers = [foreign(&random)]
      story.families.append(entry)
    }
    story.needs = [foreign(&random)]
    story.gaps = [foreign(&random)]
    story.abilities = [Story.Ability(ProbeNews(repo: foreign(&random), quantization: foreign(&random)))]
    story.tools = [
      Story.Tool(
        name: foreign(&random), url: "u", kind: .tag, at: now, link: foreign(&random), newTags: 1,
        words: foreign(&random))
    ]
    return story
  }

  private func trends(_ name: String) -> Trends {
    var record = TrendRecord(weeks: [now, now + 604_800])
    record.newModels = [.init(name: name, values: [3, 5])]
    return Trends(record, until: now)
  }

  @Test func foreignTextIsNeverMarkup() throws {
    for seed in 1...40 {
      var random = Chance(seed: UInt64(seed))
      let page = HTMLDigest(endpoint: "https://h")
        .render(story(seed: UInt64(seed)), trends: trends(foreign(&random)))
      for tag in page.matches(of: /<\/?([a-zA-Z!?][^\s>]*)/) {
        let name = String(tag.1)
        #expect(HTML.Tag(rawValue: name) != nil || name == "!DOCTYPE", "<\(name)> with seed \(seed)")
      }
      let attributes = page.matches(of: /<[a-z0-9]+((?: [a-zA-Z-]+="[^"<>]*")*)>/)
      #expect(attributes.count == page.matches(of: /<[a-z]/).count, "a tag is not of our making, seed \(seed)")
      for attribute in attributes.flatMap({ $0.1.matches(of: #/ ([a-zA-Z-]+)="([^"]*)"/#) }) {
        #expect(!attribute.1.hasPrefix("on") && attribute.1 != "src" && attribute.1 != "style")
        if attribute.1 == "href" { #expect(attribute.2.hasPrefix("https://h/"), "\(attribute.2)") }
      }
      let isHarmless = page.unicodeScalars.allSatisfy {
        $0 == "\n" || ![.control, .format, .lineSeparator].contains($0.properties.generalCategory)
      }
      #expect(isHarmless, "seed \(seed)")
      #expect(page.matches(of: /<\/style>/).count == 1 && page.matches(of: /<\/body>/).count == 1)
    }
  }

  @Test func everyElementThatBeginsEnds() {
    for seed in 1...10 {
      let page = HTMLDigest(endpoint: "https://h").render(story(seed: UInt64(seed)), trends: trends("x"))
      var open: [String] = []
      for tag in page.matches(of: /<(\/?)([a-z0-9]+)[^>]*>/) {
        let name = String(tag.2)
        if name == "meta" { continue }
        if tag.1.isEmpty {
          open.append(name)
        } else {
          #expect(open.popLast() == name, "seed \(seed)")
        }
      }
      #expect(open.isEmpty, "\(open), seed \(seed)")
    }
  }

  @Test func onlyWebAddressesAreLinks() {
    #expect(HTML.link("https://huggingface.co/a/b?x=1#y") != nil)
    for address in [
      "javascript:alert(1)", "JAVASCRIPT:x", " https://a", "https://a\"b", "https://a b", "https://a\u{202E}", "//a",
      "data:text/html,x", "https://a<b", "",
    ] {
      #expect(HTML.link(address) == nil, "\(address)")
    }
  }

  @Test func thePageNeedsNothingElse() {
    let page = HTMLDigest(endpoint: "https://h").render(Story(until: now), trends: trends("llama"))
    #expect(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"))
    #expect(page.contains("@media (prefers-color-scheme: dark)") && page.contains("name=\"viewport\""))
    for word in ["<script", "<img", "<link", "url(", "@import", "src="] { #expect(!page.contains(word)) }
  }

  @Test func theBodyOfAMorning() throws {
    var story = Story(until: now)
    var entry = Story.Entry(id: "good/model", place: .passed, isNew: true, reasons: [])
    entry.quantization = "Q4_1"
    entry.parameters = 134_515_008
    entry.neededBytes = 730 << 20
    entry.maxContext = 8192
    entry.tokensPerSecond = 61.4
    entry.sample = "a girl named <b>Lily</b>."
    entry.path = "/cache/m.gguf"
    story.families = [entry]
    story.places = ["passed": 1, "waiting": 212]
    story.unnamed = ["waiting": 212]
    story.counts.polled = 213
    story.counts.new = 213
    story.lastCycleAt = now
    let page = HTMLDigest(endpoint: "https://h").render(story)
    let body = try #require(page.firstMatch(of: /<body>(.*)<\/body>/)).1
    #expect(
      body.replacing("><", with: ">\n<") == """
        <header>
        <h1>hubwatch · 15 January 2027, 08:00 UTC</h1>
        <p>213 models polled, all new: 1 passed, 212 waiting for a look.</p>
        </header>
        <main>
        <section>
        <h2>Ready to try</h2>
        <ul>
        <li class="good">
        <a href="https://h/good/model" rel="noreferrer">
        <strong>good/model</strong>
        </a>
        <p>Q4_1 · 135 M parameters · needs 730 MiB · context up to 8192 · 61 tokens/s on the processor</p>
        <blockquote>a girl named &lt;b&gt;Lily&lt;/b&gt;.</blockquote>
        <p>
        <code>/cache/m.gguf</code>
        </p>
        </li>
        </ul>
        </section>
        <section>
        <h2>Waiting for a look</h2>
        <ul>
        <li class="faint">and 212 more: `hubwatch digest waiting`</li>
        </ul>
        </section>
        </main>
        <footer>
        <p>Health: all well, last cycle ended 15 January 2027, 08:00 UTC.</p>
        </footer>
        """)
  }
}
