import Catalog
import Domain
import Foundation
import Settings
import Upstreams

/// Asks the repositories of tools what they point to, and records what changed.
///
/// The owner holds the state lock. A repository that does not answer is that repository's trouble; only when none
/// answers, or git is missing, is it the cycle's.
public struct UpstreamStep: Sendable {
  private let catalog: Catalog
  private let settings: Settings.Tools
  private let remote: GitRemote
  private let observe: StreetObserver
  private let now: @Sendable () -> Date

  /// Repositories that are asked at the same time.
  private static let width = 4
  /// Seconds until one that did not answer is asked again, when the interval is longer.
  private static let retrySeconds = 1800

  /// - Parameters:
  ///   - catalog: open for writing.
  ///   - remote: asks; its environment and time limit are those of every repository.
  ///   - now: the wall clock, for what is written down.
  ///   - observe: shown what happens.
  public init(
    catalog: Catalog, settings: Settings.Tools, remote: GitRemote,
    now: @escaping @Sendable () -> Date = { Date() }, observe: @escaping StreetObserver = { _ in }
  ) {
    self.catalog = catalog
    self.settings = settings
    self.remote = remote
    self.now = now
    self.observe = observe
  }

  /// How a round ended.
  public struct Outcome: Sendable, Equatable {
    /// Repositories that were asked.
    public var asked = 0
    /// Those among them that did not answer.
    public var failed = 0
    /// What keeps every repository from being asked or answering, for a person; nil when nothing does.
    public var trouble: String?
  }

  /// Asks the repositories whose time has come.
  ///
  /// - Parameter isForced: all of them, whenever they were asked last.
  /// - Throws: `CatalogError`, `CancellationError`.
  public func check(isForced: Bool = false) async throws -> Outcome {
    let addresses = settings.enabled ? settings.repositories : []
    let names = RemoteAddress.names(addresses)
    try catalog.watchUpstreams(zip(addresses, names).map { ($0.description, $1) })
    let known = try catalog.upstreams()
    let due = zip(addresses, names).filter { address, _ in
      isForced || known.first { $0.url == address.description }.map(isDue) ?? true
    }
    var outcome = Outcome(asked: due.count)
    var firstReason: String?
    try await withThrowingTaskGroup(of: (Int, Result<(refs: RemoteRefs, skipped: Int), UpstreamError>).self) { group in
      var next = 0
      func ask() {
        guard next < due.count else { return }
        let (index, address) = (next, due[next].0)
        next += 1
        group.addTask {
          do {
            return (index, .success(try await remote.refs(of: address)))
          } catch let error as UpstreamError {
            return (index, .failure(error))
          }
        }
      }
      for _ in 0..<Self.width { ask() }
      while let (index, result) = try await group.next() {
        let (address, name) = due[index]
        do {
          let answer = try result.get()
          try record(answer.refs, skipped: answer.skipped, address, name)
        } catch let error as UpstreamError {
          // Says nothing about the repository, so that nothing of it changes.
          if error.kind == .gitMissing {
            outcome = Outcome(
              asked: due.count, failed: due.count, trouble: "your tools are not watched: \(error.reason)")
            group.cancelAll()
            return
          }
          outcome.failed += 1
          firstReason = firstReason ?? error.reason
          try catalog.recordTrouble(error.reason, ofUpstream: address.description, at: now())
          observe(.upstreamFailed(name: name, reason: error.reason))
        }
        ask()
      }
    }
    // One that fails alone is told when it has failed for a day; all at once, that is this machine's network.
    if outcome.failed == due.count, due.count > 1, let firstReason {
      outcome.trouble = "not one of your \(due.count) tools answers: \(firstReason)"
    }
    return outcome
  }

  private func isDue(_ upstream: UpstreamRecord) -> Bool {
    guard let last = upstream.lastCheckedAt else { return true }
    let patience = upstream.trouble == nil ? settings.intervalSeconds : min(settings.intervalSeconds, Self.retrySeconds)
    let elapsed = now().timeIntervalSince(last)
    // A clock that was set back must not silence the watch.
    return elapsed < 0 || elapsed >= Double(patience)
  }

  private func record(_ refs: RemoteRefs, skipped: Int, _ address: RemoteAddress, _ name: String) throws {
    let known = try catalog.upstreamRefs(address.description)
    let news = try known.map { try RefChanges.between($0, refs, at: address) } ?? []
    let newestTag = refs.newestTag
    try catalog.record(refs, news: news, newestTag: newestTag, of: address.description, at: now())
    observe(
      .upstream(
        name: name, news: news, at: known == nil ? newestTag ?? refs.head?.short ?? "" : nil, skipped: skipped))
  }
}
