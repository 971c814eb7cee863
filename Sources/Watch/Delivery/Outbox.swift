import Foundation

/// The outbox: one file a digest and channel, each sent at most once, and never in silence.
///
/// It is a folder of its own, so that a digest can be written beside a daemon that holds the state, without network, and
/// sent by whoever comes first. The order is: the record of the digest, its messages, for each try the note that it
/// leaves, and the note how that ended. A message of which only the note that it leaves is found is `uncertain`: it may
/// have arrived, so it is told instead of sent again.
public final class Outbox: Sendable {
  let folder: OutboxFolder

  /// Opens the outbox of a state folder, and makes it when it is missing.
  ///
  /// - Throws: `OutboxError.unusable`.
  public convenience init(state: String) throws(OutboxError) {
    guard let folder = try OutboxFolder.opened(state: state, create: true) else {
      throw .unusable("\(state)/outbox", "is not there")
    }
    self.init(folder)
  }

  /// The outbox of a state folder; nil when nothing was ever put into it.
  ///
  /// - Throws: `OutboxError.unusable`.
  public static func ifPresent(state: String) throws(OutboxError) -> Outbox? {
    try OutboxFolder.opened(state: state, create: false).map { Outbox($0) }
  }

  private init(_ folder: OutboxFolder) { self.folder = folder }

  /// The right to write digests; nil while another process has it.
  func writingLock() throws(OutboxError) -> OutboxLock? { try folder.lock("writing.lock") }

  /// The right to deliver; nil while another process has it.
  func deliveryLock() throws(OutboxError) -> OutboxLock? { try folder.lock("delivery.lock") }

  // MARK: - Digests

  /// What is known of digests, oldest first.
  ///
  /// - Parameter setsAside: whether what makes no sense is set aside; under the lock for writing only.
  /// - Throws: `OutboxError.unusable`.
  func digests(setsAside: Bool = true) throws(OutboxError) -> [DigestRecord] {
    var records: [DigestRecord] = []
    for name in try folder.names().compactMap({ OutboxName($0) }) where name.kind == .digest {
      guard let record: DigestRecord = try decoded(name, setsAside: setsAside) else { continue }
      if record.day == name.day {
        records.append(record)
      } else if setsAside {
        _ = try folder.setAside(name.text)
      }
    }
    return records.sorted { ($0.sequence, $0.day) < ($1.sequence, $1.day) }
  }

  /// Writes down which time a digest covers; false when its day has one already.
  func add(_ record: DigestRecord) throws(OutboxError) -> Bool {
    try folder.create(OutboxName(record.day, .digest).text, try encoded(record))
  }

  /// Whether a message of a digest was made, or has left already.
  func has(_ channel: DeliveryChannelName, of day: String) -> Bool {
    folder.exists(OutboxName(day, .message(channel)).text) || folder.exists(OutboxName(day, .state(channel)).text)
  }

  /// Puts a message into the outbox; false when its place is taken.
  func add(_ entry: OutboxEntry, _ channel: DeliveryChannelName) throws(OutboxError) -> Bool {
    try folder.create(OutboxName(entry.day, .message(channel)).text, try encoded(entry))
  }

  // MARK: - Messages

  /// A message and how far it is.
  struct Delivery: Sendable, Equatable {
    var day: String
    var channel: DeliveryChannelName
    /// What was written down; nil when it was never tried.
    var state: DeliveryState?
  }

  /// Every message, oldest first. What was written down of one and makes no sense counts as `uncertain`.
  ///
  /// - Parameter mends: whether that is set aside and written down; under the lock for delivering only.
  func deliveries(mends: Bool = false, at now: Date) throws(OutboxError) -> [Delivery] {
    let names = try folder.names().compactMap { OutboxName($0) }
    let states = Set(names.filter { if case .state = $0.kind { true } else { false } })
    var result: [Delivery] = []
    for name in names {
      switch name.kind {
      case .message(let channel):
        let place = OutboxName(name.day, .state(channel))
        let state = states.contains(place) ? try state(place, mends: mends, at: now) : nil
        result.append(Delivery(day: name.day, channel: channel, state: state))
      case .state(let channel) where !names.contains(OutboxName(name.day, .message(channel))):
        result.append(Delivery(day: name.day, channel: channel, state: try state(name, mends: mends, at: now)))
      case .state, .digest: continue
      }
    }
    return result
  }

  private func state(_ name: OutboxName, mends: Bool, at now: Date) throws(OutboxError) -> DeliveryState {
    if let state: DeliveryState = try decoded(name, setsAside: mends) { return state }
    let state = DeliveryState(
      phase: .uncertain, attempts: 0, changedAt: now, words: "what was written down of its delivery is damaged")
    if mends, case .state(let channel) = name.kind { try set(state, channel, of: name.day) }
    return state
  }

  /// The message itself; nil when it makes no sense, and then it is set aside.
  func entry(_ channel: DeliveryChannelName, of day: String) throws(OutboxError) -> OutboxEntry? {
    let entry: OutboxEntry? = try decoded(OutboxName(day, .message(channel)))
    return entry?.day == day ? entry : nil
  }

  /// Writes down how far a message is.
  func set(_ state: DeliveryState, _ channel: DeliveryChannelName, of day: String) throws(OutboxError) {
    try folder.replace(OutboxName(day, .state(channel)).text, try encoded(state))
  }

  /// Removes what is over for long. Of digests as many are remembered as make sure that none is written twice, whatever
  /// the clock says; under both locks.
  func clear(at now: Date) throws(OutboxError) {
    let records = try digests()
    let old = Set(records.dropLast(DeliveryPolicy.remembered).map(\.day))
    for delivery in try deliveries(at: now) {
      guard let state = delivery.state, state.phase.isFinal, delivery.day != records.last?.day,
        now.timeIntervalSince(state.changedAt) > DeliveryPolicy.keeping
      else { continue }
      // The message first: without it nothing can leave, and what is written down still says why.
      try folder.remove(OutboxName(delivery.day, .message(delivery.channel)).text)
      try folder.remove(OutboxName(delivery.day, .state(delivery.channel)).text)
    }
    for day in old { try folder.remove(OutboxName(day, .digest).text) }
    try folder.clear()
  }

  /// Files that were set aside because they make no sense.
  func damaged() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/damaged")) ?? []).sorted()
  }

  // MARK: - Files

  private func decoded<Value: Decodable>(_ name: OutboxName, setsAside: Bool = true) throws(OutboxError) -> Value? {
    do {
      guard let data = try folder.read(name.text) else { return nil }
      let decoder = JSONDecoder()
      decoder.dateDecodingStrategy = .iso8601
      return try decoder.decode(Value.self, from: data)
    } catch let error as OutboxError {
      guard case .damaged = error else { throw error }
    } catch {
      // Not JSON, or not of this form.
    }
    if setsAside { _ = try folder.setAside(name.text) }
    return nil
  }

  private func encoded(_ value: some Encodable) throws(OutboxError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    do {
      let data = try encoder.encode(value)
      guard data.count <= OutboxFolder.byteLimit else {
        throw OutboxError.unusable(folder.path, "a message is too large")
      }
      return data
    } catch let error as OutboxError {
      throw error
    } catch {
      throw .unusable(folder.path, "a message cannot be encoded")
    }
  }
}
