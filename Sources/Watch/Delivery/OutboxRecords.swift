import Foundation
import Settings

/// A way by which a digest reaches a person.
public typealias DeliveryChannelName = Settings.Digest.Channel

/// Which time a digest covers, written down before any of its messages is made: after a kill the same digest is finished.
public struct DigestRecord: Codable, Sendable, Equatable {
  /// The form.
  public var schema = "hubwatch.outbox.digest/1"
  /// The day that it belongs to, local time: `2026-11-26`.
  public var day: String
  /// Counts up; the clock may be set back.
  public var sequence: Int
  /// The beginning of its time, in seconds since 1970, exactly; nil for the beginning of everything.
  public var since: Double?
  /// The end of its time, in seconds since 1970, exactly: the last moment of what was known.
  public var end: Double
  /// When it was written, by the clock on the wall.
  public var writtenAt: Date
  /// The ways that it takes; none on a day without news that is not to be told.
  public var channels: [DeliveryChannelName]
}

/// A message as it will be sent, made once.
public struct OutboxEntry: Codable, Sendable, Equatable {
  /// What is sent.
  public enum Content: Codable, Sendable, Equatable {
    /// A text for standard output.
    case stdout(text: String)
    /// A file and its text.
    case file(path: String, text: String)
    /// A mail: the envelope, and headers and body with CR LF.
    case mail(from: String, to: [String], message: String)
    /// A request's body and headers; where it goes is a secret of the configuration.
    case webhook(kind: String, headers: [String: String], body: String)
  }

  /// The form.
  public var schema = "hubwatch.outbox.message/1"
  /// The day of its digest.
  public var day: String
  /// When it was made.
  public var createdAt: Date
  /// What is sent.
  public var content: Content
}

/// How far the delivery of a message has come.
public struct DeliveryState: Codable, Sendable, Equatable {
  /// Where it is.
  public enum Phase: String, Codable, Sendable {
    /// It is to be sent.
    case waiting
    /// It is being handed over. Found by another process it means that nobody knows whether it has arrived.
    case sending
    /// It has arrived.
    case sent
    /// Nobody knows whether it has arrived; it is not sent again.
    case uncertain
    /// It was refused, or given up.
    case failed

    /// Whether nothing more will be done.
    public var isFinal: Bool { self == .sent || self == .uncertain || self == .failed }
  }

  /// The form.
  public var schema = "hubwatch.outbox.state/1"
  /// Where it is.
  public var phase: Phase
  /// Times that it was tried.
  public var attempts: Int
  /// When that was written down.
  public var changedAt: Date
  /// When it is tried again; nil for at once, or never.
  public var nextTryAt: Date?
  /// What the other side said, or what went wrong.
  public var words: String?
}

/// The name of a file of the outbox: `2026-11-26.mail.json`, `2026-11-26.mail.state.json`, `2026-11-26.digest.json`.
struct OutboxName: Hashable {
  enum Kind: Hashable {
    case digest
    case message(DeliveryChannelName)
    case state(DeliveryChannelName)
  }

  var day: String
  var kind: Kind

  init(_ day: String, _ kind: Kind) {
    self.day = day
    self.kind = kind
  }

  /// The name for a file's; nil for any other file.
  init?(_ name: String) {
    guard let match = name.wholeMatch(of: /([0-9]{4}-[0-9]{2}-[0-9]{2})\.([a-z]+)(\.state)?\.json/) else { return nil }
    day = String(match.1)
    if match.2 == "digest", match.3 == nil {
      kind = .digest
    } else if let channel = DeliveryChannelName(rawValue: String(match.2)) {
      kind = match.3 == nil ? .message(channel) : .state(channel)
    } else {
      return nil
    }
  }

  var text: String {
    switch kind {
    case .digest: "\(day).digest.json"
    case .message(let channel): "\(day).\(channel.rawValue).json"
    case .state(let channel): "\(day).\(channel.rawValue).state.json"
    }
  }
}
