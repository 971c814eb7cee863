import Console
import Digest
import Foundation

/// What has become of the digests: facts only, in the form of `status --json`.
public struct OutboxReport: Sendable, Encodable, Equatable {
  /// A message that has not arrived, or the last one of its way.
  public struct Delivery: Sendable, Encodable, Equatable {
    /// The day of its digest.
    public var day: String
    /// Its way.
    public var channel: DeliveryChannelName
    /// Where it is.
    public var phase: DeliveryState.Phase
    /// Times that it was tried.
    public var attempts: Int
    /// Since when; nil when it was never tried.
    public var changedAt: Date?
    /// When it is tried again; nil for at once, or never.
    public var nextTryAt: Date?
    /// What the other side said, or what went wrong.
    public var words: String?

    /// What is the matter with it, for a person; nil when nothing is.
    public var trouble: String? {
      let way = channel == .stdout ? "to standard output" : channel == .file ? "as a file" : "by \(channel.rawValue)"
      let reason = words.map { ": \(ForeignText.oneLine($0, limit: 300))" } ?? ""
      switch phase {
      case .sent: return nil
      case .sending: return "the digest of \(day) is being sent \(way), or was cut off"
      case .failed: return "the digest of \(day) was not sent \(way)\(reason)"
      case .uncertain: return "the digest of \(day) may not have arrived \(way)\(reason)"
      case .waiting:
        guard attempts > 0 else { return nil }
        let tries = attempts == 1 ? "1 try" : "\(attempts) tries"
        return "the digest of \(day) has not been sent \(way) after \(tries)\(reason)"
      }
    }
  }

  /// What has not arrived, and the last message of each way, oldest first.
  public var deliveries: [Delivery] = []
  /// Files that were set aside because they make no sense.
  public var damaged: [String] = []
  /// What is the matter, for a person.
  public var troubles: [String] = []

  /// So long what went wrong is told, in seconds.
  private static let isNews: TimeInterval = 7 * 86_400
  /// A message that nobody has tried for so long waits for somebody who does not come.
  private static let isForgotten: TimeInterval = 6 * 3600
  private static let limit = 50

  private enum CodingKeys: String, CodingKey { case deliveries, damaged }

  /// Looks, and changes nothing.
  ///
  /// - Throws: `OutboxError.unusable`.
  public init(_ outbox: Outbox, at now: Date) throws(OutboxError) {
    let all = try outbox.deliveries(at: now).map { delivery in
      Delivery(
        day: delivery.day, channel: delivery.channel, phase: delivery.state?.phase ?? .waiting,
        attempts: delivery.state?.attempts ?? 0, changedAt: delivery.state?.changedAt,
        nextTryAt: delivery.state?.nextTryAt, words: delivery.state?.words)
    }
    let newest = Dictionary(all.map { ($0.channel, $0.day) }, uniquingKeysWith: max)
    deliveries = Array(all.filter { $0.phase != .sent || newest[$0.channel] == $0.day }.suffix(Self.limit))
    damaged = outbox.damaged()
    for delivery in deliveries {
      if let trouble = delivery.trouble {
        let age = delivery.changedAt.map { now.timeIntervalSince($0) } ?? 0
        if age < Self.isNews || !delivery.phase.isFinal { troubles.append(trouble) }
      }
    }
    let forgotten = try outbox.digests(within: Self.isForgotten, at: now)
    let untried = deliveries.filter { $0.attempts == 0 && $0.phase == .waiting && forgotten.contains($0.day) }
    if let first = untried.first {
      troubles.append(
        "the digest of \(first.day) has not been sent (\(first.channel.rawValue)): nobody has tried; `hubwatch deliver` does"
      )
    }
    if !damaged.isEmpty {
      troubles.append(
        "\(damaged.count) damaged \(damaged.count == 1 ? "file" : "files") of the outbox: \(outbox.folder.path)/damaged"
      )
    }
  }

  /// The outbox of a state folder; nil when there is none, or it cannot be read, which is then told by `trouble`.
  public static func look(_ state: String, at now: Date) -> (report: OutboxReport?, trouble: String?) {
    do throws(OutboxError) {
      guard let outbox = try Outbox.ifPresent(state: state) else { return (nil, nil) }
      return (try OutboxReport(outbox, at: now), nil)
    } catch {
      return (nil, error.problem)
    }
  }

  /// What a digest has to tell of those before it: what went wrong since then, and what still waits.
  func complaints(since: Date?) -> [String] {
    deliveries.compactMap { delivery in
      if delivery.phase.isFinal, let since, let changed = delivery.changedAt, changed < since { return nil }
      return delivery.trouble
    }
  }
}

extension Outbox {
  /// The days of digests that were written more than some seconds ago.
  func digests(within age: TimeInterval, at now: Date) throws(OutboxError) -> Set<String> {
    Set(try digests(setsAside: false).filter { now.timeIntervalSince($0.writtenAt) > age }.map(\.day))
  }
}

extension Story {
  /// Tells what has become of earlier digests and of units, once: what is told now goes to what the person has to know,
  /// and what was told by an earlier digest is left out.
  ///
  /// - Parameters:
  ///   - complaints: what is to be told.
  ///   - known: all that could be among the troubles already.
  mutating func tell(_ complaints: [String], of known: [String]) {
    gaps.removeAll { known.contains($0) }
    for complaint in complaints where !needs.contains(complaint) { needs.append(complaint) }
  }
}
