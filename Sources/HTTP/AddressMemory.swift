/// Where hosts were last reached: while no name server answers, the old address is tried before a request fails. A state
/// machine without a clock of its own.
///
/// Whoever answers there has to prove who it is, as always: the certificate is checked against the host's name.
struct AddressMemory {
  /// How long an address is remembered.
  static let life: Duration = .seconds(86_400)
  /// Hosts that are remembered; the hosts of a content network come and go.
  private static let most = 64

  private var known: [HTTPURL.Origin: (address: String, until: Duration)] = [:]

  /// The last address of a host; nil when it was not reached for a day.
  func address(of host: HTTPURL.Origin, now: Duration) -> String? {
    known[host].flatMap { $0.until > now ? $0.address : nil }
  }

  /// A host was reached.
  mutating func learn(_ host: HTTPURL.Origin, address: String, now: Duration) {
    if known.count >= Self.most, known[host] == nil { known.removeAll() }
    known[host] = (address, now + Self.life)
  }
}
