import Dispatch
import Glibc

/// Waits for Ctrl-C or a polite kill.
enum StopSignal {
  /// Does a piece of work that is cancelled when SIGINT or SIGTERM arrives, and then ends in order; a second signal
  /// ends the process at once.
  ///
  /// - Throws: what the work throws; `CancellationError` when it was stopped.
  static func cancelling<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task { try await work() }
    let numbers = [SIGINT, SIGTERM]
    for number in numbers { signal(number, SIG_IGN) }
    let sources = numbers.map { number in
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler {
        task.cancel()
        for number in numbers { signal(number, SIG_DFL) }
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Returns when SIGINT or SIGTERM arrives, which then no longer ends the process by itself.
  static func arrival() async {
    let numbers = [SIGINT, SIGTERM]
    for number in numbers { signal(number, SIG_IGN) }
    let (arrivals, continuation) = AsyncStream.makeStream(of: Void.self)
    let sources = numbers.map { number in
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { continuation.finish() }
      source.resume()
      return source
    }
    for await _ in arrivals {}
    for source in sources { source.cancel() }
  }
}
