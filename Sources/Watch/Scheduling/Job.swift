/// What the daemon does by itself.
public enum Job: String, Sendable, Codable, CaseIterable {
  /// Writes the digest of the day, and sends what waits in the outbox.
  case digest
  /// Judges what is not judged yet.
  case fit
  /// Records what is new on the hub, and looks at it.
  case poll
  /// Chooses what is worth fetching, and fetches what is wanted.
  case pull
  /// Tests what was fetched, and asks it what it can do.
  case smoke
  /// Clears up: leftovers, the daily snapshot, the write-ahead log.
  case gc
  /// Reads again what was fetched.
  case scrub

  /// What it needs for itself.
  public var lanes: Lanes {
    switch self {
    case .digest: []
    case .fit, .poll: .hub
    case .pull, .smoke, .gc, .scrub: .models
    }
  }

  /// Whether it can be stopped in the middle without losing more than the piece under way.
  public var isStoppable: Bool {
    switch self {
    case .poll, .fit, .pull, .smoke, .scrub: true
    case .digest, .gc: false
    }
  }
}

/// What only one piece of work may have at a time.
public struct Lanes: OptionSet, Sendable, Hashable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// What is known of the hub, and the way there.
  public static let hub = Lanes(rawValue: 1)
  /// The models on the disk.
  public static let models = Lanes(rawValue: 2)
}
