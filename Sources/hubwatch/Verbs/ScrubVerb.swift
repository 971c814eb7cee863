import ArgumentParser
import Domain
import Settings

/// Reads every model again.
struct ScrubVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "scrub", abstract: "Reads fetched models again and compares them with what they should be.",
    discussion: """
      At idle priority, and resumable: what was read in the last six days is left out. A file that has changed is set
      aside and its model marked as quarantined; one that is gone makes its model lost. 1 when there was such a file.
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "Also what was read lately.") var all = false
  @Flag(help: "One JSON document.") var json = false

  private static let farewell = "hubwatch: stopped; the next scrub goes on where this one was"

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let (work, voice) = (ScrubWork(all: all, json: json), Voice(common))
    return try await Handover(loaded.places, common).perform(
      .scrub(all: all, json: json), .init(alone: Self.farewell, handedOver: Self.farewell)
    ) { try await work.perform(try Shelf(loaded), voice) }
  }
}
