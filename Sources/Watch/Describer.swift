import Catalog
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
  let now: @Sendable () -> Date

  /// Looks at one repository and stores what it is.
  ///
  /// - Parameters:
  ///   - repo: as the catalog knows it.
  ///   - isAskedFor: a person named it, so that no rule keeps it out.
  /// - Returns: its new state, with the reason.
  /// - Throws: `HubError` when the hub cannot be asked, `CatalogError`.
  func describe(_ repo: RepoRecord, isAskedFor: Bool = false) async throws -> (RepoState, String?) {
    let outcome = try await look(repo, isAskedFor: isAskedFor)
    switch outcome {
    case .sized(let commit, let shape, let weights):
      try catalog.setDescription(repo.id, commit: commit, shape: shape, weights: weights, at: now())
      return (.sized, nil)
    case .other(let state, let reason, let lookAgainAt):
      try catalog.setState(repo.id, state, reason: reason, lookAgainAt: lookAgainAt, at: now())
      return (state, reason)
    }
  }

  private enum Outcome {
    case sized(CommitHash, ModelShape, [WeightsRecord])
    case other(RepoState, String?, lookAgainAt: Date?)
  }

  private func look(_ repo: RepoRecord, isAskedFor: Bool) async throws -> Outcome {
    if !isAskedFor, settings.mute.contains(where: { $0.lowercased() == repo.id.owner.lowercased() }) {
      return .other(.leftOut, "watch.mute names \(repo.id.owner)", lookAgainAt: nil)
    }
    let terms = "its terms have to be accepted at \(hub.endpoint)/\(repo.id)"
    let nextWeek = now().addingTimeInterval(7 * 86400)
    if repo.gated, !hub.hasToken { return .other(.gated, terms, lookAgainAt: nextWeek) }
    do {
      // What was looked at before may have a new commit that no listing has shown yet.
      let isFresh = repo.state == .seen && repo.commit != nil
      let info = isFresh ? nil : try await hub.modelInfo(repo.id, expand: ["sha"])
      guard let commit = info?.sha ?? repo.commit else {
        return .other(.noWeights, "it has no commit yet", lookAgainAt: nextLook(repo))
      }
      let tree = try await hub.tree(repo.id, revision: commit.description)
      let offers = Offer.all(in: tree.files)
      guard !offers.isEmpty else { return withoutGGUF(repo, tree.files) }
      return try await size(repo, commit, offers, isAskedFor: isAskedFor)
    } catch let error as HubError {
      switch error.kind {
      case .gated: return .other(.gated, terms, lookAgainAt: nextWeek)
      case .repoNotFound, .revisionNotFound, .entryNotFound, .disabled:
        // One refusal may be a mishap of the hub; the second, a day later, is not.
        let tomorrow = repo.state == .gone ? nil : now().addingTimeInterval(86400)
        return .other(.gone, error.problem, lookAgainAt: tomorrow)
      case .unexpectedAnswer, .forbidden, .redirectRefused, .invalidEndpoint:
        return .other(.broken, error.problem, lookAgainAt: now().addingTimeInterval(86400))
      case .serverError, .locationExpired:
        // The hub's trouble with one repository must not keep the others waiting.
        return .other(.seen, error.problem, lookAgainAt: now().addingTimeInterval(3600))
      case .unreachable(let trouble):
        guard trouble.isTransient else {
          return .other(.broken, error.problem, lookAgainAt: now().addingTimeInterval(86400))
        }
        throw error
      case .badToken, .rateLimited, .cancelled: throw error
      }
    } catch let error as ModelFileError {
      return .other(.broken, error.problem, lookAgainAt: nil)
    }
  }

  private func withoutGGUF(_ repo: RepoRecord, _ files: [ModelFile]) -> Outcome {
    if files.contains(where: { $0.path.fileName.lowercased().hasSuffix(".safetensors") }) {
      return .other(.described, "weights only as safetensors", lookAgainAt: nil)
    }
    if files.contains(where: \.isPickle) {
      return .other(.pickleOnly, "weights only in formats that can run code when loaded", lookAgainAt: nil)
    }
    guard let next = nextLook(repo) else {
      return .other(.noWeights, "no weights two weeks after it was made", lookAgainAt: nil)
    }
    return .other(.noWeights, "no weights yet", lookAgainAt: next)
  }

  /// Young repositories are often made empty and filled within hours: looked at again after a quarter of their
  /// age, between ten minutes and a day, and given up after two weeks.
  private func nextLook(_ repo: RepoRecord) -> Date? {
    let age = now().timeIntervalSince(repo.createdAt ?? repo.firstSeenAt)
    guard age < 14 * 86400 else { return nil }
    return now().addingTimeInterval(min(86400, max(600, age / 4)))
  }

  private func size(
    _ repo: RepoRecord, _ commit: CommitHash, _ offers: [Offer], isAskedFor: Bool
  ) async throws -> Outcome {
    let inspector = Inspector(hub: hub, headerBudget: settings.headers)
    let architectures = isAskedFor ? nil : Set(settings.architectures)
    switch try await inspector.inspect(repo.id, commit, offers, architectures: architectures) {
    case .sized(let shape, let weights): return .sized(commit, shape, weights)
    case .otherArchitecture(let name):
      return .other(.leftOut, "architecture \(name) is not among watch.architectures", lookAgainAt: nil)
    }
  }
}
