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
    let narrator = Narrator(terminal: common.errorTerminal)
    return try await House.open(loaded, observe: narrator.observer) { house in
      let before = try house.catalog.repoCount()
      let gaps = try await house.street.pollAlone()
      for gap in gaps { common.note("Left unread: \(gap)") }
      let known = try house.catalog.repoCount()
      try common.print("\(known) models known, \(known - before) of them new.")
      return .done
    }
  }
}
