/// Leaves a host alone that fails again and again: a state machine without clock and without waiting.
///
/// After five failures in a row (5xx after all retries, or no connection) the host is not asked for 1, 2, 4 … 30
/// minutes. Then one request may try; when it fails too, the next and longer pause begins at once. An answer below 500
/// ends it: 429 and refusals are the word of a host that is well.
///
/// Times are seconds since 1970, because the state is stored between runs.
public struct CircuitBreaker: Sendable, Codable, Equatable {
  /// Failures in a row that open the circuit.
  public static let failureLimit = 5
  /// The longest pause in seconds.
  public static let longestPause: Double = 1800

  private struct Circuit: Sendable, Codable, Equatable {
    var failures = 0
    var pauses = 0
    /// When the host may be asked again.
    var until: Double = 0
  }

  private var circuits: [String: Circuit] = [:]

  /// Every host is well.
  public init() {}

  /// Seconds for which a host is left alone; nil when it may be asked.
  public func pause(of host: String, now: Double) -> Double? {
    guard let circuit = circuits[host], circuit.until > now else { return nil }
    // A time further away than any pause comes from another clock.
    return min(circuit.until - now, Self.longestPause)
  }

  /// The host has answered.
  public mutating func succeeded(_ host: String) { circuits[host] = nil }

  /// The host has failed, and all retries with it.
  public mutating func failed(_ host: String, now: Double) {
    var circuit = circuits[host] ?? Circuit()
    circuit.failures += 1
    if circuit.failures >= Self.failureLimit || circuit.pauses > 0 {
      circuit.until = now + min(Self.longestPause, 60 * Double(1 << min(circuit.pauses, 5)))
      circuit.pauses += 1
      circuit.failures = 0
    }
    // The hosts of a content network come and go; a few are enough to remember.
    if circuits.count >= 64, circuits[host] == nil { circuits.removeAll() }
    circuits[host] = circuit
  }
}
