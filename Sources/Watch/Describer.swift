import Catalog
import Checksums
import Domain
import Foundation
import Hub
import ModelFiles
import Settings

/// Finds out what a repository holds, and gives it its state.
struct Describer {
  let hub: HubClient
  let catalog: Catalog
  let settings: Settings.Watch
  let rules: Rules
  let now: @Sendable () -> Date

  /// What came of a look.
  struct Finding: Sendable {
    var state: RepoState
    /// For a person.
    var reason: String?
    /// Whether the hub failed, which says nothing about the repository.
    var isTroubleOfTheHub = false
  }

  /// Looks at one repository and stores what it is.
  ///
  /// - Parameters:
  ///   - repo: as the catalog knows it.
  ///   - isAskedFor: a person named it, so that no rule keeps it out.
  /// - Returns: what came of it.
  /// - Throws: `HubError` when the hub cannot be asked, `CatalogError`.
  func describe(_ repo: RepoRecord, isAskedFor: Bool = false) async throws -> Finding {
    switch try await look(repo, isAskedFor: isAskedFor) {
    case .described(let state, let reason, let description, let weights):
      try catalog.describe(repo.id, description, state: state, reason: reason, weights: weights, at: now())
      return Finding(state: state, reason: reason)
    case .leftOut(let ruling, let architecture, let parameters):
      try catalog.leaveOut(repo.id, ruling, architecture: architecture, parameters: parameters, at: now())
      return Finding(state: .leftOut, reason: ruling.explanation)
    case .missing(let error):
      return try Self.miss(repo, error, catalog: catalog, now: now())
    case .other(let state, let reason, let lookAgainAt):
      try catalog.setState(repo.id, state, reason: reason, lookAgainAt: lookAgainAt, at: now())
      return Finding(state: state, reason: reason, isTroubleOfTheHub: state == .seen)
    }
  }

  /// Writes down that the hub does not have a repository, or no longer shows it.
  ///
  @discardableResult
  static func miss(
    _ repo: RepoRecord, _ error: HubError, catalog: Catalog, now: Date
  ) throws(CatalogError) -> Finding {
    // Three looks over more than a day, every nine to thirteen hours, and not all repositories at the same minute.
    let again = now.addingTimeInterval(9 * 3600 + Double((repo.key &* 7919) % (4 * 3600)))
    let isGone = try catalog.recordMiss(repo.id, reason: error.problem, lookAgainAt: again, at: now)
    if isGone { return Finding(state: .gone, reason: error.problem) }
    return Finding(
      state: repo.state, reason: "not found, \(repo.misses + 1) of \(Catalog.missesOfGone) looks: \(error.problem)")
  }

  private enum Outcome {
    case described(RepoState, String?, DescriptionRecord, [WeightsRecord])
    case leftOut(Ruling, architecture: String?, parameters: Int64?)
    case missing(HubError)
    case other(RepoState, String?, lookAgainAt: Date?)
  }

  private func look(_ repo: RepoRecord, isAskedFor: Bool) async throws -> Outcome {
    let terms = "its terms have to be accepted at \(hub.endpoint)/\(repo.id)"
    let nextWeek = now().addingTimeInterval(7 * 86_400)
    if repo.gated, !hub.hasToken { return .other(.gated, terms, lookAgainAt: nextWeek) }
    do {
      // What was looked at before may have a new commit that no listing has shown yet.
      let isFresh = repo.state == .seen && repo.commit != nil
      let info = isFresh ? nil : try await hub.modelInfo(repo.id, expand: ["sha", "disabled"])
      if info?.isDisabled == true { throw HubError(.disabled, "\(repo.id)") }
      guard let commit = info?.sha ?? repo.commit else {
        return .other(.noWeights, "it has no commit yet", lookAgainAt: nextLook(repo))
      }
      let tree = try await hub.tree(repo.id, revision: commit.description)
      let look = RepositoryLook(hub: hub, settings: settings, repo: repo, commit: commit, files: tree.files)
      let finding = try await look.run(rules: isAskedFor ? nil : rules)
      switch finding {
      case .sized(let description, let weights): return .described(.sized, nil, description, weights)
      case .notRunnable(let reason, let description): return .described(.described, reason, description, [])
      case .pickleOnly(let description):
        return .described(
          .pickleOnly, "weights only in formats that can run code when loaded", description, [])
      case .leftOut(let ruling, let architecture, let parameters):
        return .leftOut(ruling, architecture: architecture, parameters: parameters)
      case .empty:
        guard let next = nextLook(repo) else {
          return .other(.noWeights, "no weights two weeks after it was made", lookAgainAt: nil)
        }
        return .other(.noWeights, "no weights yet", lookAgainAt: next)
      }
    } catch let error as HubError {
      return try outcome(of: error, terms: terms, nextWeek: nextWeek)
    } catch let error as ModelFileError {
      return .other(.broken, error.problem, lookAgainAt: nil)
    }
  }

  private func outcome(of error: HubError, terms: String, nextWeek: Date) throws(HubError) -> Outcome {
    let tomorrow = now().addingTimeInterval(86_400)
    if error.kind.meansMissing { return .missing(error) }
    switch error.kind {
    case .gated: return .other(.gated, terms, lookAgainAt: nextWeek)
    case .disabled: return .other(.gone, error.problem, lookAgainAt: nextWeek)
    case .unexpectedAnswer, .forbidden, .redirectRefused, .invalidEndpoint:
      return .other(.broken, error.problem, lookAgainAt: tomorrow)
    case .serverError, .locationExpired:
      // The hub's trouble with one repository must not keep the others waiting.
      return .other(.seen, error.problem, lookAgainAt: now().addingTimeInterval(3600))
    case .unreachable(let trouble):
      guard !trouble.isOfOneAnswer else { return .other(.broken, error.problem, lookAgainAt: tomorrow) }
      throw error
    default: throw error
    }
  }

  /// Young repositories are often made empty and filled within hours: looked at again after a quarter of their
  /// age, between ten minutes and a day, and given up after two weeks.
  private func nextLook(_ repo: RepoRecord) -> Date? {
    let age = now().timeIntervalSince(repo.createdAt ?? repo.firstSeenAt)
    guard age < 14 * 86_400 else { return nil }
    return now().addingTimeInterval(min(86_400, max(600, age / 4)))
  }
}
