/// How many connections are worth having: a state machine without a clock of its own.
///
/// It begins with four and tries eight; more connections have to bring 5 % more bytes, or it goes back. A content
/// network that is asked too much may collapse: when a tenth of the best speed of the last minute is left for 20
/// seconds, half of the connections are given up and another edge is asked.
struct ConnectionGovernor: Sendable {
  /// Connections at the start.
  static let start = 4
  /// The most connections.
  static let most = 8

  private static let window: Duration = .milliseconds(500)
  /// Of the first look, so that a file of a few hundred megabytes is not half fetched before there are enough.
  private static let firstWindow: Duration = .milliseconds(200)
  private static let worthwhileGain = 1.05
  private static let rest: Duration = .seconds(30)
  private static let collapseShare = 0.1
  private static let collapseTime: Duration = .seconds(20)
  private static let memory: Duration = .seconds(60)

  /// Connections that may be open.
  private(set) var allowed: Int
  private let limit: Int

  private var windowStart: Duration?
  private var windowBytes: Int64 = 0
  private var hasLooked = false
  /// The speed before the last change, and the number of connections that gave it.
  private var before: (speed: Double, allowed: Int)?
  private var nextTry: Duration?
  private var speeds: [(at: Duration, speed: Double)] = []
  private var slowSince: Duration?

  /// - Parameter limit: the most connections that there are descriptors for.
  init(limit: Int = ConnectionGovernor.most) {
    self.limit = max(1, min(Self.most, limit))
    allowed = min(Self.start, self.limit)
  }

  /// What to do beside keeping to `allowed`.
  enum Advice: Equatable {
    case nothing
    /// The network has collapsed: ask for other addresses.
    case anotherEdge
  }

  /// Looks at how much has arrived since the last look.
  ///
  /// - Parameters:
  ///   - bytes: arrived since the last call.
  ///   - open: connections that are open.
  ///   - isHungry: whether there is work for more connections, and no limit of bandwidth holds them back.
  mutating func look(bytes: Int64, open: Int, isHungry: Bool, now: Duration) -> Advice {
    guard open > 0 else {
      windowStart = nil
      slowSince = nil
      return .nothing
    }
    guard let start = windowStart else {
      windowStart = now
      windowBytes = 0
      return .nothing
    }
    windowBytes += bytes
    let elapsed = now - start
    guard elapsed >= (hasLooked ? Self.window : Self.firstWindow) else { return .nothing }
    hasLooked = true
    let speed = Double(windowBytes) / (elapsed / .seconds(1))
    windowStart = now
    windowBytes = 0
    if hasCollapsed(speed, now: now) {
      allowed = max(1, allowed / 2)
      before = nil
      nextTry = now + Self.rest
      return .anotherEdge
    }
    guard isHungry, open >= allowed else { return .nothing }
    weigh(speed, now: now)
    return .nothing
  }

  /// A connection broke or was refused while `open` others go on: so many may be what the other side bears.
  mutating func lost(open: Int, now: Duration) {
    allowed = max(1, min(allowed, open))
    before = nil
    nextTry = now + Self.rest
  }

  private mutating func weigh(_ speed: Double, now: Duration) {
    if let before {
      self.before = nil
      if speed < before.speed * Self.worthwhileGain {
        allowed = before.allowed
        nextTry = now + Self.rest
        return
      }
    }
    guard allowed < limit, nextTry.map({ now >= $0 }) ?? true else { return }
    before = (speed, allowed)
    allowed = min(limit, allowed < Self.start ? allowed + 1 : allowed == Self.start ? limit : allowed + 2)
  }

  private mutating func hasCollapsed(_ speed: Double, now: Duration) -> Bool {
    speeds.removeAll { now - $0.at > Self.memory }
    let best = speeds.map(\.speed).max() ?? 0
    speeds.append((now, speed))
    guard speed < best * Self.collapseShare else {
      slowSince = nil
      return false
    }
    let since = slowSince ?? now
    slowSince = since
    guard now - since >= Self.collapseTime else { return false }
    slowSince = nil
    speeds = []
    return true
  }
}
