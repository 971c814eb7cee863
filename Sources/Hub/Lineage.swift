import Domain

/// Where a model comes from, as its tags tell: `base_model:ID` and `base_model:<relation>:ID`.
public struct Lineage: Sendable, Hashable {
  /// What was done to the base models.
  public enum Relation: String, Sendable, Codable, CaseIterable {
    case quantized, finetune, adapter, merge
  }

  /// The first relation that a tag names; nil when none does.
  public let relation: Relation?
  /// The base models, each once, in the order of the tags; ids that break a rule are left out.
  public let bases: [RepoID]

  /// Reads the tags of a listing.
  public init(tags: [String]) {
    var relation: Relation?
    var bases: [RepoID] = []
    for tag in tags {
      guard tag.hasPrefix("base_model:") else { continue }
      var rest = tag.dropFirst("base_model:".count)
      if let colon = rest.firstIndex(of: ":") {
        guard let named = Relation(rawValue: String(rest[..<colon])) else { continue }
        relation = relation ?? named
        rest = rest[rest.index(after: colon)...]
      }
      if let id = RepoID(String(rest)), !bases.contains(id) { bases.append(id) }
    }
    self.relation = relation
    self.bases = bases
  }
}
