import Domain
import FoundationEssentials
import JSONText

/// Whether a repository's files may be had by everybody.
public enum Gating: Sendable, Hashable {
  /// By everybody.
  case open
  /// After accepting terms: `auto`, `manual`, or a word that the hub adds one day.
  case gated(String)
}

/// What the hub says of one model: a row of a listing, or the answer for the model itself.
///
/// Which members are there depends on what was asked for; all but the id may be absent. Counts are checked to lie
/// within 0 … 2^46. Source: recorded answers of 2025 and 2026.
public struct ModelListing: Sendable, Hashable {
  /// The repository; after a rename its new id.
  public let id: RepoID
  /// The hub's own key, which survives a rename.
  public private(set) var objectID: HubObjectID?
  /// The user or organisation.
  public private(set) var author: String?
  /// When the repository was created, not its files.
  public private(set) var createdAt: Date?
  /// The last change, of the card too.
  public private(set) var lastModified: Date?
  /// The commit that `main` means.
  public private(set) var sha: CommitHash?
  /// All tags.
  public private(set) var tags: TagList = []
  /// Whether terms have to be accepted; nil when the hub was not asked.
  public private(set) var gating: Gating?
  /// Whether the hub has disabled it.
  public private(set) var isDisabled: Bool?
  /// Whether it is private.
  public private(set) var isPrivate: Bool?
  /// Downloads of about 30 days.
  public private(set) var downloads: Int64?
  /// Likes.
  public private(set) var likes: Int64?
  /// The hub's measure of attention; may have a fraction.
  public private(set) var trendingScore: Double?
  /// The task, such as `text-generation`.
  public private(set) var pipelineTag: String?
  /// The library, such as `transformers`.
  public private(set) var libraryName: String?
  /// What is large and mostly not asked for, elsewhere in memory: a page has a thousand rows.
  private var parts: Boxed<Parts>?

  /// By `expand=gguf`.
  public var gguf: GGUFSummary? { parts?.value.gguf }
  /// By `expand=config`.
  public var config: ConfigSummary? { parts?.value.config }
  /// By `expand=safetensors`.
  public var safetensors: SafetensorsSummary? { parts?.value.safetensors }
  /// By `expand=baseModels`; `lineage` tells nearly the same without it.
  public var baseModels: BaseModels? { parts?.value.baseModels }
  /// By `expand=cardData`.
  public var card: CardSummary? { parts?.value.card }
  /// The files, by `expand=siblings`; with sizes and hashes when blobs were asked for.
  public var siblings: [Sibling] { parts?.value.siblings ?? [] }

  /// Elements of all safetensors tensors as stored.
  public var safetensorsParameters: Int64? { safetensors?.parameters }

  /// The licence's identifier, from the card or the tag `license:…`.
  public var licence: String? {
    card?.licence ?? tags.first { $0.hasPrefix("license:") }.map { String($0.dropFirst("license:".count)) }
  }

  /// Where the model comes from, as its tags tell.
  public var lineage: Lineage { Lineage(tags: tags) }
}

extension ModelListing: HubRow {
  private enum Member: String, CaseIterable, Sendable {
    case id, modelId, author, createdAt, lastModified, sha, tags, gated, disabled, downloads, likes
    case trendingScore, gguf, config, safetensors, baseModels, cardData, siblings
    case objectID = "_id"
    case isPrivate = "private"
    case pipelineTag = "pipeline_tag"
    case libraryName = "library_name"
  }

  private static let members = Members<Member>()

  /// Reads the hub's object.
  ///
  /// A wrong id, hash, date, count or type makes the row senseless. The big optional members (gguf, config,
  /// safetensors, baseModels, cardData, siblings) count as absent when they make no sense, and so does null.
  init(_ cursor: inout JSONCursor, fault: inout RowFault) throws(JSONError) {
    var seen: UInt64 = 0
    var found: RepoID?
    try cursor.enterObject()
    while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
      fault = .bad(member.rawValue)
      if try cursor.readNull() { continue }
      switch member {
      case .id: found = try Self.checked(RepoID(try cursor.readString()), cursor)
      // The id once more, under its old name.
      case .modelId where found != nil: try cursor.skipValue()
      case .modelId: found = try Self.checked(RepoID(try cursor.readString()), cursor)
      case .objectID:
        objectID = try Self.checked(try cursor.readUTF8(HubObjectID.init(digits:)), cursor)
      case .author: author = try cursor.readString()
      case .createdAt: createdAt = try Self.checked(try cursor.readUTF8(Timestamp.date), cursor)
      case .lastModified: lastModified = try Self.checked(try cursor.readUTF8(Timestamp.date), cursor)
      case .sha: sha = try Self.checked(CommitHash(try cursor.readString()), cursor)
      case .tags: tags = TagList(lines: try cursor.readLines())
      case .gated: gating = try Self.gating(&cursor)
      case .disabled: isDisabled = try cursor.readBool()
      case .isPrivate: isPrivate = try cursor.readBool()
      case .downloads: downloads = try cursor.readCount()
      case .likes: likes = try cursor.readCount()
      case .trendingScore:
        let score = try cursor.readDouble()
        trendingScore = try Self.checked((0...1e12).contains(score) ? score : nil, cursor)
      case .pipelineTag: pipelineTag = try cursor.readString()
      case .libraryName: libraryName = try cursor.readString()
      case .gguf, .config, .safetensors, .baseModels, .cardData, .siblings:
        var known = parts?.value ?? Parts()
        try Self.read(member, into: &known, &cursor)
        parts = known == Parts() ? nil : .boxed(known)
      }
    }
    fault = .missing(Member.id.rawValue)
    id = try Self.checked(found, cursor)
  }

  /// Reads a member that counts as absent when it makes no sense.
  private static func read(
    _ member: Member, into parts: inout Parts, _ cursor: inout JSONCursor
  ) throws(JSONError) {
    switch member {
    case .gguf:
      parts.gguf = try cursor.lenient { (part: inout JSONCursor) throws(JSONError) in try GGUFSummary(&part) }
    case .config:
      parts.config = try cursor.lenient { (part: inout JSONCursor) throws(JSONError) in try ConfigSummary(&part) }
    case .safetensors:
      parts.safetensors = try cursor.lenient { (part: inout JSONCursor) throws(JSONError) in
        try SafetensorsSummary(&part)
      }
    case .baseModels:
      parts.baseModels = try cursor.lenient { (part: inout JSONCursor) throws(JSONError) in try BaseModels(&part) }
    case .cardData:
      parts.card = try cursor.lenient { (part: inout JSONCursor) throws(JSONError) in try CardSummary(&part) }
    case .siblings: parts.siblings = try cursor.lenient(Self.siblings) ?? []
    default: try cursor.skipValue()
    }
  }

  private static func checked<Value>(_ value: Value?, _ cursor: borrowing JSONCursor) throws(JSONError) -> Value {
    guard let value else { throw cursor.senseless() }
    return value
  }

  /// `false`, `true`, `"auto"`, `"manual"` or another word.
  private static func gating(_ cursor: inout JSONCursor) throws(JSONError) -> Gating {
    guard try cursor.kind() == .bool else { return .gated(try cursor.readString()) }
    return try cursor.readBool() ? .gated("auto") : .open
  }

  private static func siblings(_ cursor: inout JSONCursor) throws(JSONError) -> [Sibling] {
    var siblings: [Sibling] = []
    try cursor.enterArray()
    while try cursor.nextElement() {
      let sibling = try cursor.lenient { (part: inout JSONCursor) throws(JSONError) in try Sibling(&part) }
      if let sibling { siblings.append(sibling) }
    }
    return siblings
  }
}
