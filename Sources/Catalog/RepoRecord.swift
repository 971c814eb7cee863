import Domain
import Foundation
import GRDB

/// A repository as the catalog knows it.
public struct RepoRecord: Sendable, Equatable {
  /// Its id on the hub.
  public var id: RepoID
  /// Where it is in its life.
  public var state: RepoState
  /// Why it is in that state, for a person.
  public var reason: String?
  /// Since when.
  public var stateAt: Date
  /// The commit that `main` meant when it was last listed.
  public var commit: CommitHash?
  /// When the repository was made, as the hub says.
  public var createdAt: Date?
  /// When anything in it changed last, as the hub says.
  public var lastModified: Date?
  /// When a poll first met it.
  public var firstSeenAt: Date
  /// When a poll last found it new or changed.
  public var recordedAt: Date
  /// The hub's tags.
  public var tags: [String]
  /// Whether its files can be had only after accepting terms.
  public var gated: Bool
  /// Downloads of the last month.
  public var downloads: Int
  /// Likes.
  public var likes: Int
  /// Known once a header was read.
  public var shape: ModelShape?
  /// The commit whose files and headers were looked at.
  public var describedCommit: CommitHash?
  /// When an empty or unreachable repository is worth another look.
  public var lookAgainAt: Date?
}

extension RepoRecord: FetchableRecord {
  public init(row: Row) throws {
    guard let id = RepoID(row["id"]), let state = RepoState(rawValue: row["state"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an unknown id or state")
    }
    self.id = id
    self.state = state
    reason = row["reason"]
    stateAt = row["stateAt"]
    commit = (row["commit"] as String?).flatMap(CommitHash.init)
    createdAt = row["createdAt"]
    lastModified = row["lastModified"]
    firstSeenAt = row["firstSeenAt"]
    recordedAt = row["recordedAt"]
    tags = try JSONColumn.decode(row["tags"])
    gated = row["gated"]
    downloads = row["downloads"]
    likes = row["likes"]
    shape = try (row["shape"] as String?).map { try JSONColumn.decode($0) }
    describedCommit = (row["describedCommit"] as String?).flatMap(CommitHash.init)
    lookAgainAt = row["lookAgainAt"]
  }
}

/// A repository as a listing tells of it.
public struct ListedRepo: Sendable, Equatable {
  /// Its id on the hub.
  public var id: RepoID
  /// The commit that `main` means.
  public var commit: CommitHash?
  /// When the repository was made, as the hub says.
  public var createdAt: Date?
  /// When anything in it changed last, as the hub says.
  public var lastModified: Date?
  /// The hub's tags.
  public var tags: [String]
  /// Whether its files can be had only after accepting terms.
  public var gated: Bool
  /// Downloads of the last month.
  public var downloads: Int
  /// Likes.
  public var likes: Int

  /// What a listing row holds.
  public init(
    id: RepoID, commit: CommitHash?, createdAt: Date?, lastModified: Date?, tags: [String], gated: Bool,
    downloads: Int, likes: Int
  ) {
    self.id = id
    self.commit = commit
    self.createdAt = createdAt
    self.lastModified = lastModified
    self.tags = tags
    self.gated = gated
    self.downloads = downloads
    self.likes = likes
  }
}

/// JSON in a text column.
enum JSONColumn {
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decode<Value: Decodable>(_ text: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }
}
