/// Tells when a transfer has waited long enough: a state machine without a clock of its own.
///
/// Until the first byte every phase has a limit of its own. Then speed is judged in slices of an eighth of
/// `lowSpeedTime`; eight slow slices in a row are a standstill. One look judges at most one slice, so that a thread
/// which was held up itself does not blame the server.
struct ProgressWatch {
  /// What a transfer is waiting for before its first byte.
  enum Phase {
    case resolve
    case connect
    case handshake
    case answer
  }

  private static let slices = 8

  private let limits: HTTPLimits
  private let start: Duration
  private var phase = Phase.resolve
  /// Whether the name server's answer is still waited for.
  var isResolving: Bool { phase == .resolve }
  private var phaseStart: Duration
  private var hasBegun = false
  private var sliceStart: Duration
  private var sliceBytes: Int64 = 0
  private var slowSlices = 0

  /// Begins to watch at `now`, a reading of any steady clock.
  init(limits: HTTPLimits, now: Duration) {
    self.limits = limits
    start = now
    phaseStart = now
    sliceStart = now
  }

  /// The transfer is in a phase.
  mutating func entered(_ phase: Phase, now: Duration) {
    guard phase != self.phase else { return }
    self.phase = phase
    phaseStart = now
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

  /// Why to give up, and in which words.
  struct Verdict: Equatable {
    let kind: HTTPError.Kind
    let detail: String
  }

  /// The reason to give up at `now`; nil to go on.
  ///
  /// - Parameter isResting: whether it is us who rest, so that only the limit of everything counts.
  mutating func verdict(now: Duration, isResting: Bool = false) -> Verdict? {
    if let total = limits.total, now - start >= total {
      return Verdict(kind: .timeout, detail: "not done within \(Self.words(total))")
    }
    if isResting { return nil }
    guard hasBegun else {
      let (limit, thing) = patience
      guard now - phaseStart >= limit else { return nil }
      return Verdict(kind: .timeout, detail: "no \(thing) within \(Self.words(limit))")
    }
    let slice = limits.lowSpeedTime / Self.slices
    guard now - sliceStart >= slice else { return nil }
    let isSlow = Double(sliceBytes) < Double(limits.lowSpeed) * ((now - sliceStart) / .seconds(1))
    slowSlices = isSlow ? slowSlices + 1 : 0
    sliceStart = now
    sliceBytes = 0
    guard slowSlices >= Self.slices else { return nil }
    return Verdict(
      kind: .stalled, detail: "fewer than \(limits.lowSpeed) bytes a second for \(Self.words(limits.lowSpeedTime))")
  }

  /// When everything has taken too long; nil without such a limit.
  var end: Duration? { limits.total.map { start + $0 } }

  /// When to look again at the latest.
  var nextLook: Duration {
    let next = hasBegun ? sliceStart + limits.lowSpeedTime / Self.slices : phaseStart + patience.limit
    return limits.total.map { min(next, start + $0) } ?? next
  }

  /// How long the phase may take, and what is waited for.
  private var patience: (limit: Duration, thing: String) {
    switch phase {
    case .resolve: (limits.resolve, Self.things[0])
    case .connect: (limits.connect, Self.things[1])
    case .handshake: (limits.handshake, Self.things[2])
    case .answer: (limits.firstByte, "first byte")
    }
  }

  /// What is waited for before a request can be sent.
  private static let things = ["answer of the name server", "connection", "TLS handshake"]

  /// Whether a verdict's words are about the time before the request was sent.
  static func isBeforeRequest(_ detail: String) -> Bool { things.contains { detail.hasPrefix("no \($0) within") } }

  private static func words(_ duration: Duration) -> String {
    let milliseconds = Int64(duration / .milliseconds(1))
    return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
  }
}
