import Synchronization

/// The line that `systemctl status` shows: what the daemon does, and what troubles it.
final class StatusLine: Sendable {
  private struct State {
    var activity = ""
    var health: String?
    var configuration: String?
    var told: String?
  }

  private let state = Mutex(State())
  private let notifier: ServiceNotifier

  init(_ notifier: ServiceNotifier) { self.notifier = notifier }

  /// What the daemon does now.
  func setActivity(_ words: String) { change { $0.activity = words } }
  /// What keeps it from its work; nil when nothing does.
  func setHealth(_ trouble: String?) { change { $0.health = trouble } }
  /// Why the configuration was not taken over; nil when it was.
  func setConfiguration(_ trouble: String?) { change { $0.configuration = trouble } }

  /// The line as it is now.
  var line: String { state.withLock { Self.line($0) } }

  private static func line(_ state: State) -> String {
    "STATUS="
      + [state.health.map { "trouble: \($0)" }, state.activity, state.configuration]
      .compactMap { $0 }.joined(separator: "; ")
  }

  private func change(_ body: (inout State) -> Void) {
    state.withLock { state in
      body(&state)
      let line = Self.line(state)
      guard line != state.told else { return }
      // What was lost is told with the next change, or the next sign of life.
      if notifier.send([line], waits: false) { state.told = line }
    }
  }
}
