import Catalog
import Checksums
import Domain
import Foundation
import Hub
import ModelFiles
import Settings

/// What the files of one commit hold: read by range, before any download.
struct RepositoryLook {
  let hub: HubClient
  let settings: Settings.Watch
  let repo: RepoRecord
  let commit: CommitHash
  let files: [ModelFile]

  /// What a look finds.
  enum Finding {
    /// GGUF quantizations whose memory need is known.
    case sized(DescriptionRecord, [WeightsRecord])
    /// Weights, but none of them GGUF; the reason says which.
    case notRunnable(String, DescriptionRecord)
    /// Weights only in formats that can run code when loaded.
    case pickleOnly(DescriptionRecord)
    /// A rule keeps it out, now that its header was read.
    case leftOut(Ruling, ModelShape?)
    /// No weights.
    case empty
  }

  /// Looks.
  ///
  /// - Parameter rules: asked again once a header was read; nil for a repository that a person named.
  /// - Throws: `HubError`; `ModelFileError` when nothing in it can be read.
  func run(rules: Rules?) async throws -> Finding {
    let offers = Offer.all(in: files)
    guard !offers.isEmpty else { return .empty }
    let inspector = Inspector(hub: hub, headerBudget: settings.headers)
    switch try await inspector.inspect(
      repo.id, commit, offers, objection: { shape in
        guard let rules else { return nil }
        let ruling = rules.judge(
          Rules.Subject(
            id: repo.id, tags: repo.tags, architecture: shape.architecture, parameters: shape.parameters))
        return ruling.isAdmitted ? nil : ruling
      })
    {
    case .sized(let shape, let weights):
      return .sized(DescriptionRecord(commit: commit, shape: shape), weights)
    case .leftOut(let ruling, let shape): return .leftOut(ruling, shape)
    }
  }
}
