import ArgumentParser
import Console
import Doctor
import Domain
import Foundation
import HTTP
import Hub
import Settings

/// What is wrong with this set-up?
struct DoctorVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Finds what is wrong with this set-up, and says how to mend it.",
    discussion: """
      It only looks, and may do so beside a daemon. Hints are no trouble: they say what could be better.

      EXIT STATUS: 0 nothing is wrong; 1 there is trouble.
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "One JSON document.") var json = false
  @Flag(help: "Also ask the hub for one page.") var online = false

  func work() async throws -> Domain.ExitCode {
    let report = await DoctorReport(
      Surroundings(
        environment: common.environment, now: Date(),
        askHub: online ? { @Sendable loaded in await Self.answer(of: loaded) } : nil))
    if json {
      try common.print(JSONOutput.document(report))
    } else {
      let text = DoctorText(width: min(80, common.terminal.width), style: common.terminal.style)
      try common.print(text.render(report))
    }
    return report.isWell ? .done : .failed
  }

  /// What went wrong when the hub was asked for its newest model; nil when nothing did.
  private static func answer(of loaded: LoadedSettings) async -> String? {
    do {
      try SecretGuard.raise(for: loaded)
      let http = try HTTPClient(try NetworkSetup.configuration(loaded.settings.network))
      let trouble: String?
      do {
        let endpoint = try HubEndpoint(
          loaded.settings.hub.endpoint, allowsPrivate: loaded.settings.hub.allowPrivate)
        let hub = HubClient(endpoint: endpoint, token: loaded.token, http: http)
        for try await _ in hub.models(ModelQuery(limit: 1), pageLimit: 1) { break }
        trouble = nil
      } catch let error as any ReportableError {
        trouble = error.problem
      }
      await http.shutdown()
      return trouble
    } catch let error as any ReportableError {
      return error.problem
    } catch {
      return "\(error)"
    }
  }
}
