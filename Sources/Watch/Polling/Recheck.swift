import Catalog
import Domain
import Foundation
import Hub

/// Looks again at repositories that no listing shows any more, because nothing in them changes: a listing never tells
/// of what was deleted, made private or renamed.
struct Recheck {
  let hub: HubClient
  let catalog: Catalog
  let rules: Rules
  let now: @Sendable () -> Date

  /// Members without counters, so that the hub's entity tag stays the same as long as the repository does.
  private static let members = ["author", "createdAt", "lastModified", "sha", "tags", "gated", "disabled", "private"]
  /// A repository is not looked at more often than this.
  private static let interval: TimeInterval = 86_400
  /// So many repositories in a row on which the hub fails mean that the hub has trouble, not they.
  private static let failuresInARow = 3

  /// Looks at up to `limit` repositories, those that were looked at the longest time ago.
  ///
  /// - Throws: `HubError` when the hub cannot be had, `CatalogError`.
  func run(limit: Int) async throws {
    guard limit > 0 else { return }
    var failures = 0
    for (repo, etag) in try catalog.reposToCheck(before: now().addingTimeInterval(-Self.interval), limit: limit) {
      do {
        switch try await hub.modelInfo(repo.id, expand: Self.members, unlessMatching: etag) {
        case .unchanged: try catalog.setChecked(repo.id, etag: nil, at: now())
        case .changed(let info, let etag):
          guard info.isDisabled != true else { throw HubError(.disabled, "\(repo.id)") }
          try record(info, of: repo)
          try catalog.setChecked(info.id, etag: etag, at: now())
        }
        failures = 0
      } catch let error as HubError where error.kind.meansMissing {
        failures = 0
        try Describer.miss(repo, error, catalog: catalog, now: now())
      } catch let error as HubError where error.kind == .disabled {
        failures = 0
        try catalog.setState(
          repo.id, .gone, reason: error.problem, lookAgainAt: now().addingTimeInterval(7 * 86_400), at: now())
      } catch let error as HubError where error.kind.mayConcernOneRepo {
        // Asked first at every poll, it would keep all others waiting. The look at its files judges it.
        try catalog.setState(
          repo.id, repo.state, reason: repo.reason, lookAgainAt: now().addingTimeInterval(3600), at: repo.stateAt)
        failures = error.kind.isServerError ? failures + 1 : 0
        if failures == Self.failuresInARow { throw error }
      }
    }
  }

  private func record(_ info: ModelListing, of repo: RepoRecord) throws(CatalogError) {
    var listed = Poller.listed(info, architectures: TagSet([]))
    listed.downloads = repo.downloads
    listed.likes = repo.likes
    listed.trending = repo.trending
    let judge: Judge = { [rules] in rules.judge($0) }
    if listed.id != repo.id, repo.objectID == nil {
      // A row of an older hubwatch learns the hub's own key first, by which its new name is then told from another's.
      var known = listed
      known.id = repo.id
      _ = try catalog.record([known], at: now(), judge: judge)
    }
    _ = try catalog.record([listed], at: now(), judge: judge)
  }
}

extension HubError.Kind {
  /// Whether the hub says that it does not have the repository, or does not show it to us.
  var meansMissing: Bool {
    switch self {
    case .repoNotFound, .revisionNotFound, .entryNotFound: true
    default: false
    }
  }

  /// Whether an answer may say something about one repository rather than about the hub.
  fileprivate var mayConcernOneRepo: Bool {
    switch self {
    case .gated, .forbidden, .unexpectedAnswer, .redirectRefused: true
    default: isServerError
    }
  }

  fileprivate var isServerError: Bool {
    if case .serverError = self { true } else { false }
  }
}
