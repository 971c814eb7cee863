import ArgumentParser
import Console
import Domain
import Foundation
import Settings
import Watch

/// Sends the digests that wait in the outbox.
struct DeliverVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "deliver", abstract: "Sends the digests that wait in the outbox, by the ways of [digest].",
    discussion: """
      `hubwatch digest --deliver` and the daemon write them. Each way is tried on its own: after a failure again, after one \
      minute at first and six hours at most, for three days. What has perhaps arrived already is not sent again, but told in \
      the next digest and by `hubwatch status`. It may run beside a daemon; whoever comes first sends.

      1 when something was refused, given up, or has perhaps not arrived; 75 when something is to be tried again later.
      """)

  @OptionGroup var common: CommonOptions
  @Flag(name: .customLong("dry-run"), help: "Only say what would be tried.") var dryRun = false
  @Flag(help: "Send a test message by every way of digest.to, and say exactly what happened.") var test = false

  @Flag(help: "One JSON document of what was tried.") var json = false

  func validate() throws {
    guard [dryRun, test, json].count(where: \.self) <= 1 else {
      throw ValidationError("--dry-run, --test and --json exclude each other")
    }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    try SecretGuard.raise(for: loaded)
    let now = Date()
    if dryRun { return try plan(loaded, now) }
    if test { return try await tryOut(loaded, now) }
    let round = try await DigestPost(loaded, environment: common.environment).round(at: now)
    if round.isBusy { common.note("Another hubwatch is delivering.") }
    if json { try common.print(JSONOutput.document(round)) }
    for result in round.results where !json { try common.print(ForeignText.safe(Self.words(result), limit: 2000)) }
    if round.hasFailed { return .failed }
    return round.waiting > 0 ? .busy : .done
  }

  /// One line of what became of a message.
  static func words(_ result: DeliveryRound.Result) -> String {
    let next = result.state.nextTryAt.map { "; next try \($0.formatted(.iso8601))" } ?? ""
    let reason = result.state.words.map { ": \($0)" } ?? ""
    return "\(result.day) \(result.channel.rawValue) \(result.state.phase.rawValue)\(reason)\(next)"
  }

  private func plan(_ loaded: LoadedSettings, _ now: Date) throws -> Domain.ExitCode {
    let (report, trouble) = OutboxReport.look(loaded.places.state, at: now)
    if let trouble { throw SettingsError(source: loaded.places.state, trouble) }
    for delivery in report?.deliveries ?? [] where !delivery.phase.isFinal {
      let when =
        delivery.phase == .sending
        ? "is being sent, or was cut off"
        : delivery.nextTryAt.map { $0 > now ? "waits until \($0.formatted(.iso8601))" : "would be sent" }
          ?? "would be sent"
      try common.print("\(delivery.day) \(delivery.channel.rawValue) \(when)")
    }
    return .done
  }

  private func tryOut(_ loaded: LoadedSettings, _ now: Date) async throws -> Domain.ExitCode {
    let channels = loaded.settings.digest.channels
    guard !channels.isEmpty else {
      throw SettingsError(source: loaded.places.configuration, "digest.to names no way to try")
    }
    let composer = DigestComposer(
      loaded.settings.digest, endpoint: loaded.settings.hub.endpoint, state: loaded.places.state,
      home: common.environment["HOME"] ?? NSHomeDirectory(), host: ProcessInfo.processInfo.hostName)
    var isGood = true
    for name in channels {
      let entry = composer.testMessage(name, at: now)
      let outcome = await DigestPost.channel(name, loaded, common.environment).send(entry) { true }
      let words: String
      switch outcome {
      case .sent(let text): words = "sent: \(text)"
      case .tryAgain(let text, _): words = "failed, and a digest would be tried again: \(text)"
      case .refused(let text): words = "refused: \(text)"
      case .uncertain(let text): words = "uncertain whether it has arrived: \(text)"
      }
      if case .sent = outcome {} else { isGood = false }
      try common.print(ForeignText.safe("\(name.rawValue) \(words)", limit: 2000))
    }
    return isGood ? .done : .failed
  }
}

/// Writes down that a unit of systemd has failed; `hubwatch-failed@.service` calls it.
struct RecordFailureVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "record-failure", abstract: "Writes down that a unit has failed, for digest and status.",
    shouldDisplay: false)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The unit.") var unit: String

  func work() async throws -> Domain.ExitCode {
    let environment = common.environment
    try UnitFailure(
      unit: unit, at: Date(), result: environment["MONITOR_SERVICE_RESULT"],
      status: environment["MONITOR_EXIT_STATUS"]
    ).record(state: Places(environment: environment).state)
    return .done
  }
}
