import Glibc

/// Joins the loop's thread from a thread of its own, and wakes the task that waits for it.
final class Joiner: Sendable {
  private let loop: CurlLoop
  private let continuation: CheckedContinuation<Void, Never>

  init(loop: CurlLoop, continuation: CheckedContinuation<Void, Never>) {
    self.loop = loop
    self.continuation = continuation
  }

  func start() {
    let me = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Joiner>.fromOpaque(argument).takeRetainedValue().join()
        return nil
      }, me.toOpaque())
    if code == 0 {
      pthread_detach(thread)
    } else {
      // Without a thread to spare, this one waits.
      me.takeRetainedValue().join()
    }
  }

  private func join() {
    loop.join()
    continuation.resume()
  }
}
