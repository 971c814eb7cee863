import Catalog
import Domain
import Foundation
import Hub
import Settings

/// Reads the hub's listings and records what is new or changed.
///
/// Repositories with GGUF files, and those tagged with a wanted architecture, each by creation and by change: a
/// GGUF-only repository does not carry the architecture's tag, and one that was made empty, or was private until now,
/// shows only in the order of changes.
struct Poller {
  let hub: HubClient
  let catalog: Catalog
  let settings: Settings.Watch
  let rules: Rules
  let observe: StreetObserver
  let now: @Sendable () -> Date

  static let sorts: [ModelQuery.Sort] = [.createdAt, .lastModified]
  /// How far a pass reads behind the newest row of the last one: the hub's own delay in listing what is new.
  static let overlap: TimeInterval = 1800

  /// Runs every pass. A page that makes no sense ends its pass only.
  ///
  /// - Returns: what could not be read, for a person.
  /// - Throws: `HubError` when the hub cannot be had, `CatalogError`.
  func poll() async throws -> [String] {
    var troubles: [String] = []
    for filter in filters {
      for sort in Self.sorts {
        let pass = ListingPass(
          hub: hub, catalog: catalog, filter: filter, sort: sort, settings: settings, rules: rules, now: now)
        do {
          let report = try await pass.run()
          observe(
            .listed(
              filter: filter, sort: sort.rawValue, models: report.models, new: report.recorded.new,
              changed: report.recorded.changed))
          troubles += report.troubles
        } catch let error as HubError where Self.isOfOnePage(error) {
          troubles.append("the listing of \(filter) by \(sort.rawValue) broke off: \(error.problem)")
        }
        try catalog.enterNames()
      }
    }
    return troubles
  }

  private var filters: [String] {
    var filters = ["gguf"]
    for name in settings.architectures.map({ $0.lowercased() }) where !filters.contains(name) { filters.append(name) }
    return filters
  }

  /// Whether an error says something about one page rather than about the hub.
  private static func isOfOnePage(_ error: HubError) -> Bool {
    switch error.kind {
    case .unexpectedAnswer, .redirectRefused: true
    case .unreachable(let error): error.isOfOneAnswer
    default: false
    }
  }

  /// Packed weights are counted as stored: eight of four bits in each element.
  private static func unpackedParameters(_ model: ModelListing) -> Int64? {
    model.safetensorsParameters.flatMap { model.tags.first(in: packedTags) == nil ? $0 : nil }
  }

  private static let packedTags = TagSet(["4-bit", "8-bit", "gptq", "awq", "compressed-tensors"])

  /// What a row of a listing tells the catalog, with what the rules say of it.
  static func judged(_ model: ModelListing, architectures: TagSet, rules: Rules) -> ListedRepo {
    var listed = listed(model, architectures: architectures)
    listed.ruling = rules.judge(listed)
    return listed
  }

  /// What a row of a listing tells the catalog.
  static func listed(_ model: ModelListing, architectures: TagSet) -> ListedRepo {
    let isGated =
      switch model.gating {
      case .gated: true
      case .open, nil: false
      }
    let architecture =
      model.gguf?.architecture ?? model.config?.modelType ?? model.tags.first(in: architectures)
    return ListedRepo(
      id: model.id, objectID: model.objectID, commit: model.sha, createdAt: model.createdAt,
      lastModified: model.lastModified, tags: model.tags, gated: isGated, downloads: Int(model.downloads ?? 0),
      likes: Int(model.likes ?? 0), trending: model.trendingScore ?? 0, architecture: architecture,
      parameters: model.gguf?.parameters ?? unpackedParameters(model))
  }
}

extension Rules {
  /// Judges what a listing tells.
  func judge(_ repo: ListedRepo) -> Ruling {
    judge(Subject(id: repo.id, tags: repo.tags, architecture: repo.architecture, parameters: repo.parameters))
  }
}
