import Domain
import Testing

@testable import Settings
@testable import Watch

@Suite("The rules of the watch")
struct RulesTests {
  private func judge(
    _ id: String = "maker/model", _ tags: [String] = ["gguf"], _ architecture: String? = "llama",
    _ parameters: Int64? = 7_000_000_000, _ change: (inout Settings.Watch) -> Void = { _ in }
  ) throws -> Ruling {
    var settings = Settings.Watch()
    change(&settings)
    return Rules(settings).judge(
      Rules.Subject(
        id: try #require(RepoID(id)), tags: TagList(tags), architecture: architecture, parameters: parameters))
  }

  /// Also that every ruling survives being stored, and names its key.
  private func expect(_ ruling: Ruling, _ isAdmitted: Bool, _ rule: Ruling.Rule, _ finding: String = "") {
    #expect(ruling == Ruling(isAdmitted: isAdmitted, rule: rule, finding: finding))
    #expect(Ruling(code: ruling.code) == ruling)
    let keys: [Ruling.Rule: String] = [
      .mute: "watch.mute", .follow: "watch.follow", .nsfw: "watch.nsfw", .licences: "watch.licences",
      .languages: "watch.languages", .minParameters: "watch.min_parameters", .maxParameters: "watch.max_parameters",
      .families: "watch.families", .architectures: "watch.architectures",
    ]
    if let key = keys[rule] { #expect(ruling.explanation.contains(key)) }
    #expect(finding.isEmpty || ruling.explanation.contains(finding))
  }

  @Test func authors() throws {
    expect(try judge("Loud/m") { $0.mute = ["loud"] }, false, .mute, "Loud")
    expect(try judge("good/m") { $0.mute = ["loud"] }, true, .architectures, "llama")
    expect(try judge("Good/m", ["nsfw"], "qwen2", 1) { $0.follow = ["good"] }, true, .follow, "Good")
    expect(
      try judge("both/m") {
        $0.mute = ["both"]
        $0.follow = ["both"]
      }, false, .mute, "both")
  }

  @Test func contents() throws {
    expect(try judge("a/b", ["gguf", "not-for-all-audiences"]), false, .nsfw, "not-for-all-audiences")
    expect(try judge("a/b", ["nsfw"]) { $0.nsfw = true }, true, .architectures, "llama")
    expect(try judge("a/b", ["nsfw-filter"]), true, .architectures, "llama")
    expect(try judge("a/b", ["license:other", "license:MIT"]) { $0.licences = ["mit"] }, true, .architectures, "llama")
    expect(try judge("a/b", ["license:other"]) { $0.licences = ["mit"] }, false, .licences, "other")
    expect(try judge("a/b", ["gguf"]) { $0.licences = ["mit"] }, false, .licences)
    expect(try judge("a/b", ["de", "fr"]) { $0.languages = ["en"] }, false, .languages, "de, fr")
    expect(try judge("a/b", ["de", "en"]) { $0.languages = ["EN"] }, true, .architectures, "llama")
    expect(try judge("a/b", ["gguf"]) { $0.languages = ["en"] }, true, .architectures, "llama")
    expect(try judge("a/b", ["de", "multilingual"]) { $0.languages = ["en"] }, true, .architectures, "llama")
  }

  @Test func sizes() throws {
    expect(try judge("a/b", [], "llama", 99_999_999), false, .minParameters, "100M")
    expect(try judge("a/b", [], "llama", 100_000_000), true, .architectures, "llama")
    expect(try judge("a/b", [], "llama", nil), true, .architectures, "llama")
    expect(try judge("a/b", [], "llama", 0), true, .architectures, "llama")
    expect(
      try judge("a/b", [], "llama", 70_000_000_001) { $0.maxParameters = 70_000_000_000 }, false, .maxParameters, "70B")
    expect(
      try judge("a/b", [], "llama", 70_000_000_000) { $0.maxParameters = 70_000_000_000 }, true, .architectures, "llama"
    )
  }

  @Test func kinds() throws {
    expect(try judge("a/b", [], "LLaMA"), true, .architectures, "LLaMA")
    expect(try judge("a/b", [], "qwen2"), false, .architectures, "qwen2")
    expect(try judge("a/b", ["llama"], nil), true, .architectures, "llama")
    expect(try judge("a/b", ["llama-2"], nil), true, .unknownArchitecture)
    // What a header says is stronger than a tag.
    expect(try judge("a/b", ["llama"], "qwen2"), false, .architectures, "qwen2")
    expect(try judge("Qwen/Qwen3-8B", [], "qwen3") { $0.families = ["qwen/qwen3-*"] }, true, .families, "Qwen/Qwen3-8B")
    expect(
      try judge("me/mine", ["base_model:quantized:Qwen/Qwen3-8B"], "qwen3") { $0.families = ["Qwen/Qwen3-*"] }, true,
      .families, "Qwen/Qwen3-8B")
    expect(try judge("me/Qwen3-8B", [], "qwen3") { $0.families = ["Qwen/Qwen3-*"] }, false, .architectures, "qwen3")
  }

  @Test func theFingerprintChangesWithTheRulesOnly() {
    let usual = Rules(Settings.Watch()).fingerprint
    func fingerprint(_ change: (inout Settings.Watch) -> Void) -> String {
      var settings = Settings.Watch()
      change(&settings)
      return Rules(settings).fingerprint
    }
    let changed = [
      fingerprint { $0.architectures = ["qwen2"] }, fingerprint { $0.families = ["a/*"] },
      fingerprint { $0.follow = ["a"] }, fingerprint { $0.mute = ["a"] }, fingerprint { $0.minParameters = 1 },
      fingerprint { $0.maxParameters = 1 }, fingerprint { $0.licences = ["a"] }, fingerprint { $0.languages = ["a"] },
      fingerprint { $0.nsfw = true },
    ]
    #expect(Set(changed + [usual]).count == changed.count + 1)
    #expect(
      fingerprint {
        $0.pages = 7
        $0.describe = 7
        $0.firstDays = 7
      } == usual)
  }
}

@Suite("Patterns of ids")
struct PatternTests {
  /// What a pattern means, without any thought for speed.
  private static func matches(_ pattern: Substring, _ text: Substring) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return text.indices.contains { matches(pattern.dropFirst(), text[$0...]) } || matches(pattern.dropFirst(), "")
    }
    return text.first == first && matches(pattern.dropFirst(), text.dropFirst())
  }

  @Test(arguments: 0..<40)
  func theSameAsTheirMeaning(seed: Int) {
    var random = SystemRandomNumberGenerator()
    func word(_ letters: String, _ longest: Int) -> String {
      String(
        (0..<Int.random(in: 0...longest, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
    }
    for _ in 0..<100 {
      let (pattern, text) = (word("ab/**", 7), word("ab/", 8))
      #expect(Pattern(pattern).matches(text) == Self.matches(pattern[...], text[...]), "\(pattern) and \(text)")
    }
  }

  @Test func capitalsAndManyStars() {
    #expect(Pattern("QWEN/qwen*").matches("Qwen/Qwen3-8B") && !Pattern("qwen").matches("Qwen/Qwen3"))
    #expect(Pattern("").matches("") && !Pattern("").matches("a") && Pattern("***").matches("a/b"))
    #expect(!Pattern(String(repeating: "*a", count: 60) + "b").matches(String(repeating: "a", count: 96)))
  }
}
