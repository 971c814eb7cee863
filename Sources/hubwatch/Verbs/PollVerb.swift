import ArgumentParser
import Domain
import Settings

/// Records what is new on the hub.
struct PollVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "poll", abstract: "Records new and changed models, and reads their headers by range.")

  @OptionGroup var common: CommonOptions

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let voice = Voice(common)
    return try await Handover(loaded.places, common).perform(.poll) {
      try await House.open(loaded, observe: voice.observer) { try await PollWork().perform($0, voice) }
    }
  }
}
