import ArgumentParser
import Domain
import Settings

/// Clears what nothing needs any more.
struct GCVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Deletes partial downloads that nothing waits for, and files that were set aside.",
    discussion: "Only files of hubwatch's own in its folder for partial downloads; models are deleted with drop.")

  @OptionGroup var common: CommonOptions
  @Flag(name: .customLong("dry-run"), help: "Say what would be deleted, and delete nothing.") var dryRun = false
  @Flag(help: "One JSON document.") var json = false

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let voice = Voice(common)
    let work = GCWork(isDry: dryRun, json: json)
    if dryRun { return try work.perform(try Shelf(loaded, readOnly: true), voice) }
    return try await Handover(loaded.places, common).perform(.gc(json: json)) {
      try work.perform(try Shelf(loaded), voice)
    }
  }
}
