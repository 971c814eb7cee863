import CCurl

/// The transfers that run and those that wait for a place. Lives on the loop's thread only.
struct TransferTable {
  private let multi: UnsafeMutableRawPointer
  private let configuration: HTTPClient.Configuration
  private let clock = LoopClock()
  private var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var waiting: [TransferOrder] = []

  init(multi: UnsafeMutableRawPointer, configuration: HTTPClient.Configuration) {
    self.multi = multi
    self.configuration = configuration
  }

  mutating func add(_ order: TransferOrder) {
    if order.cancellation.isSet {
      order.fail(.cancelled)
    } else {
      waiting.append(order)
    }
  }

  mutating func cancel(_ id: UInt64) {
    if let index = waiting.firstIndex(where: { $0.id == id }) {
      waiting.remove(at: index).fail(.cancelled)
    } else if let transfer = running.values.first(where: { $0.order.id == id }) {
      end(transfer, .failure(transfer.error(.cancelled)))
    }
  }

  mutating func cancelAll() {
    for transfer in Array(running.values) { end(transfer, .failure(transfer.error(.cancelled))) }
    for order in waiting { order.fail(.cancelled) }
    waiting = []
  }

  /// Lets every transfer do what it can without waiting.
  ///
  /// - Returns: how long the thread may sleep when nothing happens, in milliseconds.
  mutating func perform() -> Int32 {
    startWaiting()
    var count: Int32 = 0
    curl_multi_perform(multi, &count)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      let code = hubwatch_curl_result(message)
      guard code != CURL_LAST, let easy = message.pointee.easy_handle, let transfer = running[easy] else {
        continue
      }
      end(transfer, transfer.outcome(code))
    }
    giveUpOnTheSlow()
    if !waiting.isEmpty, running.count < configuration.maximumTransfers { return 0 }
    guard let next = running.values.map(\.watch.nextLook).min() else { return 60_000 }
    let pause = (next - clock.now) / .milliseconds(1)
    return Int32(min(60_000, max(1, pause.rounded(.up))))
  }

  private mutating func startWaiting() {
    while !waiting.isEmpty, running.count < configuration.maximumTransfers {
      let order = waiting.removeFirst()
      guard let transfer = CurlTransfer(order, configuration: configuration, clock: clock),
        curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
      else {
        order.fail(.unavailable)
        continue
      }
      running[transfer.easy] = transfer
    }
  }

  private mutating func giveUpOnTheSlow() {
    let now = clock.now
    for transfer in Array(running.values) {
      guard let kind = transfer.watch.verdict(now: now) else { continue }
      end(transfer, .failure(transfer.error(kind)))
    }
  }

  private mutating func end(_ transfer: CurlTransfer, _ result: Result<HTTPHead, any Error>) {
    curl_multi_remove_handle(multi, transfer.easy)
    running[transfer.easy] = nil
    transfer.order.continuation.resume(with: result)
  }
}
