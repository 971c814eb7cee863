import Catalog
import Domain
import Glibc
import HTTP
import Hub

/// Fetches the files of one copy over a handful of connections: one loop that owns the state, and child tasks that
/// wait for the network or the disk and come back with an event.
struct CopyTransfer {
  typealias Group = ThrowingTaskGroup<Event, any Error>

  /// What a child task comes back with.
  enum Event: Sendable {
    case tick
    case opened(Int, Result<FileDesk.Opening, any Error>)
    case located(Int, Result<ResolvedFile, any Error>)
    case ended(Int, connection: Int, SegmentEnd)
    case rested(Int)
    case hashed(Int, (any Error)?)
    case kept(Int, (any Error)?)
    case finished(Int, Result<Finding, any Error>)
  }

  /// What the hash of a complete file said.
  enum Finding: Sendable {
    case right
    case wrong
    /// Everything was forgotten on purpose.
    case forgotten
  }

  /// How a request for a range ended.
  struct SegmentEnd: Sendable {
    var result: Result<HTTPHead, any Error>
    var excerpt: String
  }

  /// What does not change while a copy is fetched.
  struct Surroundings: Sendable {
    var hub: HubClient
    var http: HTTPClient
    var budget: BandwidthBudget
    var desk: FileDesk
    var options: Downloader.Options
    var root: String
    var progress: Downloader.Progress
    var sleep: @Sendable (Double) async throws -> Void
  }

  let copy: CopyRecord
  let around: Surroundings
  var files: [FileState]
  var governor: ConnectionGovernor
  private let backpressure = Backpressure()
  /// Where and after which failure it was given up.
  private(set) var defeat: (host: String, cause: any Error)?
  private let start: ContinuousClock.Instant
  private var lastTick: ContinuousClock.Instant
  private var lastSpaceCheck: ContinuousClock.Instant
  private var lastArrived: Int64 = 0
  /// Bytes a second of all connections.
  private var speed: Double?

  static let tickInterval: Duration = .milliseconds(100)
  private static let keepInterval: Duration = .seconds(2)
  private static let keepBytes: Int64 = 32 << 20
  /// Bytes that may be lost to a power failure before the network has to wait for the disk: so many, or those of so
  /// many seconds, whichever is more. Less than is promised, since this is looked at ten times a second.
  private static let mostUndurable: (bytes: Int64, seconds: Double) = (48 << 20, 1.5)
  /// Files that are fetched at one time.
  private static let openFiles = 3
  /// A gap between two looks at the clock after which no connection is believed to be alive: the machine slept.
  private static let sleepGap: Duration = .seconds(60)

  init(_ copy: CopyRecord, _ parts: [PartRecord], _ around: Surroundings, governor: ConnectionGovernor) {
    self.copy = copy
    self.around = around
    self.governor = governor
    files = parts.enumerated().map { FileState($0.offset, $0.element) }
    start = around.options.now()
    lastTick = start
    lastSpaceCheck = start
  }

  /// Brings every file to its end.
  ///
  /// - Throws: the error that ends the first file that cannot be brought there; `CancellationError`.
  mutating func run(_ group: inout Group) async throws {
    group.addTask { try await Self.tick() }
    while true {
      fill(&group)
      guard files.contains(where: { !$0.isDone }) else { break }
      guard let event = try await group.next() else { break }
      try Task.checkCancellation()
      try handle(event, &group)
    }
    group.cancelAll()
  }

  /// Journals what has arrived of files that are still open.
  func settle() async throws {
    for file in files {
      if let open = file.open { try await open.keeper.keep() }
    }
  }

  private static func tick() async throws -> Event {
    try await Task.sleep(for: tickInterval)
    return .tick
  }

  var now: ContinuousClock.Instant { around.options.now() }

  // MARK: Beginning things

  private var openConnections: Int { files.reduce(0) { $0 + $1.connections.count } }

  private mutating func fill(_ group: inout Group) {
    for index in files.indices where files[index].mayBegin {
      guard files.count(where: { $0.isUnderWay }) < Self.openFiles else { break }
      // Room is taken only for what the hub still tells the same of.
      if files[index].address == nil, around.desk.isNew(files[index].part.file) {
        locate(index, &group)
        continue
      }
      files[index].stage = .opening
      let (desk, part) = (around.desk, files[index].part)
      group.addTask { .opened(index, await Self.result { try await desk.open(part) }) }
    }
    for index in files.indices {
      refresh(index)
      if files[index].needsAddress { locate(index, &group) }
      while openConnections < governor.allowed, let claim = claim(index) { connect(index, claim, &group) }
    }
    // Nothing is left that nobody fetches: help the slowest.
    while openConnections < governor.allowed, let (index, claim) = half() { connect(index, claim, &group) }
  }

  private func claim(_ index: Int) -> PartialFile.Claim? {
    let file = files[index]
    guard let open = file.open, file.mayConnect else { return nil }
    guard file.ranges == .honoured else {
      return file.connections.isEmpty ? open.target.claim(length: file.part.file.size) : nil
    }
    guard !file.doubtsRanges || file.connections.isEmpty else { return nil }
    let size = file.part.file.size
    guard size > ChunkLength.first else { return open.target.claim(length: size) }
    let each = speed.map { $0 / Double(max(1, openConnections)) }
    let length = ChunkLength.next(remaining: open.target.unclaimed, connections: governor.allowed, speed: each)
    return open.target.claim(length: length)
  }

  private static let leastHalf: Int64 = 2 << 20

  private func half() -> (Int, PartialFile.Claim)? {
    for (index, file) in files.enumerated() where file.mayConnect && file.ranges == .honoured && !file.doubtsRanges {
      if let claim = file.open?.target.claimHalf(least: Self.leastHalf) { return (index, claim) }
    }
    return nil
  }

  private mutating func connect(_ index: Int, _ claim: PartialFile.Claim, _ group: inout Group) {
    guard let open = files[index].open, let address = files[index].address else { return }
    let isWhole = claim.range == 0..<files[index].part.file.size
    var request = around.hub.downloadRequest(
      for: address.file, from: claim.range.lowerBound, to: isWhole ? nil : claim.range.upperBound)
    request.budget = around.budget
    request.backpressure = backpressure
    request.limits = around.options.limits
    let tag = open.target.journal.entityTag?.split(separator: " ", maxSplits: 1)
    if !isWhole, let tag, tag.count == 2, tag[0] == address.file.location.origin.host {
      request.headers["If-Range"] = String(tag[1])
    }
    let sink = SegmentSink(open.target, claim, isWhole: isWhole)
    let (stops, stop) = AsyncStream<Void>.makeStream()
    files[index].connections[claim.id] = Connection(
      claim, sink, host: request.url.origin.authority, addressSince: address.since, stop: stop, now: now - start)
    let (http, hub) = (around.http, around.hub)
    group.addTask {
      let result = await Self.transfer(request, sink, until: stops) {
        try await hub.transfer($0, of: address.file, sink: $1, over: http)
      }
      return .ended(index, connection: claim.id, SegmentEnd(result: result, excerpt: sink.excerpt))
    }
  }

  private static func transfer(
    _ request: HTTPRequest, _ sink: SegmentSink, until stops: AsyncStream<Void>,
    _ send: @escaping @Sendable (HTTPRequest, SegmentSink) async throws -> HTTPHead
  ) async -> Result<HTTPHead, any Error> {
    await withTaskGroup(of: Result<HTTPHead, any Error>?.self) { group in
      group.addTask {
        let answer = await result { try await send(request, sink) }
        // Also of a transfer that broke every byte counts.
        let flushed = await result { try sink.flush() }
        if case .failure(let error) = flushed { return .failure(error) }
        return answer
      }
      group.addTask {
        for await _ in stops { break }
        return nil
      }
      var answer: Result<HTTPHead, any Error>?
      // Whichever comes first ends the other; the transfer always has the last word.
      for await outcome in group {
        group.cancelAll()
        answer = outcome ?? answer
      }
      return answer ?? .failure(CancellationError())
    }
  }

  static func result<Value: Sendable>(_ body: @Sendable () async throws -> Value) async -> Result<Value, any Error> {
    do { return .success(try await body()) } catch { return .failure(error) }
  }

  // MARK: Events

  private mutating func handle(_ event: Event, _ group: inout Group) throws {
    switch event {
    case .tick:
      try look(&group)
      group.addTask { try await Self.tick() }
    case .opened(let index, let result):
      switch try result.get() {
      case .complete:
        files[index].stage = .done
        report(index)
      case .partial(let open):
        files[index].begin(open, now: now)
        report(index)
        if open.target.isComplete { finish(index, &group) }
      }
    case .located(let index, let result):
      files[index].isLocating = false
      switch result {
      case .success(let place): files[index].address = (place, now)
      // It was asked twice already.
      case .failure(let error as DownloadError): throw error
      case .failure(let error): try files[index].trouble(error, copy, &group, sleep: around.sleep)
      }
    case .ended(let index, let connection, let end):
      try ended(index, connection, end, &group)
    case .rested(let index): files[index].isResting = false
    case .hashed(let index, let error):
      files[index].isHashing = false
      if let error { throw error }
    case .kept(let index, let error):
      files[index].isKeeping = false
      if let error { throw error }
    case .finished(let index, let result): finished(index, try result.get(), &group)
    }
  }

  private mutating func ended(_ index: Int, _ connection: Int, _ end: SegmentEnd, _ group: inout Group) throws {
    guard let gone = files[index].connections.removeValue(forKey: connection), let open = files[index].open else {
      return
    }
    let isWhole = open.target.release(gone.claim)
    let verdict = SegmentVerdict(
      end, isWhole: isWhole, of: files[index].part.file, at: files[index].address?.file, hub: around.hub,
      wasStopped: gone.isStopped)
    switch verdict {
    case .fine: if isWhole, !gone.isStopped { files[index].trustsRanges() }
    case .again(_, _, .stale) where files[index].address.map({ $0.since != gone.addressSince }) ?? false:
      // The word of an address that was replaced meanwhile.
      break
    case .again(let error, let pause, let address):
      if address == .stale { files[index].address = nil }
      if openConnections > 0 { governor.lost(open: openConnections, now: now - start) }
      do {
        try files[index].trouble(error, copy, &group, sleep: around.sleep, pause: pause)
      } catch let last {
        defeat = (gone.host, error)
        throw last
      }
    case .noRanges(let fault):
      if files[index].losesFaithInRanges() { forget(index, &group) }
      try files[index].trouble(inconsistent(fault, index), copy, &group, sleep: around.sleep)
    case .changed(let fault):
      // Half of one file and half of another are worth nothing.
      forget(index, &group)
      try files[index].trouble(inconsistent(fault, index), copy, &group, sleep: around.sleep)
    case .fatal(let error): throw error
    }
    if open.target.isComplete, files[index].connections.isEmpty { finish(index, &group) }
  }

  private func inconsistent(_ fault: SegmentFault, _ index: Int) -> DownloadError {
    DownloadError(.inconsistent(fault.words), "\(copy.repo)/\(files[index].part.file.path)")
  }

  /// Forgets what has arrived of a file, the journal first.
  private mutating func forget(_ index: Int, _ group: inout Group) {
    guard let open = files[index].open, !files[index].isFinishing else { return }
    files[index].stopAndForgetAddress()
    files[index].isFinishing = true
    group.addTask {
      .finished(
        index,
        await Self.result {
          try await open.keeper.restart()
          try await open.hasher.restart(fromDisk: false)
          return .forgotten
        })
    }
  }

  private mutating func finish(_ index: Int, _ group: inout Group) {
    guard let open = files[index].open, !files[index].isFinishing else { return }
    files[index].isFinishing = true
    let (desk, file) = (around.desk, files[index].part.file)
    let (isLastTry, name) = (files[index].damages > 0, "\(copy.repo)/\(files[index].part.file.path)")
    group.addTask {
      .finished(
        index,
        await Self.result { () async throws -> Finding in
          // The last bytes are written while the last bytes are hashed.
          async let synced: Void = open.keeper.flush()
          var found = try await open.hasher.finish()
          try await synced
          if found != file.hash {
            // Memory may be at fault: the disk is asked before anything is fetched again.
            try await open.hasher.restart(fromDisk: true)
            found = try await open.hasher.finish()
          }
          if found == file.hash {
            try await desk.finish(open)
            return .right
          }
          guard !isLastTry else {
            try await desk.quarantine(open)
            throw DownloadError(.wrongContent(found: found.map(\.description) ?? "unknown"), name)
          }
          // Nothing is deleted: every byte is fetched once more, over the one before.
          try await open.keeper.restart()
          try await open.hasher.restart(fromDisk: false)
          return .wrong
        })
    }
  }

  private mutating func finished(_ index: Int, _ finding: Finding, _ group: inout Group) {
    files[index].isFinishing = false
    switch finding {
    case .right:
      files[index].stage = .done
      report(index)
    case .wrong:
      files[index].damages += 1
      files[index].address = nil
    case .forgotten: break
    }
  }

  // MARK: Ticks

  private mutating func look(_ group: inout Group) throws {
    let now = now
    let elapsed = (now - lastTick) / .seconds(1)
    if now - lastTick > Self.sleepGap {
      for index in files.indices { files[index].stopAndForgetAddress() }
      around.http.forgetConnections()
    }
    lastTick = now
    let arrived = files.reduce(0) { $0 + ($1.open?.target.arrived.count ?? 0) + $1.settled }
    let bytes = max(0, arrived - lastArrived)
    lastArrived = arrived
    if openConnections > 0, elapsed > 0 {
      let current = Double(bytes) / elapsed
      speed = speed.map { $0 * 0.8 + current * 0.2 } ?? (bytes > 0 ? current : nil)
    }
    let undurable = files.reduce(0) { $0 + ($1.open?.target.undurable ?? 0) }
    backpressure.hold(undurable > max(Self.mostUndurable.bytes, Int64((speed ?? 0) * Self.mostUndurable.seconds)))
    let isHungry = files.contains { ($0.open?.target.unclaimed ?? 0) > 0 } && !around.budget.isLimited
    // A disk that cannot follow says nothing about the network.
    if !backpressure.isHeld,
      governor.look(bytes: bytes, open: openConnections, isHungry: isHungry, now: now - start) == .anotherEdge
    {
      for index in files.indices { files[index].stopAndForgetAddress() }
    }
    replaceTheSlow(now - start)
    if now - lastSpaceCheck > .seconds(1) {
      lastSpaceCheck = now
      if let usable = DiskSpace(around.root)?.usable(above: around.options.reserve), usable.bytes < 0 {
        let words = "the disk is down to what downloads.reserve keeps free"
        throw DownloadError(.diskFull(words), around.root)
      }
    }
    for index in files.indices {
      for connection in files[index].connections.values { try connection.sink.flush() }
      report(index)
      keep(index, now, &group)
    }
  }

  /// A connection that has brought less than an eighth of what the others bring for half a minute is replaced.
  private mutating func replaceTheSlow(_ now: Duration) {
    let speeds = files.flatMap { $0.connections.values.compactMap(\.slowness.speed) }.sorted()
    let median = speeds.isEmpty ? 0 : speeds[speeds.count / 2]
    for index in files.indices {
      for id in files[index].connections.keys {
        files[index].connections[id]?.look(median: speeds.count > 1 ? median : 0, now: now)
      }
    }
  }

  private mutating func keep(_ index: Int, _ now: ContinuousClock.Instant, _ group: inout Group) {
    guard let open = files[index].open, !files[index].isFinishing else { return }
    if !files[index].isHashing {
      files[index].isHashing = true
      group.addTask {
        let result = await Self.result { try await open.hasher.advance() }
        return .hashed(index, result.failure)
      }
    }
    guard !files[index].isKeeping else { return }
    files[index].isKeeping = true
    let isDue = now - files[index].lastKept >= Self.keepInterval || open.target.undurable >= Self.keepBytes
    if isDue { files[index].lastKept = now }
    group.addTask {
      let result = await Self.result { isDue ? try await open.keeper.keep() : await open.keeper.startWriting() }
      return .kept(index, result.failure)
    }
  }

  private func report(_ index: Int) {
    let file = files[index]
    switch file.stage {
    case .done: around.progress(file.part.file.path, file.part.file.size, file.part.file.size)
    case .open(let open): around.progress(file.part.file.path, open.target.arrived.count, file.part.file.size)
    case .untouched, .opening: break
    }
  }
}

extension Result {
  var failure: Failure? {
    if case .failure(let error) = self { error } else { nil }
  }
}
