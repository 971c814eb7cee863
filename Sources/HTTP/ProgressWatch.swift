/// Tells when a transfer has waited long enough: a state machine without a clock of its own.
///
/// Speed is judged in slices of an eighth of `lowSpeedTime`; eight slow slices in a row are a standstill. One
/// look judges at most one slice, so that a thread which was held up itself does not blame the server.
struct ProgressWatch {
  private static let slices = 8

  private let limits: HTTPLimits
  private let start: Duration
  private var hasBegun = false
  private var sliceStart: Duration
  private var sliceBytes: Int64 = 0
  private var slowSlices = 0

  /// Begins to watch at `now`, a reading of any steady clock.
  init(limits: HTTPLimits, now: Duration) {
    self.limits = limits
    start = now
    sliceStart = now
  }

  /// Bytes of head or body have arrived.
  mutating func received(_ bytes: Int, now: Duration) {
    if !hasBegun {
      hasBegun = true
      sliceStart = now
    }
    sliceBytes += Int64(bytes)
  }

  /// It was we who rested until `now`: that says nothing about the server.
  mutating func rested(now: Duration) {
    sliceStart = now
    sliceBytes = 0
    slowSlices = 0
  }

  /// The reason to give up at `now`; nil to go on.
  ///
  /// - Parameter isResting: whether it is us who rest, so that only the limit of everything counts.
  mutating func verdict(now: Duration, isResting: Bool = false) -> HTTPError.Kind? {
    if let total = limits.total, now - start >= total { return .timeout }
    if isResting { return nil }
    guard hasBegun else { return now - start >= limits.connect + limits.firstByte ? .timeout : nil }
    let slice = limits.lowSpeedTime / Self.slices
    guard now - sliceStart >= slice else { return nil }
    let isSlow = Double(sliceBytes) < Double(limits.lowSpeed) * ((now - sliceStart) / .seconds(1))
    slowSlices = isSlow ? slowSlices + 1 : 0
    sliceStart = now
    sliceBytes = 0
    return slowSlices >= Self.slices ? .stalled : nil
  }

  /// When everything has taken too long; nil without such a limit.
  var end: Duration? { limits.total.map { start + $0 } }

  /// When to look again at the latest.
  var nextLook: Duration {
    let next =
      hasBegun ? sliceStart + limits.lowSpeedTime / Self.slices : start + limits.connect + limits.firstByte
    return limits.total.map { min(next, start + $0) } ?? next
  }
}
