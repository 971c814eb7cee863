import CCurl

/// The transfers that run and those that wait for a place. Lives on the loop's thread only.
struct TransferTable {
  private let multi: UnsafeMutableRawPointer
  private let configuration: HTTPClient.Configuration
  private let clock = LoopClock()
  private var running: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  private var waiting: [TransferOrder] = []
  private var families = FamilyMemory()
  private var addresses = AddressMemory()
  private var sleep = SleepWatch()
  /// Until then no connection is taken from the shelf: curl itself throws away what has lain there for longer.
  private var freshUntil: Duration = .zero

  /// Longer than curl keeps an idle connection (118 seconds).
  private static let shelfLife: Duration = .seconds(120)

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

  /// Ends what is under way, and believes nothing that was known of connections and names.
  mutating func forgetConnections() {
    freshUntil = clock.now + Self.shelfLife
    families = FamilyMemory()
    for transfer in Array(running.values) { end(transfer, .failure(transfer.error(.interrupted))) }
  }

  /// Lets every transfer do what it can without waiting.
  ///
  /// - Returns: how long the thread may sleep when nothing happens, in milliseconds.
  mutating func perform() -> Int32 {
    if sleep.hasSlept(now: clock.wakefulNow) { forgetConnections() }
    let pause = work()
    sleep.willLook(at: clock.wakefulNow + .milliseconds(Int64(pause)))
    return pause
  }

  private mutating func work() -> Int32 {
    startWaiting()
    let rest = wakeTheRested()
    var count: Int32 = 0
    curl_multi_perform(multi, &count)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      let code = hubwatch_curl_result(message)
      guard code != CURL_LAST, let easy = message.pointee.easy_handle, let transfer = running[easy] else {
        continue
      }
      if transfer.wasSwallowed(code), beginAgain(transfer) { continue }
      if transfer.hasNoAddress(code), beginAtOldAddress(transfer) { continue }
      end(transfer, transfer.outcome(code))
    }
    giveUpOnTheSlow()
    if !waiting.isEmpty, running.count < configuration.maximumTransfers { return 0 }
    let looks = running.values.compactMap { transfer in
      (transfer.isResting ? transfer.watch.end : transfer.watch.nextLook).map { $0 - clock.now }
    }
    guard let next = (looks + [rest].compactMap(\.self)).min() else { return 60_000 }
    let pause = next / .milliseconds(1)
    return Int32(min(60_000, max(1, pause.rounded(.up))))
  }

  private mutating func startWaiting() {
    while !waiting.isEmpty, running.count < configuration.maximumTransfers {
      let order = waiting.removeFirst()
      if !begin(order, isFresh: clock.now < freshUntil) { order.fail(.unavailable) }
    }
  }

  private mutating func begin(_ order: TransferOrder, isFresh: Bool, address: String? = nil) -> Bool {
    let family = order.usesProxy ? nil : families.family(of: order.request.url.origin, now: clock.now)
    guard
      let transfer = CurlTransfer(
        order, configuration: configuration, clock: clock, family: family, isFresh: isFresh, address: address),
      curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
    else { return false }
    running[transfer.easy] = transfer
    return true
  }

  /// Sends a request once more over a fresh connection.
  private mutating func beginAgain(_ transfer: CurlTransfer) -> Bool {
    guard begin(transfer.order, isFresh: true) else { return false }
    curl_multi_remove_handle(multi, transfer.easy)
    running[transfer.easy] = nil
    return true
  }

  /// Sends a request to where its host was last, since no name server answers.
  private mutating func beginAtOldAddress(_ transfer: CurlTransfer) -> Bool {
    let order = transfer.order
    guard !order.usesProxy, let address = addresses.address(of: order.request.url.origin, now: clock.now),
      begin(order, isFresh: false, address: address)
    else { return false }
    curl_multi_remove_handle(multi, transfer.easy)
    running[transfer.easy] = nil
    return true
  }

  /// Lets go on what has paid its debt.
  ///
  /// - Returns: how long the first of the others still rests; nil when none does.
  private func wakeTheRested() -> Duration? {
    var shortest: Duration?
    for transfer in Array(running.values) where transfer.isResting {
      let request = transfer.order.request
      guard let rest = request.budget?.rest(now: clock.now) ?? request.backpressure?.rest else {
        transfer.resume()
        // What curl had put aside may have used up the budget again.
        if transfer.isResting { shortest = .zero }
        continue
      }
      shortest = min(shortest ?? rest, rest)
    }
    // The rate may change with the time of day.
    return shortest.map { min($0, .seconds(1)) }
  }

  private mutating func giveUpOnTheSlow() {
    let now = clock.now
    for transfer in Array(running.values) {
      transfer.notePhase()
      guard let verdict = transfer.watch.verdict(now: now, isResting: transfer.isResting) else { continue }
      if transfer.watch.isResolving, transfer.hasNoAddress(CURLE_COULDNT_RESOLVE_HOST), beginAtOldAddress(transfer) {
        continue
      }
      end(transfer, .failure(transfer.error(verdict.kind, verdict.detail)))
    }
  }

  private mutating func end(_ transfer: CurlTransfer, _ result: Result<HTTPHead, any Error>) {
    if !transfer.order.usesProxy {
      transfer.teach(&families)
      transfer.teach(&addresses)
    }
    curl_multi_remove_handle(multi, transfer.easy)
    running[transfer.easy] = nil
    transfer.order.continuation.resume(with: result)
  }
}
