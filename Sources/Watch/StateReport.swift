import Catalog
import Domain
import Downloads
import Foundation
import HTTP
import Settings

/// What is going on: facts only, in the form of `status --json`.
public struct StateReport: Sendable, Encodable {
  /// The process that holds the state.
  public struct Holder: Sendable, Encodable {
    /// Its number, when it says so.
    public var pid: Int32?
    /// Since when, when it says so.
    public var since: Date?
  }
  /// The last cycle.
  public struct Cycle: Sendable, Encodable {
    /// When it began.
    public var startedAt: Date
    /// When it ended; nil when it is under way or was cut off.
    public var endedAt: Date?
    /// What went wrong, for a person.
    public var trouble: String?
  }
  /// A copy that is not where it shall be.
  public struct Copy: Sendable, Encodable {
    /// The repository.
    public var id: String
    /// The quantization's name, or a file's.
    public var quantization: String
    /// Where it is in its life.
    public var state: CopyState
    /// Why.
    public var reason: String?
    /// Since when.
    public var since: Date
    /// Bytes of its files.
    public var bytes: Int64
    /// When it is tried again at the earliest; nil when nobody knows, or a person has to ask for it.
    public var nextTryAt: Date?
  }
  /// Room on the models' disk.
  public struct Disk: Sendable, Encodable {
    /// Bytes that can still be written; nil when the disk does not say.
    public var freeBytes: Int64?
    /// All bytes of the disk.
    public var totalBytes: Int64?
    /// Bytes that stay free.
    public var reserveBytes: Int64?
    /// Bytes that hubwatch's own downloads may take.
    public var quotaBytes: Int64
    /// Bytes that they take.
    public var usedBytes: Int64
  }
  /// What the program is made of.
  public struct Versions: Sendable, Encodable {
    /// The program.
    public var hubwatch: String
    /// The compiler that built it.
    public var swift: String
    /// Libraries, as they are loaded now.
    public var libcurl, tls, sqlite: String
  }

  /// The form.
  public let schema = "hubwatch.status/1"
  /// The state folder.
  public var state: String
  /// Whether anything has been recorded.
  public var isRecorded = false
  /// Nil when nobody is at work.
  public var holder: Holder?
  /// Nil before the first.
  public var lastCycle: Cycle?
  /// When the daemon begins the next; nil when no daemon waits for it.
  public var nextCycleAt: Date?
  /// What the daemon does at this moment; nil when none answers.
  public private(set) var daemon: LiveReport?
  /// Copies that are wanted, on their way, waiting, blocked, quarantined or lost.
  public var copies: [Copy] = []
  /// Room.
  public var disk: Disk
  /// How well memory was foreseen; nil before the first test.
  public var estimates: EstimateAccuracy?
  /// When the catalog was copied for the last time.
  public var snapshotAt: Date?
  /// What has become of the digests; nil before the first.
  public var outbox: OutboxReport?
  /// Versions.
  public var versions: Versions
  /// What is the matter, for a person; empty when all is well.
  public var health: [String] = []
  /// Whether the catalog could be read, or there was none.
  public var isReadable = true

  /// The name under which the time of the next cycle is kept.
  public static let nextCycleMark = "cycle.next"
  /// The name under which it is kept why the configuration was not taken over; empty when it was.
  public static let reloadMark = "reload.trouble"

  private enum CodingKeys: String, CodingKey {
    case schema, state, holder, daemon, lastCycle, nextCycleAt, copies, disk, estimates, snapshotAt, outbox, versions
    case health
  }

  /// Every key of the contract is there; what is not known is null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(state, forKey: .state)
    try container.encode(holder, forKey: .holder)
    try container.encode(daemon, forKey: .daemon)
    try container.encode(lastCycle, forKey: .lastCycle)
    try container.encode(nextCycleAt, forKey: .nextCycleAt)
    try container.encode(copies, forKey: .copies)
    try container.encode(disk, forKey: .disk)
    try container.encode(estimates, forKey: .estimates)
    try container.encode(snapshotAt, forKey: .snapshotAt)
    try container.encode(outbox, forKey: .outbox)
    try container.encode(versions, forKey: .versions)
    try container.encode(health, forKey: .health)
  }

  /// Looks, and changes nothing.
  ///
  /// - Parameters:
  ///   - places: where the state and the models lie.
  ///   - settings: for quota and reserve.
  ///   - version: the program's.
  public init(_ places: Places, _ settings: Settings, version: String, now: Date) {
    state = places.state
    versions = Versions(
      hubwatch: version, swift: Self.compiler, libcurl: HTTPClient.libraryVersion, tls: HTTPClient.tlsVersion,
      sqlite: Catalog.libraryVersion)
    let report = DiskReport(places.cache, floor: settings.downloads.reserve)
    disk = Disk(
      freeBytes: report?.free.bytes, totalBytes: report?.total.bytes, reserveBytes: report?.reserve.bytes,
      quotaBytes: settings.downloads.quota.bytes, usedBytes: 0)
    holder = StateLock.holder(folder: places.state).map { Holder(pid: $0.processID, since: $0.since) }
    readDeliveries(now)
    do {
      guard let catalog = try Catalog.ifPresent(folder: places.state) else { return }
      isRecorded = true
      try read(catalog, now)
    } catch {
      isReadable = false
      health.append(error.problem)
    }
  }

  /// Adds what the daemon says of itself, and what of that is trouble.
  public mutating func add(_ live: LiveReport) {
    daemon = live
    if live.isPaused {
      let until = live.pausedUntil.map { " until \($0.formatted(.iso8601))" } ?? ""
      health.append("the daemon rests\(until); `hubwatch resume` ends that")
    }
    for job in live.jobs {
      guard let until = job.quarantinedUntil, let reason = job.reason else { continue }
      health.append("\(job.name) is left alone until \(until.formatted(.iso8601)): \(reason)")
    }
  }

  private mutating func read(_ catalog: Catalog, _ now: Date) throws(CatalogError) {
    snapshotAt = catalog.snapshotAt
    disk.usedBytes = try catalog.bytesOnDisk()
    estimates = try catalog.estimateAccuracy()
    lastCycle = try catalog.lastCycle().map { Cycle(startedAt: $0.startedAt, endedAt: $0.endedAt, trouble: $0.trouble) }
    if holder != nil, let text = try catalog.mark(Self.nextCycleMark), let seconds = Double(text) {
      let due = Date(timeIntervalSince1970: seconds)
      if due > now { nextCycleAt = due }
    }
    for copy in try catalog.copies(in: Self.unsettled) {
      copies.append(
        Copy(
          id: "\(copy.repo)", quantization: copy.quantization, state: copy.state, reason: copy.reason,
          since: copy.changedAt, bytes: copy.bytes, nextTryAt: nextTry(copy)))
    }
    if let rescue = try catalog.lastRescue(), now.timeIntervalSince(rescue.at) < Self.rescueIsNews {
      health.append("\(rescue.at.formatted(.iso8601)): \(rescue.words)")
    }
    if let words = try catalog.mark(Self.reloadMark), !words.isEmpty {
      health.append("the configuration was not taken over: \(words)")
    }
    if let cycle = lastCycle {
      if let trouble = cycle.trouble { health.append("last cycle: \(trouble)") }
      if cycle.endedAt == nil, holder == nil {
        health.append("the last cycle was cut off; the next goes on where it was")
      }
    }
  }

  private static let unsettled: [CopyState] = [.wanted, .downloading, .waiting, .blocked, .quarantined, .lost]
  /// So long a rescue is told, in seconds.
  private static let rescueIsNews: TimeInterval = 7 * 86_400

  private func nextTry(_ copy: CopyRecord) -> Date? {
    switch copy.state {
    case .wanted, .downloading, .waiting: nextCycleAt
    case .blocked: copy.blockedUntil.map { max($0, nextCycleAt ?? $0) }
    default: nil
    }
  }

  private static var compiler: String {
    #if compiler(>=6.4)
      "6.4 or newer"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6"
    #endif
  }
}
