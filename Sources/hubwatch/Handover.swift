import Console
import Domain
import Foundation
import Settings
import Watch

/// Does a piece of work here, or lets the daemon do it that holds the state: with the same words and the same exit code.
struct Handover: Sendable {
  let places: Places
  let common: CommonOptions

  init(_ places: Places, _ common: CommonOptions) {
    self.places = places
    self.common = common
  }

  private var sockets: ControlPlaces { ControlPlaces(state: places.state, environment: common.environment) }

  /// What is said when Ctrl-C ends the work.
  struct Farewell: Sendable {
    /// When it was done here; nothing by default.
    var alone: String?
    /// How the process ends then.
    var code = ExitCode.failed
    /// When the daemon did it.
    var handedOver: String?
  }

  /// - Parameters:
  ///   - command: the work, as a daemon is asked for it.
  ///   - alone: does it while no daemon holds the state. Cancelled by Ctrl-C.
  /// - Throws: what `alone` throws; a `ControlEnd` with the daemon's error; `StateLockError.busy` when the state is held by
  ///   somebody who does not listen.
  func perform(
    _ command: ControlCommand, _ farewell: Farewell = Farewell(),
    alone: @escaping @Sendable () async throws -> ExitCode
  ) async throws -> ExitCode {
    try await StopSignal.cancelling {
      if let client = sockets.systemClient {
        sayWhoIsAsked(client)
        return try await ask(client, command, farewell)
      }
      do {
        return try await alone()
      } catch is CancellationError {
        if let words = farewell.alone { common.note(words) }
        return farewell.code
      } catch let error as StateLockError {
        guard case .busy = error, let client = sockets.client else { throw error }
        do {
          return try await ask(client, command, farewell)
        } catch ControlError.absent {
          // Whoever holds the state is no daemon; a dead one has left its socket.
          throw error
        }
      }
    }
  }

  /// Asks the system's daemon, when nothing was ever recorded here and it may be asked.
  ///
  /// - Returns: nil when it is one's own state that counts.
  /// - Throws: `ControlError`; a `ControlEnd` with the daemon's error.
  func askSystem(_ command: ControlCommand, patience: Double) async throws -> ExitCode? {
    guard let client = sockets.systemClient else { return nil }
    sayWhoIsAsked(client)
    return try await ask(client, command, patience: patience)
  }

  /// Says that it is not one's own state that is asked.
  private func sayWhoIsAsked(_ client: ControlClient) {
    common.note("hubwatch: nothing was ever recorded in \(places.state); the system's daemon is asked (\(client.path))")
  }

  /// The right to change the state, taken before something is said that is worth nothing without it.
  struct Claim {
    /// Held by this process; nil when a daemon holds it and does what is to be done.
    fileprivate let lock: StateLock?
  }

  /// Takes the right, or finds the daemon that has it.
  ///
  /// - Throws: `StateLockError`; `busy` when somebody has it who does not listen.
  func claim() throws -> Claim {
    guard sockets.systemClient == nil else { return Claim(lock: nil) }
    do {
      return Claim(lock: try StateLock(folder: places.state))
    } catch {
      guard case .busy = error, sockets.client != nil else { throw error }
      return Claim(lock: nil)
    }
  }

  /// As the other one, after a claim was made.
  func perform(
    _ command: ControlCommand, with claim: Claim, alone: () throws -> ExitCode
  ) async throws -> ExitCode {
    guard let lock = claim.lock else { return try await daemon(command) }
    defer { withExtendedLifetime(lock) {} }
    return try alone()
  }

  /// Asks the daemon, whoever holds the state.
  ///
  /// - Throws: `ControlError.absent` when none listens.
  func daemon(_ command: ControlCommand) async throws -> ExitCode {
    guard let client = sockets.client ?? sockets.systemClient else { throw ControlError.absent(sockets.listening) }
    return try await StopSignal.cancelling { try await ask(client, command) }
  }

  /// Asks, and shows what is said.
  ///
  /// - Parameter patience: seconds without a word after which the daemon counts as silent.
  /// - Throws: `ControlError`; a `ControlEnd` with the daemon's error.
  func ask(
    _ client: ControlClient, _ command: ControlCommand, _ farewell: Farewell = Farewell(), patience: Double? = nil
  ) async throws -> ExitCode {
    let narrator = Narrator(terminal: common.errorTerminal)
    let request = ControlRequest(command, isColoured: common.terminal.style.isColoured)
    let common = common
    do {
      let end = try await client.ask(request, patience: patience) { body in
        switch body {
        case .output(let text, let lineEnd): Terminal.write(text, to: 1, lineEnd: lineEnd)
        case .note(let text): common.note(text)
        case .waiting(let words): common.note("hubwatch: the daemon does it: \(ForeignText.safe(words, limit: 500))")
        default: narrator.tell(body)
        }
      }
      // What the daemon says to a request that was taken back is no news.
      try Task.checkCancellation()
      guard end.problem.isEmpty else { throw end }
      return end.exitCode
    } catch is CancellationError {
      if let words = farewell.handedOver { common.note(words) }
      return .failed
    }
  }
}
