import ArgumentParser
import Domain
import Settings

/// Lets the daemon rest.
struct PauseVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Lets the daemon rest: it begins nothing, and what it does stops where it can go on.",
    discussion: """
      Until `hubwatch resume`, or for a time; also over a restart. It still answers, and keep, drop and gc still work; what
      needs the hub or a model is refused (75). 75 when no daemon is there.
      """)

  @OptionGroup var common: CommonOptions
  @Option(name: .customLong("for"), help: "For so long, such as 90m or 8h.") var duration: String?

  func validate() throws {
    if let duration, Quantity.seconds(duration) == nil { throw ValidationError("--for takes a time such as 90m or 8h") }
  }

  func work() async throws -> Domain.ExitCode {
    try await Handover(Places(environment: common.environment), common)
      .daemon(.pause(seconds: duration.flatMap(Quantity.seconds)))
  }
}

/// Ends the daemon's rest.
struct ResumeVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Lets the daemon go on after `pause`.", discussion: "75 when no daemon is there.")

  @OptionGroup var common: CommonOptions

  func work() async throws -> Domain.ExitCode {
    try await Handover(Places(environment: common.environment), common).daemon(.resume)
  }
}

/// Makes the daemon read its configuration again.
struct ReloadVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Makes the daemon read its configuration again, and waits until it has.",
    discussion: "78 with the reason when the new one cannot be used; the old one stays. 75 when no daemon is there.")

  @OptionGroup var common: CommonOptions

  func work() async throws -> Domain.ExitCode {
    try await Handover(Places(environment: common.environment), common).daemon(.reload)
  }
}
