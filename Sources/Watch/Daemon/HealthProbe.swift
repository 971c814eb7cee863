import Dispatch
import Domain
import Synchronization

/// Asks something that may hang, on a queue of its own: whoever asks never waits longer than they want to.
final class HealthProbe: Sendable {
  private struct State {
    var askedAt: Double?
    var failure: (any Error)?
  }

  private let state = Mutex(State())
  private let queue: DispatchQueue
  private let clock: @Sendable () -> Double
  private let question: @Sendable () throws -> Void

  init(_ name: String, clock: @escaping @Sendable () -> Double, _ question: @escaping @Sendable () throws -> Void) {
    queue = DispatchQueue(label: "hubwatch.\(name)")
    self.clock = clock
    self.question = question
  }

  /// Asks, unless the last question is still open.
  private func ask() {
    let now = clock()
    let isOpen = state.withLock { state in
      defer { state.askedAt = state.askedAt ?? now }
      return state.askedAt != nil
    }
    guard !isOpen else { return }
    queue.async { [self] in
      let result = Result { try question() }
      state.withLock { state in
        state.askedAt = nil
        state.failure = nil
        if case .failure(let error) = result { state.failure = error }
      }
    }
  }

  /// Asks and waits for the answer for a while.
  ///
  /// - Returns: seconds since the question was put; 0 when it is answered.
  /// - Throws: the answer, when it is an error; `CancellationError`.
  func silence(waiting limit: Double) async throws -> Double {
    ask()
    let start = clock()
    while true {
      let (askedAt, failure) = state.withLock { ($0.askedAt, $0.failure) }
      guard let askedAt else {
        if let failure { throw failure }
        return 0
      }
      let now = clock()
      if now - start >= limit { return now - askedAt }
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
