import Domain
import GRDB

/// What a family's score is made of.
///
/// Sums run over the newest 200 members, so that a family of thousands costs no more than one of hundreds.
public struct FamilyFacts: Sendable, Equatable {
  /// The largest trending score of a member.
  public var trending: Double
  /// Likes of the members.
  public var likes: Int64
  /// Downloads of the members in a month.
  public var downloads: Int64
  /// The members' authors.
  public var owners: Set<String>
  /// Mean likes of all models of the original's author that the rules let in, this one left out.
  public var authorMeanLikes: Double
  /// How the original came from its bases; nil for a new base, and while the original is not known.
  public var relation: Relation?
  /// Whether the original itself was met.
  public var hasOriginal: Bool
  /// Families that came from the same bases in the same way, 100 at most.
  public var siblings: Int
  /// The best verdict of any quantization of any member on the configured device; nil before the first.
  public var bestVerdict: FitVerdict?

  static func read(_ database: Database, _ family: Int64) throws -> FamilyFacts? {
    let members = try Row.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT key, id, likes, downloads, trending, state FROM repo WHERE family = ? ORDER BY key DESC LIMIT 200
          """), arguments: [family])
    guard !members.isEmpty,
      let row = try Row.fetchOne(
        database.cachedStatement(sql: "SELECT name, original, relation, bases FROM family WHERE key = ?"),
        arguments: [family])
    else { return nil }
    var facts = FamilyFacts(
      trending: 0, likes: 0, downloads: 0, owners: [], authorMeanLikes: 0,
      relation: (row["relation"] as String?).flatMap(Relation.init), hasOriginal: (row["original"] as Int64?) != nil,
      siblings: 0, bestVerdict: nil)
    for member in members {
      facts.likes &+= member["likes"]
      facts.downloads &+= member["downloads"]
      facts.trending = max(facts.trending, member["trending"] ?? 0)
      if let id = RepoID(member["id"]) { facts.owners.insert(id.owner) }
      guard member["state"] == RepoState.sized.rawValue else { continue }
      for verdict in try String.fetchAll(
        database.cachedStatement(sql: "SELECT DISTINCT verdict FROM fit WHERE repo = ?"),
        arguments: [member["key"] as Int64]
      ).compactMap(FitVerdict.init) {
        facts.bestVerdict = FitVerdict.better(facts.bestVerdict, verdict)
      }
    }
    if let owner = RepoID(row["name"])?.owner,
      let author = try Row.fetchOne(
        database.cachedStatement(sql: "SELECT models, likes FROM author WHERE name = ?"), arguments: [owner])
    {
      let (models, likes): (Int64, Int64) = (author["models"], author["likes"])
      if models > 1 { facts.authorMeanLikes = max(0, Double(likes - facts.likes)) / Double(models - 1) }
    }
    let bases: String = row["bases"]
    if !bases.isEmpty {
      facts.siblings = max(
        0,
        (try Int.fetchOne(
          database.cachedStatement(
            sql:
              "SELECT count(*) FROM (SELECT 1 FROM family WHERE bases = ? AND bases <> '' AND relation IS ? LIMIT 101)"),
          arguments: [bases, facts.relation?.rawValue]) ?? 1) - 1)
    }
    return facts
  }
}

extension FitVerdict {
  /// The better of two verdicts.
  static func better(_ left: FitVerdict?, _ right: FitVerdict) -> FitVerdict {
    guard let left, let a = allCases.firstIndex(of: left), let b = allCases.firstIndex(of: right) else { return right }
    return a <= b ? left : right
  }
}
