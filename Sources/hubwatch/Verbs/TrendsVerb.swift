import ArgumentParser
import Catalog
import Console
import Digest
import Domain
import Foundation
import Settings
import Watch

/// The lines of the story over time.
struct TrendsVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "trends",
    abstract: "Shows over the weeks how little memory a quality needs, what your card holds, and what is new.",
    discussion: """
      Memory is that of models that passed the smoke test here, by perplexity and by probes; the largest model is one with
      a quantization that fits the configured card; models that the rules leave out are not counted.
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: "How many weeks, 2 to 520.") var weeks = 26
  @Flag(help: "One JSON document.") var json = false

  func validate() throws {
    guard (2...520).contains(weeks) else { throw ValidationError("--weeks takes 2 to 520") }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let now = Date()
    var record = TrendRecord(weeks: [])
    if let catalog = try Catalog.ifPresent(folder: loaded.places.state) {
      record = try catalog.trends(weeks: weeks, until: now)
    }
    let trends = Trends(record, until: now)
    let terminal = common.terminal
    try common.print(
      json ? JSONOutput.document(trends) : TrendsText(width: terminal.width, style: terminal.style).render(trends))
    return .done
  }
}
