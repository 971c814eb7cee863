import Catalog
import Domain
import Foundation

/// Reads again what was verified shortly before the power failed: it may have been in memory only.
public struct Reverification: Sendable {
  private let catalog: Catalog
  private let cache: HubCache
  private let now: @Sendable () -> Date

  /// A look at a cache and at the folders that copies name.
  public init(catalog: Catalog, cache: HubCache, now: @escaping @Sendable () -> Date = { Date() }) {
    self.catalog = catalog
    self.cache = cache
    self.now = now
  }

  /// Reads every file in doubt. A copy with one that is not what it should be is wanted again, one whose file is gone is
  /// lost. A run that was killed goes on with the files that it had not read.
  ///
  /// - Returns: what was read, and what was found.
  /// - Throws: `CatalogError`, `DownloadError` when a file cannot be read, `CancellationError`.
  public func run() throws -> [(file: ShelfRecord, verdict: Scrub.Verdict)] {
    let inspection = ShelfInspection(catalog: catalog, cache: cache, now: now)
    var findings: [(ShelfRecord, Scrub.Verdict)] = []
    for record in try catalog.filesInDoubt() {
      try Task.checkCancellation()
      // The scrub sets a damaged file aside; one that was cut off stays, and is set aside when it is fetched again.
      let wasThere = try inspection.isThere(record)
      let verdict = try inspection.read(record)
      if verdict != .sound, wasThere {
        try catalog.setState(
          ofCopy: record.copy.id, .wanted,
          reason: "\(record.part.file.path) did not survive a power failure, and is fetched again", at: now())
      }
      findings.append((record, verdict))
    }
    try catalog.clearDoubt()
    return findings
  }
}
