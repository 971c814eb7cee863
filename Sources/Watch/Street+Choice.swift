import Catalog
import Domain
import Fit
import Foundation
import Hub
import ModelFiles

/// What a person asked to be fetched, found on the hub.
public struct Choice: Sendable {
  /// The repository.
  public var repo: RepoID
  /// The commit that the revision means.
  public var commit: CommitHash
  /// The quantization's name, or the file's.
  public var label: String
  /// Every file, in shard order.
  public var files: [ModelFile]
  /// What it needs on the device; nil for a file that was chosen by its name.
  public var estimate: Estimate?

  /// Bytes of all files.
  public var bytes: Int64 { files.reduce(0) { $0 + $1.size } }
}

/// Nothing can be fetched as it was asked for.
public struct ChoiceError: ReportableError, Equatable {
  /// What stands in the way.
  public let problem: String
  /// What to do.
  public let advice: String?
  public var exitCode: ExitCode { .failed }

  /// What stands in the way, and what to do.
  public init(problem: String, advice: String?) {
    self.problem = problem
    self.advice = advice
  }
}

extension Street {
  /// Finds what to fetch of a repository.
  ///
  /// - Parameters:
  ///   - revision: a branch, tag or commit; nil for main.
  ///   - quantization: a name, or nil for the best one that fits the device.
  ///   - file: exactly this file instead.
  ///   - allowsPickle: whether that file may be of a format that can run code.
  /// - Throws: `ChoiceError`, `HubError`, `ModelFileError`, `CatalogError`.
  public func choose(
    _ id: RepoID, revision: String?, quantization: Quantization?, file: RepoPath?, allowsPickle: Bool = false
  ) async throws -> Choice {
    if let file { return try await choose(id, revision: revision, file: file, allowsPickle: allowsPickle) }
    do {
      return try await choose(id, revision: revision, quantization: quantization)
    } catch let error as ChoiceError where revision == nil {
      // A repository of safetensors alone has relatives that were converted from it.
      guard let known = try catalog.repo(id), known.state != .sized else { throw error }
      for source in try await conversions(of: known.id) {
        if let choice = try await choiceIfFitting(source, quantization) { return choice }
      }
      throw error
    }
  }

  /// Repositories with quantizations of a model, the best source first.
  private func conversions(of id: RepoID) async throws -> [RepoID] {
    let query = ModelQuery(
      filters: ["gguf", "base_model:quantized:\(id)"], sort: .downloads, limit: 20, expand: ModelQuery.ggufPollMembers)
    for try await page in hub.models(query) {
      for info in page.models { try record(info) }
      let listed = page.models.map { (id: $0.id, downloads: Int($0.downloads ?? 0)) }
      return FamilySource(family: id.description, follow: follow).ordered(listed)
    }
    return []
  }

  private func choiceIfFitting(_ id: RepoID, _ quantization: Quantization?) async throws -> Choice? {
    do {
      return try await choose(id, revision: nil, quantization: quantization)
    } catch is ChoiceError {
      return nil
    } catch let error as HubError where error.exitCode == .failed && error.kind != .cancelled {
      return nil
    } catch is ModelFileError {
      return nil
    }
  }

  private func choose(_ id: RepoID, revision: String?, quantization: Quantization?) async throws -> Choice {
    let (commit, shape, weights) = try await offers(id, revision: revision)
    let offered = Ladder.ordered(weights)
    func choice(_ record: WeightsRecord) -> Choice {
      Choice(
        repo: id, commit: commit, label: record.quantization.description, files: record.files,
        estimate: estimate(shape, record))
    }
    if let quantization {
      guard let record = offered.first(where: { $0.quantization == quantization }) else {
        let names = offered.map(\.quantization.description).joined(separator: ", ")
        throw ChoiceError(problem: "\(id) has no \(quantization)", advice: "it offers \(names)")
      }
      return choice(record)
    }
    guard let best = Ladder.best(weights, fits: { estimate(shape, $0).fits }) else {
      let smallest = weights.min { $0.bytes < $1.bytes }
      let need = smallest.map { record in
        let estimate = estimate(shape, record)
        return "the smallest, \(record.quantization), needs \((estimate.total + estimate.margin).asMemory)"
      }
      throw ChoiceError(
        problem: "no quantization of \(id) fits the \(deviceName): \(need ?? "it offers none")",
        advice: "name one with --quant, or a smaller device.context")
    }
    return choice(best)
  }

  private func choose(
    _ id: RepoID, revision: String?, file path: RepoPath, allowsPickle: Bool
  ) async throws -> Choice {
    let commit = try await headCommit(id, revision: revision)
    let tree = try await hub.tree(id, revision: commit.description)
    guard let file = tree.files.first(where: { $0.path == path }) else {
      throw HubError(.entryNotFound, "\(id)/\(path)")
    }
    guard allowsPickle || !file.isPickle else {
      throw ChoiceError(
        problem: "\(id)/\(path) is of a format that can run code when it is loaded",
        advice: "look for a GGUF or safetensors version, or add --allow-pickle if you trust its author")
    }
    if file.isRunnableGGUF {
      // A header that does not read is found before gigabytes are fetched behind it.
      let reader = HubRangeReader(client: hub, id: id, commit: commit, file: file)
      _ = try await GGUFHeader.read(from: reader, name: "\(id)/\(path)")
    }
    let label = Quantization(fileName: path.description)?.description ?? path.fileName
    return Choice(repo: id, commit: commit, label: label, files: [file])
  }

  private func headCommit(_ id: RepoID, revision: String?) async throws -> CommitHash {
    let info = try await hub.modelInfo(id, revision: revision)
    if revision == nil { try record(info) }
    guard let commit = info.sha else {
      throw ChoiceError(problem: "\(id) has no commit yet", advice: "try again later")
    }
    return commit
  }

  private func offers(
    _ id: RepoID, revision: String?
  ) async throws -> (CommitHash, ModelShape, [WeightsRecord]) {
    guard let revision else {
      let repo = try await describe(id)
      guard let shape = repo.shape, let commit = repo.describedCommit, repo.state == .sized else {
        if repo.state == .gated { throw HubError(.gated(page: "\(hub.endpoint)/\(id)"), "\(id)") }
        throw ChoiceError(
          problem: "nothing of \(id) can be fetched: \(repo.reason ?? repo.state.rawValue)",
          advice: "name a file of it with --file")
      }
      return (commit, shape, try catalog.weights(of: id))
    }
    let commit = try await headCommit(id, revision: revision)
    let offers = Offer.all(in: try await hub.tree(id, revision: commit.description).files)
    guard !offers.isEmpty else {
      throw ChoiceError(problem: "\(id) has no GGUF at \(revision)", advice: "name a file of it with --file")
    }
    guard
      case .sized(let shape, let weights, _, _) = try await Inspector(hub: hub, headerBudget: offers.count)
        .inspect(id, commit, offers)
    else { throw ChoiceError(problem: "\(id) could not be sized", advice: nil) }
    return (commit, shape, weights)
  }
}
