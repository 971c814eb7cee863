import Catalog
import Domain
import Downloads
import Foundation
import Hub

/// The steps of a cycle one by one, for a daemon that does each when its time has come. Together they are a cycle: the poll
/// begins it in the catalog, and the others add their troubles to it.
extension Street {
  /// Polls, and asks the repositories of tools.
  ///
  /// - Throws: the hub's error after everything else was done; `CatalogError`; `CancellationError`.
  public func pollStep() async throws -> Scheduler.Outcome {
    for trouble in try await pollAlone() { observe(.noticed(trouble)) }
    return .done()
  }

  /// Judges what is not judged yet.
  ///
  /// - Throws: `CatalogError`, `CancellationError`.
  public func fitStepAlone() throws -> Scheduler.Outcome {
    try bringFitsUpToDate()
    return .done()
  }

  /// Looks after what is there, chooses what is worth fetching, and fetches what is wanted.
  ///
  /// - Throws: as `pollStep`.
  public func pullStep() async throws -> Scheduler.Outcome {
    var trouble: [String] = []
    if let absence = try diskAbsence() {
      trouble.append(absence.problem)
    } else {
      trouble += try reverify()
      try reconcile()
      // Nothing is chosen for, or deleted from, a disk that is not there.
      if let words = try plan() { trouble.append(words) }
    }
    let pulled = try await pullAll()
    trouble += pulled.trouble
    if let error = pulled.hubError { trouble.append(error.problem) }
    try await storePoliteness()
    try addTrouble(trouble)
    if let error = pulled.hubError { throw error }
    if pulled.isCutOff { return .later("a connection broke more often than was worth trying") }
    let waiting = try catalog.copies(in: [.waiting])
    let next = try catalog.copies(in: [.blocked]).compactMap(\.blockedUntil).min()
    return .done(
      again: next.map { max(60, $0.timeIntervalSince(now())) }, waitsForDisk: waiting.contains { $0.folder == nil })
  }

  /// Tests what was fetched, and asks it what it can do.
  ///
  /// - Throws: `CatalogError`; `CancellationError`.
  public func smokeStep() async throws -> Scheduler.Outcome {
    guard try diskAbsence() == nil else { return .done() }
    let trouble = try await smokeAll() + probeAll()
    try addTrouble(trouble)
    return .done()
  }

  /// Clears what nothing needs, makes the daily snapshot, and empties the write-ahead log.
  ///
  /// - Throws: `CatalogError`, `DownloadError`.
  public func gcStep() throws -> Scheduler.Outcome {
    if try diskAbsence() == nil {
      // What was set aside stays for somebody to look at.
      _ = try PartialSweep(catalog: catalog, cache: cache).sweep(isDry: false, takesDamaged: false)
    }
    try addTrouble(try tidy())
    return .done()
  }

  /// Reads again what was fetched, on a thread of its own that waits for everybody else.
  ///
  /// - Parameter seconds: after which no file is begun.
  /// - Throws: `CatalogError`, `DownloadError`, `CancellationError`.
  public func scrubStep(within seconds: Double) async throws -> Scheduler.Outcome {
    guard try diskAbsence() == nil else { return .later("the models' disk is not there") }
    let start = Uptime.seconds()
    let isWhole = try await IdleThread.run { [catalog, cache, now, observe] isCancelled in
      try Scrub(catalog: catalog, cache: cache, now: now).run(
        all: false, isCancelled: isCancelled, goesOn: { Uptime.seconds() - start < seconds }
      ) { record, verdict in
        if verdict != .sound { observe(.noticed("\(record.copy.repo)/\(record.part.file.path) is \(verdict)")) }
      }
    }
    try Task.checkCancellation()
    return .done(again: isWhole ? nil : Self.scrubPause)
  }

  /// Seconds until a scrub that took too long goes on.
  private static let scrubPause = 20.0 * 3600

  /// Adds to the troubles of the cycle under way.
  private func addTrouble(_ trouble: [String]) throws {
    let words = trouble.isEmpty ? nil : trouble.joined(separator: "; ")
    if let id = try catalog.lastCycleID(), try catalog.extendCycle(id, trouble: words, at: now()) { return }
    guard words != nil else { return }
    try catalog.endCycle(try catalog.beginCycle(at: now()), trouble: words, at: now())
  }
}
