import Catalog
import Domain
import Hub

/// How far one file of a copy is. Owned by the loop that fetches the copy.
struct FileState {
  enum Stage {
    case untouched
    case opening
    case open(FileDesk.OpenFile)
    case done
  }

  /// Whether the server sends parts of files.
  enum Ranges {
    case honoured
    /// It does not: the whole file has to come in one body.
    case ignored
  }

  /// Its place among the files of the copy.
  let index: Int
  let part: PartRecord
  var stage = Stage.untouched
  var connections: [Int: Connection] = [:]
  /// Where its bytes are, and since when that is known.
  var address: (file: ResolvedFile, since: ContinuousClock.Instant)?
  var isLocating = false
  var isResting = false
  var isHashing = false
  var isKeeping = false
  var isFinishing = false
  var lastKept = ContinuousClock.now
  /// How often the whole file had the wrong hash.
  var damages = 0
  private(set) var ranges = Ranges.honoured
  /// Answers in a row that had another range than was asked for.
  private var rangeFaults = 0
  /// Tries in a row without a byte more than there ever was.
  private var barren = 0
  /// Fresh addresses in a row that brought no byte.
  private var refreshes = 0
  /// Answers in a row that ask to be left alone for a while.
  private var busy = 0
  private var most: Int64 = 0

  init(_ index: Int, _ part: PartRecord) {
    self.index = index
    self.part = part
  }

  var isUntouched: Bool { if case .untouched = stage { true } else { false } }
  /// Whether its first step may be taken now.
  var mayBegin: Bool { isUntouched && !isLocating && !isResting }
  var isDone: Bool { if case .done = stage { true } else { false } }
  var isUnderWay: Bool { (!isUntouched || isLocating || isResting) && !isDone }
  var open: FileDesk.OpenFile? { if case .open(let open) = stage { open } else { nil } }
  /// The bytes of a file that is done.
  var settled: Int64 { isDone ? part.file.size : 0 }

  var mayConnect: Bool { open != nil && address != nil && !isResting && !isFinishing && !isLocating }
  var needsAddress: Bool {
    guard let open, address == nil, !isLocating, !isResting, !isFinishing else { return false }
    return open.target.unclaimed > 0
  }

  mutating func begin(_ open: FileDesk.OpenFile, now: ContinuousClock.Instant) {
    stage = .open(open)
    lastKept = now
    most = open.target.arrived.count
  }

  mutating func stopConnections() {
    for id in connections.keys { connections[id]?.cancel() }
  }

  mutating func stopAndForgetAddress() {
    stopConnections()
    address = nil
  }

  /// Whether there is more than ever before.
  private mutating func hasProgress() -> Bool {
    let count = open?.target.arrived.count ?? 0
    guard count > most else { return false }
    most = count
    return true
  }

  /// Waits a little after a failure, or gives up.
  ///
  /// - Parameter pause: what the server asked for, in seconds.
  /// - Throws: the error when further tries make no sense.
  mutating func trouble(
    _ error: any Error, _ copy: CopyRecord, _ group: inout CopyTransfer.Group,
    sleep: @escaping @Sendable (Double) async throws -> Void, pause: Double = 0
  ) throws {
    let name = "\(copy.repo)/\(part.file.path)"
    guard Trouble.isWorthAnotherTry(error) else { throw Trouble.final(error, name) }
    // Connections that fail together are one failure.
    guard !isResting else { return }
    if hasProgress() {
      (barren, busy, refreshes) = (0, 0, 0)
    } else if Trouble.isBusy(error) {
      busy += 1
    } else {
      barren += 1
    }
    if case .locationExpired(let status)? = (error as? HubError)?.kind {
      refreshes += 1
      if refreshes > Trouble.refreshes {
        throw DownloadError(.refused(status: status, words: (error as? HubError)?.detail ?? ""), name)
      }
    }
    guard barren < Trouble.barrenTries, busy < Trouble.busyTries else { throw Trouble.final(error, name) }
    isResting = true
    let (index, seconds) = (index, max(pause, Trouble.jitter(barren)))
    group.addTask {
      try await sleep(seconds)
      return .rested(index)
    }
  }

  /// Whether the server has sent another range than was asked for: then one connection is enough to find out.
  var doubtsRanges: Bool { rangeFaults > 0 }

  /// The server has sent what it was asked for.
  mutating func trustsRanges() { rangeFaults = 0 }

  /// Counts an answer with the wrong range; the third one means that the file has to come in one body.
  ///
  /// - Returns: whether that has just been found out.
  mutating func losesFaithInRanges() -> Bool {
    address = nil
    guard ranges == .honoured, !isResting else { return false }
    rangeFaults += 1
    guard rangeFaults >= Trouble.rangeTries else { return false }
    ranges = .ignored
    return true
  }
}

/// One request for a range that is under way.
struct Connection {
  let claim: PartialFile.Claim
  let sink: SegmentSink
  /// The host that is asked, with its port.
  let host: String
  /// Since when its address was known, which tells it from a later one.
  let addressSince: ContinuousClock.Instant
  private let stop: AsyncStream<Void>.Continuation
  private(set) var slowness: SlownessWatch
  private(set) var isStopped = false

  init(
    _ claim: PartialFile.Claim, _ sink: SegmentSink, host: String, addressSince: ContinuousClock.Instant,
    stop: AsyncStream<Void>.Continuation, now: Duration
  ) {
    self.host = host
    self.addressSince = addressSince
    self.claim = claim
    self.sink = sink
    self.stop = stop
    slowness = SlownessWatch(now: now)
  }

  /// Ends it; what it has brought stays.
  mutating func cancel() {
    isStopped = true
    stop.finish()
  }

  /// Notes its speed, and ends it when it is hopelessly slower than the others.
  mutating func look(median: Double, now: Duration) {
    if slowness.isHopeless(bytes: sink.received, median: median, now: now) { cancel() }
  }
}

/// Tells when a connection is hopelessly slower than its siblings: a state machine without a clock of its own.
struct SlownessWatch {
  private static let slice: Duration = .seconds(5)
  private static let slices = 6
  private static let share = 0.125

  private var sliceStart: Duration
  private var sliceBytes: Int64 = 0
  private var slowSlices = 0
  /// Bytes a second in the last slice; nil before the first has ended.
  private(set) var speed: Double?

  init(now: Duration) { sliceStart = now }

  /// - Parameters:
  ///   - bytes: received so far.
  ///   - median: the speed of the connections; 0 when there is nothing to compare with.
  mutating func isHopeless(bytes: Int64, median: Double, now: Duration) -> Bool {
    guard now - sliceStart >= Self.slice else { return false }
    let speed = Double(bytes - sliceBytes) / ((now - sliceStart) / .seconds(1))
    self.speed = speed
    slowSlices = speed < median * Self.share ? slowSlices + 1 : 0
    sliceStart = now
    sliceBytes = bytes
    return slowSlices >= Self.slices
  }
}
