import Catalog
import Console
import Domain
import Foundation
import TestSupport
import Testing

@testable import Digest

@Suite("Tools in the digest")
struct ToolTests {
  private let folder: TemporaryFolder
  private let catalog: Catalog
  private let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let llama = "https://github.com/ggml-org/llama.cpp"
  private let gptq = "https://github.com/qwopqwop200/GPTQ-for-LLaMa"
  private let local = "/srv/evil"

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
    try catalog.watchUpstreams([(llama, "llama.cpp"), (gptq, "GPTQ-for-LLaMa"), (local, "evil")])
  }

  private func object(_ digit: String) throws -> GitObjectID {
    try #require(GitObjectID(String(repeating: digit, count: 40)))
  }

  /// Records an answer with exactly this news.
  private func answer(_ url: String, _ news: [UpstreamNews] = [], newest: String? = nil, at time: Date) throws {
    let refs = RemoteRefs(head: try object("a"), branch: "master", tags: [:])
    try catalog.record(refs, news: news, newestTag: newest, of: url, at: time)
  }

  private func story(since: Date?, until: Date) throws -> Story {
    try StoryTeller(catalog: catalog, cacheRoot: "/c").story(since: since, until: until)
  }

  private func text(_ story: Story) -> String {
    TextDigest(endpoint: "https://h", width: 76, style: .plain).render(story)
  }

  /// Everything that can happen, in two checks after the first one.
  private func days() throws {
    let (a, b, c) = (try object("a"), try object("b"), try object("c"))
    for url in [llama, gptq, local] { try answer(url, newest: url == llama ? "b1" : nil, at: now) }
    try answer(
      llama,
      [
        UpstreamNews(kind: .tag, name: "b13", old: nil, new: b, count: 12),
        UpstreamNews(kind: .commit, name: "master", old: a, new: b, count: 1),
      ], newest: "b13", at: now + 100)
    try answer(
      llama,
      [
        UpstreamNews(kind: .tag, name: "b15", old: nil, new: c, count: 2),
        UpstreamNews(kind: .commit, name: "master", old: b, new: c, count: 1),
        UpstreamNews(kind: .moved, name: "nightly", old: a, new: c, count: 1),
      ], newest: "b15", at: now + 200)
    try answer(gptq, [UpstreamNews(kind: .commit, name: "triton", old: a, new: b, count: 1)], at: now + 200)
    try answer(
      local,
      [
        UpstreamNews(kind: .tag, name: "v\u{202E}1](javascript:x)<b>", old: nil, new: b, count: 1),
        UpstreamNews(kind: .removed, name: "v0", old: a, new: nil, count: 3),
      ], at: now + 200)
  }

  @Test func theTextOfAMorning() throws {
    try days()
    let lines = text(try story(since: now, until: now + 300)).split(separator: "\n", omittingEmptySubsequences: false)
    let end = try #require(lines.firstIndex(of: "New versions of your tools"))
    #expect(lines[1] == "No new models since 15 January 2027, 08:00 UTC.")
    #expect(
      lines[end...].dropLast(2).joined(separator: "\n") == """
        New versions of your tools
        · evil  v\\u{202e}1](javascript:x)<b> (new tag) · 3 tags are gone, v0 among
          them
        · GPTQ-for-LLaMa  aaaaaaa → bbbbbbb
        · llama.cpp  b15 (14 new tags) · aaaaaaa → ccccccc · tag nightly was moved:
          aaaaaaa → ccccccc
        """)
  }

  @Test func theWindowIsHalfOpen() throws {
    try days()
    let second = try story(since: now + 100, until: now + 200).tools.filter { $0.name == "llama.cpp" }
    #expect(second.map(\.kind) == [.tag, .commit, .moved])
    #expect(second[0].tag == "b15" && second[0].newTags == 2 && second[0].at == now + 200)
    #expect(second[1].commits == Story.Move(from: try object("b").description, to: try object("c").description))
    let first = try story(since: now, until: now + 100).tools
    #expect(first.map(\.tag) == ["b13", nil] && first[0].newTags == 12)
    #expect(try story(since: now + 200, until: now + 300).tools.isEmpty)
    #expect(text(try story(since: now + 200, until: now + 300)).contains("Nothing new since"))
  }

  @Test func firstSightIsToldAsSuch() throws {
    for url in [llama, gptq, local] { try answer(url, newest: url == llama ? "b1" : nil, at: now) }
    let story = try story(since: nil, until: now)
    #expect(story.tools.map(\.kind) == [.first, .first, .first])
    #expect(text(story).contains("· Watched from now on:  evil (aaaaaaa), GPTQ-for-LLaMa (aaaaaaa), llama.cpp\n  (b1)"))
  }

  @Test func linksLeadToThePlaceOfTheChange() throws {
    try days()
    let tools = try story(since: now, until: now + 300).tools
    func link(_ name: String, _ kind: Story.ToolKind) -> String? {
      tools.first { $0.name == name && $0.kind == kind }?.link
    }
    #expect(link("llama.cpp", .tag) == "https://github.com/ggml-org/llama.cpp/releases/tag/b15")
    let (a, b) = (try object("a"), try object("b"))
    #expect(link("GPTQ-for-LLaMa", .commit) == "https://github.com/qwopqwop200/GPTQ-for-LLaMa/compare/\(a)...\(b)")
    #expect(link("evil", .tag) == nil)
    let tag = UpstreamNews(kind: .tag, name: "a b(é)", old: nil, new: b, count: 1)
    #expect(
      UpstreamPhrases.link(tag, url: "https://gitlab.com/x/y/z.git")
        == "https://gitlab.com/x/y/z/-/tags/a%20b%28%C3%A9%29")
    #expect(UpstreamPhrases.link(tag, url: "https://example.org/x/y") == nil)
  }

  @Test func markdownHasNoLiveForeignSyntax() throws {
    try days()
    let text = MarkdownDigest(endpoint: "https://h").render(try story(since: now, until: now + 300))
    #expect(text.contains("## New versions of your tools"))
    #expect(
      text.contains("- [llama.cpp](https://github.com/ggml-org/llama.cpp/releases/tag/b15): b15 \\(14 new tags\\)"))
    #expect(text.contains("- evil: v\\\\u{202e}1\\]\\(javascript\\:x\\)&lt;b&gt;"))
  }

  @Test func silenceIsToldAfterADay() throws {
    try answer(llama, newest: "b1", at: now)
    try catalog.recordTrouble("Could not resolve host\u{1B}[2J", ofUpstream: llama, at: now + 10)
    try catalog.recordTrouble("no answer within 60 seconds", ofUpstream: llama, at: now + 80_000)
    #expect(try story(since: now, until: now + 86_000).tools.isEmpty)
    let story = try story(since: now, until: now + 86_410)
    #expect(story.tools.map(\.kind) == [.unreachable])
    #expect(text(story).contains("! llama.cpp  not reachable since 15 January 2027, 08:00 UTC: no"))
    try answer(llama, newest: "b1", at: now + 90_000)
    #expect(try self.story(since: now, until: now + 200_000).tools.isEmpty)
  }

  @Test func awayAndBackIsNoNews() throws {
    let (a, b) = (try object("a"), try object("b"))
    try answer(gptq, at: now)
    try answer(gptq, [UpstreamNews(kind: .commit, name: "x", old: a, new: b, count: 1)], at: now + 10)
    try answer(gptq, [UpstreamNews(kind: .commit, name: "x", old: b, new: a, count: 1)], at: now + 20)
    #expect(try story(since: now, until: now + 30).tools.isEmpty)
    #expect(try story(since: now, until: now + 10).tools.map(\.kind) == [.commit])
  }

  @Test func theJSONHasTheContractsKeys() throws {
    try days()
    let data = Data(try JSONOutput.document(try story(since: now, until: now + 300)).utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let tools = try #require(object["tools"] as? [[String: Any]])
    #expect(tools.count == 6)
    let keys = Set(["name", "url", "kind", "tag", "commits", "at", "link", "newTags", "reason"])
    #expect(tools.allSatisfy { Set($0.keys) == keys })
  }
}
