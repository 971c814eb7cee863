import ArgumentParser
import Catalog
import Console
import Domain
import Settings

/// Full text over ids, tags and cards.
struct SearchVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Finds models by the words of their ids, tags and cards.",
    discussion: "All words have to be there; the last one may be the beginning of a word.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "Words.") var words: [String]
  @Option(help: "At most so many.") var limit = 20
  @Flag(help: "One JSON document.") var json = false

  func validate() throws {
    guard (1...2000).contains(limit) else { throw ValidationError("--limit takes 1 to 2000") }
    guard words.contains(where: { $0.contains { $0.isLetter || $0.isNumber } }) else {
      throw ValidationError("there is no word to look for")
    }
  }

  private struct Document: Encodable {
    let schema = "hubwatch.search/1"
    let models: [RepoRow]
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let catalog = try Catalog.ifPresent(folder: loaded.places.state)
    let found = try catalog?.search(words.joined(separator: " "), limit: limit) ?? []
    if json {
      try common.print(JSONOutput.document(Document(models: found.map { RepoRow($0) })))
    } else if found.isEmpty {
      common.note("Nothing in the catalog has these words.")
    } else {
      try common.print(
        ListColumn.table(found).lines(width: common.terminal.width, style: common.terminal.style).joined(
          separator: "\n"))
    }
    return .done
  }
}
