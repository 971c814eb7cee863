import Catalog
import Domain
import Foundation
import Hub
import Settings

/// Reads the hub's listing and records what is new or changed.
///
/// Four passes: repositories with GGUF files and those tagged `llama`, each by creation and by change. A pass ends
/// where the last one began, less an overlap for the hub's own delay; a page budget bounds it.
struct Poller {
  let hub: HubClient
  let catalog: Catalog
  let settings: Settings.Watch
  let observe: StreetObserver
  let now: @Sendable () -> Date

  /// The listings that are read: GGUF-only repositories do not carry the tag `llama`, so one filter is not enough.
  static let filters = ["gguf", "llama"]
  static let sorts: [ModelQuery.Sort] = [.createdAt, .lastModified]
  /// How far a pass reads behind the newest row of the last one.
  static let overlap: TimeInterval = 1800

  /// Runs every pass.
  ///
  /// - Returns: what could not be read within the budget, for a person.
  /// - Throws: `HubError`, `CatalogError`.
  func poll() async throws -> [String] {
    var gaps: [String] = []
    for filter in Self.filters {
      for sort in Self.sorts {
        if let gap = try await pass(filter: filter, sort: sort) { gaps.append(gap) }
      }
    }
    return gaps
  }

  private func pass(filter: String, sort: ModelQuery.Sort) async throws -> String? {
    let name = "poll.\(filter).\(sort.rawValue)"
    let last = try catalog.mark(name).flatMap { Double($0) }.map { min(Date(timeIntervalSince1970: $0), now()) }
    let horizon =
      last?.addingTimeInterval(-Self.overlap) ?? now().addingTimeInterval(-86400 * Double(settings.firstDays))
    var newest = last
    var (models, result, skipped) = (0, RecordingResult(), 0)
    var end = PageEnd.last
    var reachedHorizon = false
    let query = ModelQuery(filters: [filter], sort: sort, limit: 100)
    reading: for try await page in hub.models(query, pageLimit: settings.pages) {
      end = page.end
      skipped += page.skipped.count
      var fresh: [ListedRepo] = []
      for model in page.models {
        guard let time = sort == .createdAt ? model.createdAt : model.lastModified else {
          skipped += 1
          continue
        }
        if time < horizon {
          reachedHorizon = true
          break
        }
        newest = max(newest ?? time, time)
        fresh.append(Self.listed(model))
      }
      let recorded = try catalog.record(fresh, at: now())
      models += fresh.count
      result.new += recorded.new
      result.changed += recorded.changed
      if reachedHorizon { break reading }
    }
    observe(.listed(filter: filter, sort: sort.rawValue, models: models, new: result.new, changed: result.changed))
    // A pass that was killed moves no mark and is read again; one that the budget ended moves it and says so.
    // A row from the future must not hide what is made until then.
    if let newest { try catalog.setMark(name, String(min(newest, now()).timeIntervalSince1970)) }
    var gaps: [String] = []
    if !reachedHorizon, end != .last {
      gaps.append("the listing of \(filter) by \(sort.rawValue) was not read to its end (\(Self.words(end)))")
    }
    if skipped > 0 { gaps.append("\(skipped) rows of the listing of \(filter) could not be read") }
    return gaps.isEmpty ? nil : gaps.joined(separator: "; ")
  }

  private static func words(_ end: PageEnd) -> String {
    switch end {
    case .more, .pageLimit: "watch.pages is too small for what happened since the last poll"
    case .repeatedCursor: "the hub went in a circle"
    case .foreignLink: "its next page lies elsewhere"
    case .last: "complete"
    }
  }

  static func listed(_ model: ModelListing) -> ListedRepo {
    let isGated =
      switch model.gating {
      case .gated: true
      case .open, nil: false
      }
    return ListedRepo(
      id: model.id, commit: model.sha, createdAt: model.createdAt, lastModified: model.lastModified,
      tags: model.tags, gated: isGated, downloads: Int(model.downloads ?? 0), likes: Int(model.likes ?? 0))
  }
}
