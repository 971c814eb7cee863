import Glibc
import Synchronization

/// A hub of any size on 127.0.0.1, computed from a seed: a million models take a few bytes each.
///
/// It speaks what hubwatch uses: listings by any order with keyset cursors, the answer for one model, trees, and
/// files by range, whose tails are zeros. It counts and limits requests as the real hub does, on a clock that may be
/// a virtual one; things happen on it between requests, and any answer can be made to go wrong. A second port
/// stands for another host: the one that signed addresses lead to, where no token may ever arrive.
///
/// Weights have plausible sizes and made-up hashes; they can be looked at, not verified.
public final class SimulatedHub: Sendable {
  /// How a hub is set up.
  public struct Options: Sendable {
    /// What it is born with.
    public var law: HubLaw
    /// Seconds since 1970.
    public var now: @Sendable () -> Double
    /// Requests that a window allows, for each quota.
    public var quotas: [HubBucket: Int] = [.api: 1_000_000_000, .resolvers: 1_000_000_000, .pages: 1_000_000_000]
    /// The length of a window in seconds.
    public var window = 300
    /// Requests that a client may have under way at once. So many, less one, may come after an announcement that
    /// nothing is left, because they were sent before it.
    public var parallel = 1
    /// The most rows of one page, whatever a request asks for.
    public var longestPage = 1000
    /// The one token that is accepted; nil accepts any.
    public var token: String?
    /// Whether a caller with a token may fetch the files of gated repositories.
    public var tokenOpensGates = false
    /// The port to listen on; 0 takes a free one.
    public var port: UInt16 = 0

    /// A hub of a law, on a clock.
    public init(law: HubLaw, now: @escaping @Sendable () -> Double) {
      self.law = law
      self.now = now
    }
  }

  let core: HubCore
  private let main: ServerSocket
  private let other: ServerSocket

  /// Starts a hub. It stops when it is released.
  ///
  /// - Throws: `SocketError` when there is no port to be had.
  public init(_ options: Options) throws(SocketError) {
    let other = try ServerSocket(port: 0)
    let main = try ServerSocket(port: options.port)
    let core = HubCore(options: options, port: main.port, otherPort: other.port)
    self.core = core
    self.main = main
    self.other = other
    main.serve { HubConnection(core: core, isOther: false).serve($0) }
    other.serve { HubConnection(core: core, isOther: true).serve($0) }
  }

  /// `http://127.0.0.1:PORT`
  public var endpoint: String { "http://127.0.0.1:\(main.port)" }

  // MARK: What happens on it

  /// Lets something happen now.
  public func apply(_ event: HubEvent) {
    let now = Int(core.options.now())
    core.state.withLock { $0.world.apply(event, now: now) }
  }

  /// Lets something happen just before the n-th request from now on (1 is the next one) is answered.
  public func schedule(_ event: HubEvent, beforeRequest number: Int) {
    core.state.withLock { $0.events[$0.requests + max(1, number), default: []].append(event) }
  }

  /// Makes the n-th request from now on (1 is the next one) go wrong.
  public func inject(_ fault: HubFault, atRequest number: Int) {
    core.state.withLock { $0.script[$0.requests + max(1, number)] = fault }
  }

  /// Makes requests go wrong by chance from now on; nil ends that.
  public func setFaults(_ plan: FaultPlan?) { core.state.withLock { $0.plan = plan } }

  // MARK: What it knows

  /// How many models it has or had.
  public var count: Int { core.state.withLock { $0.world.count } }

  /// The model of an id, present or former, visible or not.
  public func index(of id: String) -> Int? { core.state.withLock { $0.world.index(of: id) } }

  /// What a listing tells of a model now.
  public func model(_ index: Int) -> SimulatedModel { core.state.withLock { SimulatedModel(index, of: $0.world) } }

  // MARK: What it saw

  /// How many requests it answered on its own port.
  public var requests: Int { core.state.withLock { $0.requests } }

  /// How many requests each window saw, oldest first.
  public func windows(_ bucket: HubBucket) -> [(start: Int, requests: Int)] {
    core.state.withLock { $0.quotas.windows(bucket) }
  }

  /// The requests that came although they should not have.
  public var violations: [HubViolation] { core.state.withLock { $0.quotas.violations } }

  /// Whether a token was ever sent to the other host.
  public var tokenLeaked: Bool { core.state.withLock { $0.tokenLeaked } }

  /// When somebody asked for a model that was hidden, in seconds since 1970.
  public func failedLooks(_ index: Int) -> [Double] { core.state.withLock { $0.failedLooks[index] ?? [] } }
}

/// A model as it stands on a simulated hub.
public struct SimulatedModel: Sendable, Hashable {
  public let id: String
  public let objectID: String
  public let commit: String
  /// Seconds since 1970.
  public let createdAt: Int
  /// Seconds since 1970.
  public let lastModified: Int
  /// Whether listings and direct requests show it.
  public let isVisible: Bool
  public let isGated: Bool
  /// Whether it has no files yet.
  public let isEmpty: Bool

  init(_ index: Int, of world: borrowing World) {
    id = world.id(index)
    objectID = world.objectID(index)
    commit = world.commitText(index)
    createdAt = Int(world.created[index])
    lastModified = world.lastModified(index)
    isVisible = world.isVisible(index)
    isGated = world.isGated(index)
    isEmpty = world.isEmpty(index)
  }
}

/// What all connections of a simulated hub share.
final class HubCore: Sendable {
  struct State: ~Copyable {
    var world: World
    var quotas: QuotaBook
    /// Requests to the hub's own port so far.
    var requests = 0
    var events: [Int: [HubEvent]] = [:]
    var script: [Int: HubFault] = [:]
    var plan: FaultPlan?
    var tokenLeaked = false
    var failedLooks: [Int: [Double]] = [:]
    /// The last listing that was answered, for the fault that repeats it.
    var lastListing: ListingQuery?
    /// Orders by counts, with the world's revision that they were made at.
    var orders: [ListingSort: (revision: Int, order: [Int32])] = [:]
  }

  let options: SimulatedHub.Options
  let port: UInt16
  let otherPort: UInt16
  let state: Mutex<State>

  init(options: SimulatedHub.Options, port: UInt16, otherPort: UInt16) {
    self.options = options
    self.port = port
    self.otherPort = otherPort
    state = Mutex(
      State(
        world: World(law: options.law),
        quotas: QuotaBook(quotas: options.quotas, window: options.window, parallel: options.parallel)))
  }

  /// Answers a request that came to the hub's own port.
  func answer(_ request: SimulatedRequest, _ head: inout ByteBuffer, _ body: inout ByteBuffer) -> Answer {
    let now = options.now()
    return state.withLock { state in
      state.requests += 1
      let number = state.requests
      for event in state.events.removeValue(forKey: number) ?? [] { state.world.apply(event, now: Int(now)) }
      let bucket = Self.bucket(request)
      let isAdmitted = state.quotas.admit(bucket, request: number, now: now)
      var answer: Answer
      if isAdmitted {
        let fault = state.script.removeValue(forKey: number) ?? state.plan?.fault(request: number)
        answer = respond(request, fault: fault, bucket: bucket, now: now, &state, &body)
      } else {
        let wait = state.quotas.hold(bucket, now: now)
        answer = .tooMany(wait > 0 ? .seconds(Int(wait.rounded(.up))) : .none, now: now, &body)
      }
      guard answer.ending != .cut else { return answer }
      if request.method == "HEAD" {
        if case .zeros(let count) = answer.ending { answer.announcedLength = Int64(body.count) + count }
        answer.announcedLength = answer.announcedLength ?? Int64(body.count)
        body.truncate(to: 0)
        answer.ending = .complete
      }
      answer.putHead(bodyCount: body.count, &head)
      state.quotas.announce(bucket, now: now, &head)
      head.put("\r\n")
      return answer
    }
  }

  /// Source: the hub's documentation of its rate limits.
  private static func bucket(_ request: SimulatedRequest) -> HubBucket {
    guard request.segments.first == "api" else { return request.segments.contains("resolve") ? .resolvers : .pages }
    return request.segments.dropFirst().first == "resolve-cache" ? .resolvers : .api
  }

  private func respond(
    _ request: SimulatedRequest, fault: HubFault?, bucket: HubBucket, now: Double, _ state: inout State,
    _ body: inout ByteBuffer
  ) -> Answer {
    switch fault {
    case .tooMany(let hint):
      switch hint {
      case .none: break
      case .seconds(let wait), .date(let wait): state.quotas.hold(bucket, until: now + Double(wait))
      }
      return .tooMany(hint, now: now, &body)
    case .windowUsedUp:
      state.quotas.useUp(bucket, now: now)
      return .tooMany(.none, now: now, &body)
    case .serverError(let status, let hint):
      if case .seconds(let wait) = hint { state.quotas.hold(bucket, until: now + Double(wait)) }
      if case .date(let wait) = hint { state.quotas.hold(bucket, until: now + Double(wait)) }
      body.put("<html><body>")
      body.put(number: status)
      body.put("</body></html>")
      var answer = Answer(status)
      answer.type = "text/html"
      answer.add(hint, now: now)
      return answer
    case .html:
      body.put("<!DOCTYPE html><html><body><form>Please log in to the guest network</form></body></html>")
      var answer = Answer(200)
      answer.type = "text/html"
      return answer
    case .deepJSON:
      for _ in 0..<10_000 { body.put("[") }
      for _ in 0..<10_000 { body.put("]") }
      return Answer(200)
    case .endless:
      body.put("[")
      var answer = Answer(200)
      answer.ending = .endless
      return answer
    case .gigabyte:
      body.put("[")
      var answer = Answer(200)
      answer.announcedLength = 1 << 30
      answer.ending = .blanks(1 << 30 - 1)
      return answer
    case .cut:
      var answer = Answer(0)
      answer.ending = .cut
      return answer
    default: break
    }
    var answer = route(request, fault: fault, now: now, &state, &body)
    if fault == .truncated, answer.status == 200, answer.ending == .complete, body.count > 1 {
      answer.announcedLength = Int64(body.count)
      body.truncate(to: body.count / 2)
      answer.ending = .cutAfterBody
    }
    return answer
  }
}
