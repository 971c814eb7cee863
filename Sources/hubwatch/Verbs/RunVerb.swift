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
    let common = common
    do {
      return try await StopSignal.cancelling {
        try await House.open(loaded, observe: observer) { house in
          DeviceNote.say(house.device, common)
          try await house.street.cycle()
          return .done
        }
      }
    } catch is CancellationError {
      // Nothing is lost, and whoever stopped it does not want to hear of a failure.
      common.note("hubwatch: stopped; the next run goes on where this one was")
      return .done
    }
  }
}
