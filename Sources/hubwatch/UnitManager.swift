import Console
import Domain
import Foundation
import Subprocess
import Units

/// systemd, spoken to through its own programs.
struct UnitManager {
  private let scope: UnitInstallation.Scope
  private let isRunning: Bool

  /// - Parameter environment: `XDG_RUNTIME_DIR` says where a user's systemd can be found.
  init(_ scope: UnitInstallation.Scope, environment: [String: String]) {
    self.scope = scope
    let place =
      switch scope {
      case .system: "/run/systemd/system"
      case .user: (environment["XDG_RUNTIME_DIR"] ?? "/nonexistent") + "/systemd"
      }
    isRunning = FileManager.default.fileExists(atPath: place)
  }

  /// Makes the user and the folders that the system's units need.
  ///
  /// - Throws: `UnitError.refused`.
  func prepareGround() async throws(UnitError) {
    guard scope == .system else { return }
    try await perform("systemd-sysusers", ["hubwatch.conf"])
    try await perform("systemd-tmpfiles", ["--create", "hubwatch.conf"])
  }

  /// Has systemd read all units again. Where it is not at work it reads them when it starts.
  ///
  /// - Throws: `UnitError.refused`.
  func readAgain() async throws(UnitError) {
    if isRunning { try await systemctl(["daemon-reload"]) }
  }

  /// Has units started now and whenever the machine, or the person's session, begins.
  ///
  /// - Throws: `UnitError.refused`.
  func enable(_ units: [String]) async throws(UnitError) {
    try await systemctl(["enable"] + (isRunning ? ["--now"] : []) + units)
  }

  /// Stops units, and starts them no more.
  ///
  /// - Throws: `UnitError.refused`.
  func disable(_ units: [String]) async throws(UnitError) {
    try await systemctl(["disable"] + (isRunning ? ["--now"] : []) + units)
  }

  /// The command line with which a person would do it.
  func command(_ arguments: [String]) -> String {
    (scope == .user ? "systemctl --user " : "sudo systemctl ") + arguments.joined(separator: " ")
  }

  private func systemctl(_ arguments: [String]) async throws(UnitError) {
    try await perform("systemctl", (scope == .user ? ["--user"] : []) + arguments)
  }

  private func perform(_ program: String, _ arguments: [String]) async throws(UnitError) {
    let command = ([program] + arguments).joined(separator: " ")
    let words: String
    do {
      let outcome = try await run(
        .name(program), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 64 << 10))
      if outcome.terminationStatus.isSuccess { return }
      words = outcome.standardError
    } catch {
      words = "\(error)"
    }
    throw .refused(command: command, words: ForeignText.oneLine(words, limit: 1000))
  }
}
