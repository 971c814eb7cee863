import Foundation
import GRDB

/// What the last whole pass over the models on disk has found.
public struct ScrubRecord: Sendable, Equatable {
  /// When it ended.
  public var endedAt: Date
  /// Files that are what they should be.
  public var files: Int
  /// Their bytes.
  public var bytes: Int64
  /// Files that were damaged or gone.
  public var troubles: Int

  private static let mark = "scrub.result"

  fileprivate init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard parts.count == 4, let seconds = Double(parts[0]), let files = Int(parts[1]), let bytes = Int64(parts[2]),
      let troubles = Int(parts[3])
    else { return nil }
    endedAt = Date(timeIntervalSince1970: seconds)
    (self.files, self.bytes, self.troubles) = (files, bytes, troubles)
  }

  fileprivate static func store(_ database: Database, troubles: Int, at now: Date) throws {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT count(*) AS files, coalesce(sum(part.size), 0) AS bytes FROM part JOIN copy ON copy.id = part.copy
        WHERE part.isVerified AND copy.state IN ('verified', 'tested')
        """)
    let (files, bytes) = (row?["files"] ?? 0, row?["bytes"] ?? Int64(0))
    try database.execute(
      sql: "INSERT OR REPLACE INTO mark VALUES (?, ?)",
      arguments: [mark, "\(now.timeIntervalSince1970) \(files) \(bytes) \(troubles)"])
  }

  static func read(_ database: Database) throws -> ScrubRecord? {
    try String.fetchOne(database, sql: "SELECT value FROM mark WHERE name = ?", arguments: [mark])
      .flatMap(ScrubRecord.init)
  }
}

extension Catalog {
  /// What the last whole pass over the models has found; nil when there was none.
  public func lastScrub() throws(CatalogError) -> ScrubRecord? { try read { try ScrubRecord.read($0) } }

  /// Writes down that a pass has come to its end.
  ///
  /// - Parameter troubles: files that it found damaged or gone.
  public func endScrub(troubles: Int, at now: Date) throws(CatalogError) {
    try write { try ScrubRecord.store($0, troubles: troubles, at: now) }
  }
}
