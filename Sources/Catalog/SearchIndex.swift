import Domain
import GRDB

/// The full-text index over ids, tags and the beginnings of cards.
///
/// It keeps no text of its own; what it is to forget has to be told to it as it was.
enum SearchIndex {
  /// Takes a row's words in.
  static func learn(_ database: Database, _ row: DerivationRow) throws {
    try database.cachedStatement(sql: "INSERT INTO search (rowid, id, tags, card) VALUES (?, ?, ?, ?)").execute(
      arguments: [row.key, row.id.description, searchable(row.tags), row.card])
  }

  /// Takes a row's words out; the row has to be as it was when they were taken in.
  static func forget(_ database: Database, _ key: Int64) throws {
    guard
      let row = try Row.fetchOne(
        database.cachedStatement(
          sql: """
            SELECT id, tags, coalesce(card, '') FROM repo LEFT JOIN description ON description.repo = repo.key
            WHERE repo.key = ?
            """), arguments: [key])
    else { return }
    try database.cachedStatement(
      sql: "INSERT INTO search (search, rowid, id, tags, card) VALUES ('delete', ?, ?, ?, ?)"
    ).execute(arguments: [key, row[0] as String, searchable(TagList(lines: row[1])), row[2] as String])
  }

  /// Tags that nearly every model carries find nothing, and would be a third of the index.
  private static func searchable(_ tags: TagList) -> String {
    var text: [UInt8] = []
    for tag in tags where !noise.contains(tag) && !tag.hasPrefix("region:") && !tag.hasPrefix("deploy:") {
      if !text.isEmpty { text.append(UInt8(ascii: " ")) }
      text.append(contentsOf: tag.utf8)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static let noise = TagSet([
    "transformers", "safetensors", "gguf", "endpoints_compatible", "text-generation-inference", "autotrain_compatible",
  ])

  /// The index's own language out of a person's words: all of them have to be there, the last one may be a beginning.
  ///
  /// - Returns: nil when there is no word in it.
  static func expression(_ words: String) -> String? {
    let terms = words.lowercased().split { character in
      !(character.isLetter || character.isNumber || character == ".")
    }.map { $0.replacing("\"", with: "") }.filter { $0.contains { $0.isLetter || $0.isNumber } }
    guard !terms.isEmpty else { return nil }
    return terms.prefix(16).enumerated().map { index, term in
      index == min(terms.count, 16) - 1 ? "\"\(term)\" *" : "\"\(term)\""
    }.joined(separator: " AND ")
  }
}

extension Catalog {
  /// Repositories whose id, tags or card hold all of the words, the best match first, what the rules let in before
  /// what they leave out.
  ///
  /// - Parameter words: a person's words; the last one may be the beginning of a word.
  /// - Returns: nothing when `words` holds no letter or digit.
  public func search(_ words: String, limit: Int) throws(CatalogError) -> [RepoRecord] {
    guard let expression = SearchIndex.expression(words) else { return [] }
    return try read { database in
      try RepoRecord.fetchAll(
        database,
        sql: """
          WITH hit AS (
            SELECT rowid AS key, bm25(search, 4.0, 2.0, 1.0) AS distance FROM search WHERE search MATCH ?
            ORDER BY distance LIMIT 2000)
          SELECT repo.*, description.shape AS shape, description."commit" AS describedCommit
          FROM hit JOIN repo ON repo.key = hit.key LEFT JOIN description ON description.repo = repo.key
          ORDER BY repo.state = 'leftOut', hit.distance - ln(1 + repo.downloads) / 10, repo.id LIMIT ?
          """, arguments: [expression, limit])
    }
  }
}
