import Domain
import Foundation
import GRDB

/// A repository as the catalog knows it.
public struct RepoRecord: Sendable, Equatable {
  /// Its number in the catalog; it survives a rename.
  public let key: Int64
  /// Its id on the hub.
  public var id: RepoID
  /// The hub's own key, which survives a rename.
  public var objectID: HubObjectID?
  /// Where it is in its life.
  public var state: RepoState
  /// Why it is in that state, for a person.
  public var reason: String?
  /// Which rule let it in or kept it out; nil when an older hubwatch recorded it.
  public var ruling: Ruling?
  /// Since when it is in its state.
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
  /// The hub's measure of attention.
  public var trending: Double
  /// What the hub or a header says of its architecture.
  public var architecture: String?
  /// All weights, as the hub or a header says.
  public var parameters: Int64?
  /// Known once a header was read.
  public var shape: ModelShape?
  /// The commit whose files and headers were looked at.
  public var describedCommit: CommitHash?
  /// When it is worth another look; the distant past when it waits for its first.
  public var lookAgainAt: Date?
  /// Looks in a row that did not find it on the hub.
  public var misses: Int
  /// When the first of those was.
  public var missingSince: Date?
  /// Its family's number; nil for one that the rules leave out, or that is not sorted in yet.
  public var family: Int64?
  /// How it belongs to its family; nil with `family`.
  public var kinship: Kinship?

  /// The columns that `init(row:)` reads, of `repo` and `description`.
  static let selection = """
    SELECT repo.*, description.shape AS shape, description."commit" AS describedCommit
    FROM repo LEFT JOIN description ON description.repo = repo.key
    """
}

/// How a repository belongs to its family.
public enum Kinship: String, Sendable, Codable {
  /// The family is named after it.
  case original
  /// It says that it was quantized from a member.
  case quantized
  /// Its name says so.
  case name
  /// It holds the same bytes as a member.
  case content
}

extension RepoRecord: FetchableRecord {
  public init(row: Row) throws {
    guard let id = RepoID(row["id"]), let state = RepoState(rawValue: row["state"]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an unknown id or state")
    }
    key = row["key"]
    self.id = id
    objectID = (row["objectID"] as Data?).flatMap { HubObjectID(bytes: $0) }
    self.state = state
    ruling = (row["rule"] as String?).flatMap(Ruling.init(code:))
    reason = row["reason"]
    stateAt = Moment.date(row["stateAt"] as Int64)
    commit = (row["commit"] as String?).flatMap(CommitHash.init)
    createdAt = Moment.date(row["createdAt"] as Int64?)
    lastModified = Moment.date(row["lastModified"] as Int64?)
    firstSeenAt = Moment.date(row["firstSeenAt"] as Int64)
    recordedAt = Moment.date(row["recordedAt"] as Int64)
    tags = TagList(lines: row["tags"]).strings
    gated = row["gated"]
    downloads = row["downloads"]
    likes = row["likes"]
    trending = row["trending"] ?? 0
    architecture = row["architecture"]
    parameters = row["parameters"]
    shape = try (row["shape"] as String?).map { try JSONColumn.decode($0) }
    guard shape?.isPlausible ?? true else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a repo row has an impossible shape")
    }
    describedCommit = (row["describedCommit"] as String?).flatMap(CommitHash.init)
    lookAgainAt = (row["lookAgainAt"] as Int64?).map { $0 == 0 ? .distantPast : Moment.date($0) }
    misses = row["misses"]
    missingSince = Moment.date(row["missingSince"] as Int64?)
    family = row["family"]
    kinship = (row["kinship"] as String?).flatMap(Kinship.init)
  }

  /// Why it is in its state, the rule included, for a person.
  public var explanation: String? {
    reason ?? (state == .leftOut ? ruling?.explanation : nil)
  }
}

/// A repository as a listing tells of it.
public struct ListedRepo: Sendable, Equatable {
  /// Its id on the hub.
  public var id: RepoID
  /// The hub's own key, which survives a rename; nil when the hub did not tell it.
  public var objectID: HubObjectID?
  /// The commit that `main` means.
  public var commit: CommitHash?
  /// When the repository was made, as the hub says.
  public var createdAt: Date?
  /// When anything in it changed last, as the hub says.
  public var lastModified: Date?
  /// The hub's tags.
  public var tags: TagList
  /// Whether its files can be had only after accepting terms.
  public var gated: Bool
  /// Downloads of the last month.
  public var downloads: Int
  /// Likes.
  public var likes: Int
  /// The hub's measure of attention.
  public var trending: Double
  /// `general.architecture` as the hub read it, or model_type; nil when it does not say.
  public var architecture: String?
  /// All weights, as the hub counts them.
  public var parameters: Int64?
  /// What the rules say of all that; nil when it is judged as it is recorded.
  public var ruling: Ruling?

  /// What a listing row holds.
  public init(
    id: RepoID, objectID: HubObjectID? = nil, commit: CommitHash?, createdAt: Date?, lastModified: Date?, tags: TagList,
    gated: Bool, downloads: Int, likes: Int, trending: Double = 0, architecture: String? = nil, parameters: Int64? = nil
  ) {
    self.id = id
    self.objectID = objectID
    self.commit = commit
    self.createdAt = createdAt
    self.lastModified = lastModified
    self.tags = tags
    self.gated = gated
    self.downloads = downloads
    self.likes = likes
    self.trending = trending
    self.architecture = architecture
    self.parameters = parameters
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
