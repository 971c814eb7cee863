import Glibc

/// Which of a host's addresses lead anywhere: where one family failed and the other one did not, the other one is used
/// for ten minutes. A state machine without a clock of its own.
struct FamilyMemory {
  /// IPv4 or IPv6.
  enum Family: Hashable {
    case ipv4
    case ipv6

    /// The family of a socket's addresses; nil for neither.
    init?(_ number: Int32) {
      switch number {
      case AF_INET: self = .ipv4
      case AF_INET6: self = .ipv6
      default: return nil
      }
    }
  }

  /// How long it is remembered.
  static let life: Duration = .seconds(600)
  /// Hosts that are remembered; the hosts of a content network come and go.
  private static let most = 64

  private var known: [HTTPURL.Origin: (family: Family, until: Duration)] = [:]

  /// The only family to try for a host; nil for whichever.
  func family(of host: HTTPURL.Origin, now: Duration) -> Family? {
    known[host].flatMap { $0.until > now ? $0.family : nil }
  }

  /// Learns from the end of a transfer.
  ///
  /// - Parameters:
  ///   - tried: the families to which connections were begun.
  ///   - worked: that of the connection which came about; nil when none did.
  mutating func learn(_ host: HTTPURL.Origin, tried: Set<Family>, worked: Family?, now: Duration) {
    guard let worked else {
      // What held until now may be what has just broken.
      known[host] = nil
      return
    }
    guard tried.count > 1 else { return }
    if known.count >= Self.most, known[host] == nil { known.removeAll() }
    known[host] = (worked, now + Self.life)
  }
}
