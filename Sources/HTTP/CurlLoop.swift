import CCurl
import Glibc
import Synchronization

/// The thread that owns every transfer, and the inbox through which others speak to it.
final class CurlLoop: Sendable {
  enum Command {
    case start(TransferOrder)
    case cancel(UInt64)
    case forgetConnections
  }

  private struct Inbox {
    var commands: [Command] = []
    var isClosed = false
  }

  /// Handles are pointers, which Swift does not let cross threads unasked.
  // Safe: other threads use it for `curl_multi_wakeup` alone, which libcurl allows at any time before cleanup,
  // and only under the inbox's lock while the inbox is open; the loop cleans up after it was closed.
  private struct MultiHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  private let multi: MultiHandle
  private let configuration: HTTPClient.Configuration
  private let inbox = Mutex(Inbox())
  private let thread = Mutex<pthread_t?>(nil)

  static let isReady = hubwatch_curl_global_init() == CURLE_OK

  init(_ configuration: HTTPClient.Configuration) throws(HTTPError) {
    guard Self.isReady, let pointer = curl_multi_init() else { throw HTTPError(.unavailable, at: nil) }
    multi = MultiHandle(pointer: pointer)
    self.configuration = configuration
    // As many idle connections as transfers; curl's own default is four times the transfers of the moment.
    _ = hubwatch_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, configuration.maximumTransfers)
  }

  /// Begins the thread. Call it once.
  func start() throws(HTTPError) {
    guard let thread = BlockingThread.start({ self.run() }) else {
      curl_multi_cleanup(multi.pointer)
      throw HTTPError(.unavailable, at: nil, detail: "no thread")
    }
    self.thread.withLock { $0 = thread }
  }

  /// Hands a command to the thread. After `close` an order ends at once, cancelled.
  func post(_ command: Command) {
    let isOpen = inbox.withLock { inbox in
      guard !inbox.isClosed else { return false }
      inbox.commands.append(command)
      curl_multi_wakeup(multi.pointer)
      return true
    }
    if !isOpen, case .start(let order) = command { order.fail(.cancelled) }
  }

  /// Tells the thread to cancel everything and end.
  func close() {
    inbox.withLock { inbox in
      guard !inbox.isClosed else { return }
      inbox.isClosed = true
      curl_multi_wakeup(multi.pointer)
    }
  }

  /// Waits for the thread's end; the first call joins it, later ones return at once.
  func join() {
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let thread { pthread_join(thread, nil) }
  }

  /// Lets the thread end on its own.
  func detach() {
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let thread { pthread_detach(thread) }
  }

  private func run() {
    var transfers = TransferTable(multi: multi.pointer, configuration: configuration)
    while true {
      let (commands, isClosed) = inbox.withLock { inbox in
        defer { inbox.commands = [] }
        return (inbox.commands, inbox.isClosed)
      }
      for command in commands {
        switch command {
        case .start(let order): transfers.add(order)
        case .cancel(let id): transfers.cancel(id)
        case .forgetConnections: transfers.forgetConnections()
        }
      }
      if isClosed { break }
      let pause = transfers.perform()
      curl_multi_poll(multi.pointer, nil, 0, pause, nil)
    }
    transfers.cancelAll()
    curl_multi_cleanup(multi.pointer)
  }
}

extension TransferOrder {
  /// Ends the waiting task without a transfer.
  func fail(_ kind: HTTPError.Kind) {
    continuation.resume(throwing: HTTPError(kind, at: request.url))
  }
}
