import TestSupport
import Testing

@testable import Page

@Suite("Foreign texts on the page")
struct InjectionTests {
  /// Pieces of every syntax that a page could obey.
  private static let venom = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</p></li></main></body>", "\" onclick=\"x",
    "' style='x",
    "javascript:alert(1)", "&lt;b&gt;", "&#60;", "<!--", "-->", "]]>", "<svg/onload=x>", "\u{202E}", "\u{1B}[2J",
    "\u{7}",
    "\u{2028}", "`", "</style>", "</title>", "</option></select>", "<a href=//evil>", "\u{FEFF}", "<", ">", "&", "=",
    "x",
    "</textarea>", "<meta http-equiv=refresh content=0>", "\u{E000}", "{{", "%3Cscript%3E", "é", "日本",
  ]

  private static let views = [
    "/", "/?since=2000-01-01", "/models", "/models?sort=created&state=leftOut", "/models/maker/good-GGUF",
    "/models/maker/base", "/models/maker/closed", "/models/third/odd", "/models/third/out", "/downloads", "/trends",
    "/nothing", "/models/no/such",
  ]

  /// A page of which nothing is foreign.
  private static let site = Result { try Rooms().site() }

  /// The same text always gives the same poison, so that one that is shown twice is the same twice.
  private func poison(_ seed: UInt64) -> (String) -> String {
    { text in
      var random = Noise.Generator(seed: text.utf8.reduce(seed) { $0 &* 31 &+ UInt64($1) })
      let count = Int.random(in: 1...4, using: &random)
      return "x" + (0..<count).map { _ in Self.venom.randomElement(using: &random) ?? "" }.joined() + "x"
    }
  }

  @Test(arguments: 1...6)
  func noTextChangesWhatAPageIsMadeOf(seed: Int) throws {
    let (plain, hostile) = (try Self.site.get(), poison(UInt64(seed)))
    let poisoned = try Rooms(hostile)
    let site = try poisoned.site(hostile)
    for view in Self.views {
      let (good, bad) = (plain.answer(try request(view)), site.answer(try request(view)))
      #expect(good.status == bad.status)
      let (expected, found) = (try Markings(good.text), try Markings(bad.text))
      #expect(found.tags.map(\.name) == expected.tags.map(\.name), "\(view) with seed \(seed)")
      for (tag, other) in zip(found.tags, expected.tags) {
        #expect(tag.attributes.keys.sorted() == other.attributes.keys.sorted(), "\(view): \(tag) was \(other)")
        for name in ["class", "action", "method", "type", "name", "http-equiv", "rel", "id"] {
          #expect(tag.attributes[name] == other.attributes[name], "\(view): \(name) of \(tag)")
        }
        try checkAddress(tag, view)
      }
      let isHarmless = bad.text.unicodeScalars.allSatisfy {
        $0 == "\n"
          || ![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse].contains(
            $0.properties.generalCategory)
      }
      #expect(isHarmless, "\(view) with seed \(seed)")
    }
  }

  private func checkAddress(_ tag: Markings.Tag, _ view: String) throws {
    guard let address = tag.attributes["href"] else { return }
    let isOurs =
      address == "#main" || address.hasPrefix("/") && !address.hasPrefix("//")
      || address.hasPrefix("https://huggingface.co/")
    #expect(isOurs, "\(view): \(address)")
    #expect(!tag.attributes.keys.contains { $0.hasPrefix("on") || $0 == "style" || $0 == "src" })
  }

  @Test(arguments: 1...15)
  func noQueryChangesWhatAPageIsMadeOf(seed: Int) throws {
    let site = try Self.site.get()
    var random = Noise.Generator(seed: UInt64(seed))
    func piece() -> String { Percent.encoded(Self.venom.randomElement(using: &random) ?? "") }
    let names = [
      "q", "state", "org", "arch", "license", "gated", "size", "fits", "verdict", "sort", "after", "since", "news",
    ]
    let pairs = (0..<6).map { _ in "\(names.randomElement(using: &random) ?? "q")=\(piece())\(piece())" }
    for path in ["/", "/models", "/downloads", "/models/maker/good-GGUF"] {
      let answer = site.answer(try request("\(path)?\(pairs.joined(separator: "&"))"))
      #expect(answer.status == .ok, "\(pairs)")
      let page = try Markings(answer.text)
      #expect(!page.tags.contains { ["script", "img", "style", "iframe", "object", "b"].contains($0.name) })
      for tag in page.tags { try checkAddress(tag, path) }
    }
  }

  @Test func pathsOfRubbishAreNotFound() throws {
    let site = try Rooms().site()
    for path in [
      "/models/%3Cscript%3E/x", "/models/a/b/c", "/models/..a/b", "/%F0%9F%98%80", "/models/a%20b", "/style-0.css",
      "/metrics/x",
      "/models/%E2%80%AE/x",
    ] {
      let answer = site.answer(try request(path))
      #expect(answer.status == .notFound, "\(path)")
      _ = try Markings(answer.text)
    }
  }
}
