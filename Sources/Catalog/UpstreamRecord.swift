import Domain
import Foundation
import GRDB

/// A watched git repository as the catalog knows it.
public struct UpstreamRecord: Sendable, Equatable {
  /// Its address, as git gets it.
  public var url: String
  /// Its name for a person.
  public var name: String
  /// Whether the settings still name it.
  public var isWatched: Bool
  /// When it first told what it points to; nil while it has not.
  public var firstSuccessAt: Date?
  /// When it was last asked.
  public var lastCheckedAt: Date?
  /// When it last answered.
  public var lastSuccessAt: Date?
  /// When a check last found something changed; the first check counts.
  public var changedAt: Date?
  /// The commit of its default branch.
  public var head: GitObjectID?
  /// Its default branch.
  public var branch: String?
  /// Its newest tag.
  public var newestTag: String?
  /// How many tags it has.
  public var tagCount: Int
  /// Why it did not answer the last time; nil when it did.
  public var trouble: String?
  /// Since when it has not answered.
  public var troubleSince: Date?
  /// How often in a row it has not answered.
  public var failures: Int
}

extension UpstreamRecord: FetchableRecord {
  public init(row: Row) throws {
    url = row["url"]
    name = row["name"]
    isWatched = row["isWatched"]
    firstSuccessAt = row["firstSuccessAt"]
    lastCheckedAt = row["lastCheckedAt"]
    lastSuccessAt = row["lastSuccessAt"]
    changedAt = row["changedAt"]
    head = try ObjectColumn.decode(row["head"])
    branch = row["branch"]
    newestTag = row["newestTag"]
    tagCount = row["tagCount"]
    trouble = row["trouble"]
    troubleSince = row["troubleSince"]
    failures = row["failures"]
  }
}

/// A change of a watched repository, with its time.
public struct UpstreamNewsRecord: Sendable, Equatable {
  /// The repository's address.
  public var url: String
  /// When the check that found it was made.
  public var at: Date
  /// What changed.
  public var news: UpstreamNews
}

extension UpstreamNewsRecord: FetchableRecord {
  public init(row: Row) throws {
    guard let kind = UpstreamNews.Kind(rawValue: row["kind"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an upstreamNews row has an unknown kind")
    }
    url = row["url"]
    at = row["at"]
    news = UpstreamNews(
      kind: kind, name: row["name"], old: try ObjectColumn.decode(row["old"]), new: try ObjectColumn.decode(row["new"]),
      count: row["count"])
  }
}

/// A git object's id in a text column.
enum ObjectColumn {
  static func decode(_ text: String?) throws -> GitObjectID? {
    guard let text else { return nil }
    guard let object = GitObjectID(text) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row holds something else than a git object's id")
    }
    return object
  }
}
