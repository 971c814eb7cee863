import Dispatch
import Glibc

/// SIGHUP: somebody has changed the configuration.
public enum HangupSignal {
  /// One element for each; from now on, for the life of the process, the signal no longer ends it.
  public static func arrivals() -> AsyncStream<Void> {
    signal(SIGHUP, SIG_IGN)
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let source = DispatchSource.makeSignalSource(signal: SIGHUP)
    source.setEventHandler {
      continuation.yield()
      // Its own handler keeps the source alive.
      _ = source.isCancelled
    }
    source.resume()
    return stream
  }
}
