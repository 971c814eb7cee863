import Catalog
import Domain
import Downloads
import Foundation
import Hub
import Smoke

// What is done with copies: fetching and testing, each with a count of the deaths that it caused.
extension Street {
  /// Fetches one copy; the cache's ref is written when its commit is what the hub says `main` is.
  ///
  /// - Returns: the path of the first file.
  /// - Throws: what `Downloader.fetch` throws.
  public func pull(_ wish: CopyRecord) async throws -> String {
    let isDiskThere = try diskAbsence() == nil
    if isDiskThere { for trouble in try reverify() { observe(.noticed(trouble)) } }
    // What was read again may be wanted again.
    let copy = try catalog.copy(wish.id) ?? wish
    if copy.state != .verified, copy.state != .tested, copy.folder == nil, isDiskThere {
      let answer = try room.make(copy.bytes, for: copy.id, byHand: copy.byHand)
      if let words = answer.words {
        let error = DownloadError(
          .overQuota(needed: ByteCount(copy.bytes), quota: settings.downloads.quota, words: words), "\(copy.repo)")
        try catalog.setState(ofCopy: copy.id, error.copyState, reason: error.problem, at: now())
        throw error
      }
    }
    let repo = try catalog.repo(copy.repo)
    let ref = repo?.commit == copy.commit ? "main" : nil
    let observe = observe
    let id = copy.repo
    let path = try await attempt(.download, copy) {
      try await downloader.fetch(copy, ref: ref) { path, done, total in
        observe(.progress(id, path: path, done: done, total: total))
      }
    }
    observe(.fetched(id, path: path, bytes: copy.bytes))
    return path
  }

  /// Fetches what is wanted, under way or waiting.
  ///
  /// - Returns: the hub's error when it cannot be reached, what else stood in the way, for a person, and whether a
  ///   connection broke for good.
  func pullAll() async throws -> (hubError: HubError?, trouble: [String], isCutOff: Bool) {
    var isCutOff = false
    for copy in try catalog.copies(in: [.wanted, .downloading, .waiting, .blocked]) {
      if let moment = copy.blockedUntil, now() < moment { continue }
      do {
        _ = try await pull(copy)
      } catch let error as HubError {
        if error.kind == .cancelled { throw CancellationError() }
        let state: CopyState = error.isPassing ? .waiting : .blocked
        observe(.notFetched(copy.repo, state, reason: error.problem))
        // Where there is no way to the hub, the next copy would only knock at the same door.
        if error.exitCode == .hubUnreachable || error.isPassing { return (error, [], isCutOff) }
      } catch let error as DownloadError {
        if case .broken = error.kind { isCutOff = true }
        observe(.notFetched(copy.repo, error.copyState, reason: error.problem))
      } catch let error as PoisonError {
        observe(.notFetched(copy.repo, .quarantined, reason: error.problem))
      } catch let error as CatalogError where error.kind == .full {
        // Not even the journal could be written. The others would fare no better.
        try catalog.setState(ofCopy: copy.id, .waiting, reason: error.problem, at: now())
        observe(.notFetched(copy.repo, .waiting, reason: error.problem))
        return (nil, [error.problem], isCutOff)
      }
    }
    return (nil, [], isCutOff)
  }

  /// Tests what is verified.
  ///
  /// - Returns: tests that could not be carried out, for a person.
  func smokeAll() async throws -> [String] {
    var trouble: [String] = []
    for copy in try catalog.copies(in: [.verified]) {
      try Task.checkCancellation()
      do {
        _ = try await attempt(.smoke, copy) { try await test(copy) }
      } catch let error as PoisonError {
        observe(.notFetched(copy.repo, .quarantined, reason: error.problem))
      } catch let error as SmokeError {
        trouble.append("\(copy.repo) could not be tested: \(error.problem)")
      }
    }
    return trouble
  }

  /// Does a piece of work that is remembered until it has ended: one at which the process died three times in a row is
  /// not begun again, and the copy is quarantined.
  ///
  /// - Throws: `PoisonError`, `CatalogError`, and what the work throws.
  private func attempt<Value>(
    _ step: AttemptStep, _ copy: CopyRecord, _ work: () async throws -> Value
  ) async throws -> Value {
    let progress = step == .download ? try ArrivedBytes(catalog: catalog, cache: cache).count(copy) : 0
    guard try catalog.beginAttempt(copy: copy.id, step, progress: progress, at: now()) < Catalog.crashLimit else {
      let error = PoisonError(copy: copy, step: step)
      try catalog.setState(ofCopy: copy.id, .quarantined, reason: error.problem, at: now())
      try catalog.endAttempt(copy: copy.id, step)
      throw error
    }
    do {
      let value = try await work()
      try catalog.endAttempt(copy: copy.id, step)
      return value
    } catch {
      try catalog.endAttempt(copy: copy.id, step)
      throw error
    }
  }

  // MARK: Before and after a cycle

  /// Reads again what may not have survived a power failure.
  ///
  /// - Returns: what did not, for a person.
  func reverify() throws -> [String] {
    do {
      return try Reverification(catalog: catalog, cache: cache, now: now).run().compactMap { file, verdict in
        verdict == .sound ? nil : "\(file.copy.repo)/\(file.part.file.path) did not survive a power failure"
      }
    } catch let error as DownloadError {
      return [error.problem]
    }
  }

  /// Makes the daily snapshot and empties the write-ahead log.
  ///
  /// - Returns: what was not possible, for a person.
  func tidy() throws -> [String] {
    var trouble: [String] = []
    do {
      try catalog.keepSnapshot(at: now())
    } catch {
      guard error.kind == .full else { throw error }
      trouble.append("there is too little room for the daily snapshot of the catalog")
    }
    do {
      try catalog.settle()
    } catch {
      guard error.kind == .full else { throw error }
      trouble.append(error.problem)
    }
    return trouble
  }
}

/// A copy at whose fetching or testing the process dies every time.
public struct PoisonError: ReportableError {
  /// The copy.
  public let copy: CopyRecord
  /// What hubwatch died at.
  public let step: AttemptStep

  public var problem: String {
    "hubwatch died \(Catalog.crashLimit) times in a row while \(step.words): \(copy.repo) \(copy.quantization)"
  }
  public var advice: String? { "`hubwatch pull \(copy.repo)` tries it once more" }
  public var exitCode: ExitCode { .failed }
}

extension CopyRecord {
  /// Until when a blocked copy is left alone; nil for one that is not blocked.
  ///
  /// What was blocked may have been mended upstream: once a day it is tried again, and after a web page in place of the
  /// file as soon as somebody may have logged in.
  public var blockedUntil: Date? {
    guard state == .blocked else { return nil }
    return changedAt.addingTimeInterval(reason?.hasSuffix(DownloadError.portalWords) ?? false ? 900 : 86_400)
  }
}
