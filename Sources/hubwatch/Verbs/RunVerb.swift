import ArgumentParser
import Domain
import Logging
import Settings

/// One cycle of the ritual.
struct RunVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "One cycle: poll, fit, pull, smoke. What the timer starts.",
    discussion: "A model that fails its test is a result, not a failure of the run; a hub that is down is (69).")

  @OptionGroup var common: CommonOptions

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let observer =
      loaded.settings.log.format == "json"
      ? EventLog(logger: Logger(loaded.settings.log, environment: common.environment)).observer
      : Narrator(terminal: common.errorTerminal).observer
    let voice = Voice(common)
    // Nothing is lost, and whoever stopped it does not want to hear of a failure.
    let farewell = Handover.Farewell(
      alone: "hubwatch: stopped; the next run goes on where this one was", code: .done,
      handedOver: "hubwatch: stopped; the daemon goes on with it in its next cycle")
    return try await Handover(loaded.places, common).perform(.run, farewell) {
      try await House.open(loaded, observe: observer) { try await RunWork().perform($0, voice) }
    }
  }
}
