import Dispatch
import Glibc

/// Waits for Ctrl-C or a polite kill.
enum StopSignal {
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
