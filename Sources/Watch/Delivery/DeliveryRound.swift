import Foundation

/// What one look into the outbox has brought, in the form of `deliver --json`.
public struct DeliveryRound: Sendable, Encodable, Equatable {
  /// One message that was tried, or found cut off.
  public struct Result: Sendable, Encodable, Equatable {
    /// The day of its digest.
    public var day: String
    /// Its way.
    public var channel: DeliveryChannelName
    /// Where it is now.
    public var state: DeliveryState
    /// Whether something was done with it, and not only found that it is too early.
    var isNews = true

    private enum CodingKeys: String, CodingKey { case day, channel, phase, attempts, nextTryAt, words }

    /// Every key is there; what is not known is null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(day, forKey: .day)
      try container.encode(channel, forKey: .channel)
      try container.encode(state.phase, forKey: .phase)
      try container.encode(state.attempts, forKey: .attempts)
      try container.encode(state.nextTryAt, forKey: .nextTryAt)
      try container.encode(state.words, forKey: .words)
    }
  }

  /// The form.
  public let schema = "hubwatch.deliver/1"
  /// What was tried, or found cut off, oldest first.
  public var results: [Result] = []
  /// Messages that wait for their next try.
  public var waiting = 0
  /// The first of those tries; nil when nothing waits.
  public var nextTryAt: Date?
  /// Whether another process was at it, and nothing was done here.
  public var isBusy = false

  private enum CodingKeys: String, CodingKey { case schema, results, waiting, nextTryAt, isBusy }

  /// Every key is there; what is not known is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(results, forKey: .results)
    try container.encode(waiting, forKey: .waiting)
    try container.encode(nextTryAt, forKey: .nextTryAt)
    try container.encode(isBusy, forKey: .isBusy)
  }

  /// Whether something has reached nobody, or perhaps nobody, and will not be tried again.
  public var hasFailed: Bool { results.contains { $0.state.phase == .failed || $0.state.phase == .uncertain } }

  /// Nothing.
  public init() {}
}

extension Outbox {
  /// Tries everything that is due, the channels beside each other.
  ///
  /// - Parameters:
  ///   - channels: the ways to try; the messages of others are left alone.
  ///   - sender: the way of a name.
  ///   - now: the moment.
  /// - Throws: `OutboxError.unusable`. What was written down so far holds.
  func deliver(
    _ channels: Set<DeliveryChannelName>, at now: Date,
    through sender: @escaping @Sendable (DeliveryChannelName) -> any DeliveryChannel
  ) async throws(OutboxError) -> DeliveryRound {
    var round = DeliveryRound()
    guard let lock = try deliveryLock() else {
      round.isBusy = true
      return round
    }
    defer { withExtendedLifetime(lock) {} }
    let all = try deliveries(mends: true, at: now).filter { channels.contains($0.channel) }
    let outcomes = await withTaskGroup(of: Result<[DeliveryRound.Result], OutboxError>.self) { group in
      for channel in channels {
        let own = all.filter { $0.channel == channel && !($0.state?.phase.isFinal ?? false) }
        if own.isEmpty { continue }
        group.addTask {
          do throws(OutboxError) {
            return .success(try await self.deliver(own, through: sender(channel), at: now))
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    var failure: OutboxError?
    for outcome in outcomes {
      switch outcome {
      case .success(let results): round.results += results
      case .failure(let error): failure = error
      }
    }
    if let failure { throw failure }
    round.results.sort { ($0.day, $0.channel.rawValue) < ($1.day, $1.channel.rawValue) }
    let waiting = round.results.filter { $0.state.phase == .waiting }
    round.waiting = waiting.count
    round.nextTryAt = waiting.map { $0.state.nextTryAt ?? now }.min()
    round.results.removeAll { !$0.isNews }
    if let writing = try writingLock() {
      try clear(at: now)
      withExtendedLifetime(writing) {}
    }
    return round
  }

  /// Tries the messages of one channel, oldest first.
  private func deliver(
    _ deliveries: [Delivery], through channel: any DeliveryChannel, at now: Date
  ) async throws(OutboxError) -> [DeliveryRound.Result] {
    var results: [DeliveryRound.Result] = []
    for delivery in deliveries {
      var result = DeliveryRound.Result(
        day: delivery.day, channel: delivery.channel,
        state: delivery.state ?? DeliveryState(phase: .waiting, attempts: 0, changedAt: now))
      result.isNews = result.state.phase == .sending || DeliveryPolicy.isDue(result.state, now: now)
      if result.isNews { result.state = try await deliver(delivery, through: channel, at: now) }
      results.append(result)
    }
    return results
  }

  private func deliver(
    _ delivery: Delivery, through channel: any DeliveryChannel, at now: Date
  ) async throws(OutboxError) -> DeliveryState {
    let old = delivery.state ?? DeliveryState(phase: .waiting, attempts: 0, changedAt: now)
    func note(_ phase: DeliveryState.Phase, _ words: String?, attempts: Int, next: Date? = nil) throws(OutboxError)
      -> DeliveryState
    {
      let state = DeliveryState(phase: phase, attempts: attempts, changedAt: now, nextTryAt: next, words: words)
      try set(state, delivery.channel, of: delivery.day)
      return state
    }
    if old.phase == .sending {
      return try note(.uncertain, "its sending was cut off; it may have arrived", attempts: old.attempts)
    }
    guard let entry = try entry(delivery.channel, of: delivery.day) else {
      return try note(.failed, "the message was damaged", attempts: old.attempts)
    }
    let attempts = old.attempts + 1
    DeliveryCrashPoint.beforeSending.pass()
    let outcome = await channel.send(entry) {
      let sending = DeliveryState(phase: .sending, attempts: attempts, changedAt: now)
      guard (try? self.set(sending, delivery.channel, of: delivery.day)) != nil else { return false }
      DeliveryCrashPoint.afterSendingNoted.pass()
      return true
    }
    switch outcome {
    case .sent(let words):
      DeliveryCrashPoint.afterHandOver.pass()
      let state = try note(.sent, words, attempts: attempts)
      DeliveryCrashPoint.afterSentNoted.pass()
      return state
    case .refused(let words): return try note(.failed, words, attempts: attempts)
    case .uncertain(let words): return try note(.uncertain, words, attempts: attempts)
    case .tryAgain(let words, let wished):
      let next = DeliveryPolicy.nextTry(after: attempts, wished: wished, now: now)
      guard !DeliveryPolicy.isOver(createdAt: entry.createdAt, next: next) else {
        let tries = attempts == 1 ? "1 try" : "\(attempts) tries"
        return try note(.failed, "given up after \(tries): \(words)", attempts: attempts)
      }
      return try note(.waiting, words, attempts: attempts, next: next)
    }
  }
}
