import Catalog
import Domain
import Foundation
import HTTP
import Hub

/// Fetches copies, resumable and verified while they arrive.
///
/// The order on disk is data, journal, name: a process that is killed at any instruction, and a machine that loses its
/// power, leave a partial file that the next run goes on with, or a complete file under its name; never a wrong one.
public struct Downloader: Sendable {
  /// What downloads may take, and how patient they are.
  public struct Options: Sendable {
    /// Bytes of the disk that stay free.
    public var reserve: DiskFloor
    /// When a connection is given up.
    public var limits = HTTPLimits()
    /// The wall clock, for what is written down.
    public var date: @Sendable () -> Date = { Date() }
    /// A clock that goes on while the machine sleeps.
    var now: @Sendable () -> ContinuousClock.Instant = { .now }

    /// Options.
    public init(reserve: DiskFloor) { self.reserve = reserve }
  }

  /// Called a few times a second with file, bytes on disk and size.
  public typealias Progress = @Sendable (RepoPath, Int64, Int64) -> Void

  private let hub: HubClient
  private let http: HTTPClient
  private let catalog: Catalog
  private let cache: HubCache
  private let options: Options
  private let budget: BandwidthBudget
  private let sleep: @Sendable (Double) async throws -> Void

  /// - Parameters:
  ///   - hub: resolves files.
  ///   - http: fetches bodies.
  ///   - catalog: holds the journal.
  ///   - cache: where files go unless a copy has a folder of its own.
  ///   - budget: what all downloads share of the line.
  ///   - sleep: waits so many seconds between two tries; throws when the task is cancelled.
  public init(
    hub: HubClient, http: HTTPClient, catalog: Catalog, cache: HubCache, options: Options,
    budget: BandwidthBudget = BandwidthBudget { nil },
    sleep: @escaping @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  ) {
    self.sleep = sleep
    self.hub = hub
    self.http = http
    self.catalog = catalog
    self.cache = cache
    self.options = options
    self.budget = budget
  }

  /// Fetches every file of a copy, and leaves the copy `verified`, or in the state that the error names.
  ///
  /// - Parameters:
  ///   - ref: the branch that the copy's commit is the head of, for the cache; nil when it is not known to
  ///     be.
  ///   - progress: called as bytes arrive.
  /// - Returns: the path of the first file.
  /// - Throws: `DownloadError`, `HubError`, `CatalogError`, or `CancellationError`; then the copy stays
  ///   `downloading` and goes on at the next start.
  public func fetch(_ copy: CopyRecord, ref: String?, progress: @escaping Progress) async throws -> String {
    do {
      let store = ModelStore(catalog: catalog, cache: cache)
      if copy.folder == nil { try store.expect() }
      let health = StorageHealth(catalog: catalog, place: copy.folder ?? cache.root)
      try health.expectSound(at: options.date())
      let place = try cache.place(of: copy)
      if try isThere(copy, in: place) {
        // Nothing moves back: a tested copy stays tested.
        return try place.publish(copy, try catalog.parts(ofCopy: copy.id).map(\.file), ref: ref)
      }
      let parts = try catalog.parts(ofCopy: copy.id)
      // Another start changes nothing that a digest should tell of: the time stays that of the first.
      if copy.state != .downloading {
        try catalog.setState(ofCopy: copy.id, .downloading, reason: nil, at: options.date())
      }
      try place.prepare(copy)
      if copy.folder == nil { try store.begin() }
      _ = try PartialSweep(catalog: catalog, cache: cache).sweep(isDry: false, takesDamaged: false)
      try reserve(copy, parts, place)
      ProcessMemory.giveBackCode()
      try await transfer(copy, parts, place, progress)
      let path = try place.publish(copy, parts.map(\.file), ref: ref)
      try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: options.date())
      return path
    } catch let error as DownloadError {
      if case .diskFault = error.kind {
        try StorageHealth(catalog: catalog, place: copy.folder ?? cache.root).noteFault(at: options.date())
      }
      // What is complete stays so while its disk is away.
      if !(error.isOfTheDiskItself && Self.isComplete(copy)) {
        try catalog.setState(ofCopy: copy.id, error.copyState, reason: error.problem, at: options.date())
      }
      throw error
    } catch let error as HubError {
      if error.kind == .cancelled { throw CancellationError() }
      let state: CopyState = error.isPassing ? .waiting : .blocked
      try catalog.setState(ofCopy: copy.id, state, reason: error.problem, at: options.date())
      throw error
    }
  }

  private static func isComplete(_ copy: CopyRecord) -> Bool { copy.state == .verified || copy.state == .tested }

  /// Whether every file of a copy was verified and lies in its place, unchanged.
  private func isThere(_ copy: CopyRecord, in place: any DownloadPlace) throws -> Bool {
    guard Self.isComplete(copy) else { return false }
    return try ShelfInspection(catalog: catalog, cache: cache, now: options.date).isSound(copy, in: place)
  }

  /// Makes sure that there is room for all files of a copy before the first byte is asked for.
  private func reserve(_ copy: CopyRecord, _ parts: [PartRecord], _ place: any DownloadPlace) throws(DownloadError) {
    var needed: Int64 = 0
    for part in parts where regularFileSize(place.contentPath(copy, part.file)) != part.file.size {
      // The room that an earlier start reserved is no longer free, and ours.
      needed += max(0, part.file.size - allocatedSize("\(try place.partialStem(part.file)).part"))
    }
    guard let usable = DiskSpace(place.root)?.usable(above: options.reserve) else { return }
    guard ByteCount(needed) <= usable else {
      throw DownloadError(.noSpace(needed: ByteCount(needed), free: usable), "\(copy.repo)")
    }
  }

  private func transfer(
    _ copy: CopyRecord, _ parts: [PartRecord], _ place: any DownloadPlace, _ progress: @escaping Progress
  ) async throws {
    let around = CopyTransfer.Surroundings(
      hub: hub, http: http, budget: budget, desk: FileDesk(copy, catalog: catalog, place: place, date: options.date),
      options: options, root: place.root, progress: progress, sleep: sleep)
    let governor = ConnectionGovernor(limit: OpenFiles.connections(allowed: OpenFiles.raise()))
    var work = CopyTransfer(copy, parts, around, governor: governor)
    do {
      try await withThrowingTaskGroup(of: CopyTransfer.Event.self) { group in
        do {
          try await work.run(&group)
        } catch {
          // The children are asked to end before they are waited for.
          group.cancelAll()
          throw error
        }
      }
    } catch let error as DownloadError where error.isOfStorage {
      // What cannot be written cannot be journaled either.
      throw error
    } catch {
      if let defeat = work.defeat { await hub.gaveUp(on: defeat.host, after: defeat.cause) }
      try await work.settle()
      throw error
    }
  }
}
