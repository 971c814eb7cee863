import Domain
import Foundation
import Testing

@testable import Catalog

@Suite("Search in the catalog")
struct SearchTests {
  private let shelf: Shelf
  private var catalog: Catalog { shelf.catalog }

  init() throws { shelf = try Shelf() }

  private func found(_ words: String) throws -> [String] {
    try catalog.search(words, limit: 10).map(\.id.description)
  }

  @Test func idsTagsAndCardsAreFound() throws {
    try shelf.record(
      shelf.row("meta-llama/Llama-3.1-8B", ["llama", "license:llama3.1", "en"]), shelf.row("b/Mistral-7B-GGUF", ["fr"]))
    let commit = try #require(CommitHash(Shelf.hexadecimal(1, 40)))
    try catalog.describe(
      shelf.id("b/Mistral-7B-GGUF"),
      DescriptionRecord(commit: commit, shape: nil, card: "A model for \"poems\" & prose."),
      state: .described, reason: nil, weights: [], at: shelf.now)
    try shelf.derive()
    #expect(try found("llama 3.1") == ["meta-llama/Llama-3.1-8B"])
    #expect(try found("LLAMA-3.1-8b") == ["meta-llama/Llama-3.1-8B"])
    #expect(try found("mistr") == ["b/Mistral-7B-GGUF"])
    #expect(try found("poem") == ["b/Mistral-7B-GGUF"])
    #expect(try found("license:llama3.1") == ["meta-llama/Llama-3.1-8B"])
    #expect(try found("llama poems").isEmpty)
  }

  @Test func theIndexForgetsOldWords() throws {
    try shelf.record(shelf.row("a/Old-Name", ["alpha"], object: 1))
    try shelf.derive()
    try shelf.record(shelf.row("a/New-Name", ["beta"], object: 1), after: 1)
    try shelf.record(shelf.row("a/Newer-Name", ["gamma"], object: 1), after: 2)
    #expect(try found("alpha").isEmpty && found("old").isEmpty)
    try shelf.derive()
    #expect(try found("gamma newer") == ["a/Newer-Name"] && found("beta").isEmpty && found("new name").isEmpty)
  }

  @Test(arguments: [
    "", "   ", "\"", "*", "-", "AND", "a OR", "NEAR(", "id:", "(((", "\u{0}", "'; DROP TABLE repo; --", "…", "^x",
  ])
  func anyWordsAreHarmless(_ words: String) throws {
    try shelf.record(shelf.row("a/x"))
    try shelf.derive()
    _ = try found(words)
    #expect(try catalog.repoCount() == 1)
  }

  @Test func whatIsLetInComesFirst() throws {
    _ = try catalog.record([try shelf.row("a/word-one", downloads: 1_000_000)], at: shelf.now) { _ in
      Ruling(isAdmitted: false, rule: .mute)
    }
    try shelf.record(shelf.row("a/word-two", object: 5))
    try shelf.derive()
    #expect(try found("word") == ["a/word-two", "a/word-one"])
  }
}
