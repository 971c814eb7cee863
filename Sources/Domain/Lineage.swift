/// How a model came from another one, in the hub's words.
public enum Relation: String, Sendable, Codable, CaseIterable {
  /// The same weights in fewer bits.
  case quantized
  /// Trained further.
  case finetune
  /// A small addition to be loaded on top.
  case adapter
  /// Mixed out of several.
  case merge
}

/// Where a model comes from, as its tags tell: `base_model:ORG/NAME` and `base_model:RELATION:ORG/NAME`.
///
/// Source: the hub's tags as recorded in 2026. Authors may leave them out, so that an empty lineage says nothing.
public struct Lineage: Sendable, Hashable {
  /// How it came from them; nil when the tags name bases without a relation.
  public let relation: Relation?
  /// The models it came from, in the tags' order, none twice; at most 32.
  public let bases: [RepoID]

  private static let longest = 32

  /// Reads the tags; names that break the hub's rules are left out.
  public init(tags: some Sequence<some StringProtocol>) {
    var relation: Relation?
    var bases: [RepoID] = []
    for tag in tags where tag.hasPrefix("base_model:") {
      var name = tag.dropFirst(11)
      if let colon = name.firstIndex(of: ":") {
        guard let named = Relation(rawValue: String(name[..<colon])) else { continue }
        // Two relations contradict each other; what was quantized is the stronger word.
        if relation == nil || named == .quantized { relation = named }
        name = name[name.index(after: colon)...]
      }
      guard bases.count < Self.longest, let id = RepoID(String(name)), !bases.contains(id) else { continue }
      bases.append(id)
    }
    self.relation = bases.isEmpty ? nil : relation
    self.bases = bases
  }
}
