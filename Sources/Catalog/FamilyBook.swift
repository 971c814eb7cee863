import Domain
import GRDB

/// Sorts repositories into families, within one transaction.
///
/// A family is one set of weights in all its forms: the original, its quantizations, copies of the same bytes. A
/// finetune, a merge or an adapter is a family of its own that knows its bases. What tells, in this order: the lineage
/// in the tags, the same content, the name.
struct FamilyBook {
  private let database: Database
  private let now: Int64
  private var touched: Set<Int64> = []

  init(_ database: Database, now: Int64) {
    self.database = database
    self.now = now
  }

  /// Finds the family of a repository that the rules let in.
  mutating func sortIn(_ read: DerivationRow) throws {
    var subject = read
    if subject.family != nil { try refresh(&subject) }
    let lineage = Lineage(tags: subject.tags)
    let stem = NameStem(subject.id)
    let bases = lineage.bases.filter { $0 != subject.id }
    let isForm = lineage.relation == .quantized || stem.isForm
    let own = try family(named: Self.name(subject.id))
    var target: (family: Int64, kinship: Kinship)
    if isForm, lineage.relation == nil || lineage.relation == .quantized, let base = bases.first {
      target = (try family(of: base), .quantized)
      // Others were quantized from this repository, and thereby from its base.
      if let own, own != target.family { try merge(own, into: target.family) }
    } else if let own {
      // Its family may have become part of another one that holds the same bytes.
      target = (own, try isOriginal(subject, of: own) ? .original : .content)
    } else if stem.isForm, stem.isTelling, let known = try family(named: Self.name(stem)) {
      target = (known, .name)
    } else if !isForm, stem.isTelling, let orphans = try family(named: Self.name(stem)), try !hasOriginal(orphans) {
      try rename(orphans, to: subject.id)
      target = (orphans, .original)
    } else if let known = subject.family {
      target = (known, subject.kinship ?? .original)
    } else {
      target = (try make(subject.id.description), .original)
    }
    if target.kinship == .original {
      try setOriginal(target.family, subject, lineage, bases)
      if stem.isTelling {
        try database.cachedStatement(sql: "INSERT OR IGNORE INTO familyName VALUES (?, ?)")
          .execute(arguments: [Self.name(stem), target.family])
      }
    }
    try join(subject, target.family, target.kinship)
    try joinByContent(subject, target.family)
  }

  /// Takes a repository that the rules leave out, out of its family.
  mutating func remove(_ subject: DerivationRow) throws {
    guard let family = subject.family else { return }
    try database.execute(sql: "UPDATE repo SET family = NULL, kinship = NULL WHERE key = ?", arguments: [subject.key])
    try database.execute(
      sql: "UPDATE family SET original = NULL WHERE key = ? AND original = ?", arguments: [family, subject.key])
    touched.insert(family)
  }

  /// Computes the scores of the families that have changed, and forgets those without members.
  mutating func rescore(_ score: (FamilyFacts) -> Double) throws {
    for family in touched {
      guard let facts = try FamilyFacts.read(database, family) else {
        try database.cachedStatement(
          sql: "DELETE FROM family WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM repo WHERE family = ?1)"
        ).execute(arguments: [family])
        continue
      }
      try database.cachedStatement(sql: "UPDATE family SET score = ? WHERE key = ?")
        .execute(arguments: [score(facts), family])
    }
    touched = []
  }

  // MARK: Names

  private static func name(_ id: RepoID) -> String { id.description.lowercased() }
  /// A stem cannot be taken for an id: no id begins with `~`.
  private static func name(_ stem: NameStem) -> String { "~" + stem.text }

  private func family(named name: String) throws -> Int64? {
    try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT family FROM familyName WHERE name = ?"), arguments: [name])
  }

  /// The family that a base model belongs to, made when it has none yet.
  private mutating func family(of base: RepoID) throws -> Int64 {
    if let named = try family(named: Self.name(base)) { return named }
    if let known = try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT family FROM repo WHERE key = (SELECT repo FROM name WHERE id = ?)"),
      arguments: [base.description])
    {
      return known
    }
    return try make(base.description)
  }

  private mutating func make(_ name: String) throws -> Int64 {
    try database.cachedStatement(
      sql: "INSERT INTO family (name, bases, firstSeenAt, score) VALUES (?, '', ?, 0)"
    ).execute(arguments: [name, now])
    let key = database.lastInsertedRowID
    try database.cachedStatement(sql: "INSERT OR REPLACE INTO familyName VALUES (?, ?)")
      .execute(arguments: [name.lowercased(), key])
    touched.insert(key)
    return key
  }

  private func rename(_ family: Int64, to id: RepoID) throws {
    try database.execute(sql: "UPDATE family SET name = ? WHERE key = ?", arguments: [id.description, family])
    try database.execute(
      sql: "INSERT OR REPLACE INTO familyName VALUES (?, ?)", arguments: [Self.name(id), family])
  }

  // MARK: Members

  private func hasOriginal(_ family: Int64) throws -> Bool {
    try Bool.fetchOne(
      database.cachedStatement(sql: "SELECT original IS NOT NULL FROM family WHERE key = ?"), arguments: [family])
      ?? false
  }

  private func setOriginal(
    _ family: Int64, _ subject: DerivationRow, _ lineage: Lineage, _ bases: [RepoID]
  ) throws {
    // A form without a lineage stands for an original that nobody has met.
    let isForm = NameStem(subject.id).isForm && bases.isEmpty
    let relation = bases.isEmpty ? nil : lineage.relation ?? .finetune
    try database.cachedStatement(
      sql: """
        UPDATE family SET original = coalesce(?, original), relation = ?, bases = ?, name = ? WHERE key = ?
        """
    ).execute(arguments: [
      isForm ? nil : subject.key, relation?.rawValue, bases.map(\.description).sorted().joined(separator: " "),
      subject.id.description, family,
    ])
  }

  /// Whether a family is named after a repository.
  private func isOriginal(_ subject: DerivationRow, of family: Int64) throws -> Bool {
    let name = try String.fetchOne(
      database.cachedStatement(sql: "SELECT name FROM family WHERE key = ?"), arguments: [family])
    return name?.lowercased() == Self.name(subject.id)
  }

  /// A row that was sorted in before may have changed families since it was read.
  private func refresh(_ subject: inout DerivationRow) throws {
    guard
      let row = try Row.fetchOne(
        database.cachedStatement(sql: "SELECT family, kinship FROM repo WHERE key = ?"), arguments: [subject.key])
    else { return }
    subject.family = row["family"]
    subject.kinship = (row["kinship"] as String?).flatMap(Kinship.init)
  }

  private mutating func join(_ subject: DerivationRow, _ family: Int64, _ kinship: Kinship) throws {
    touched.insert(family)
    if let former = subject.family { touched.insert(former) }
    guard subject.family != family || subject.kinship != kinship else { return }
    try database.cachedStatement(sql: "UPDATE repo SET family = ?, kinship = ? WHERE key = ?")
      .execute(arguments: [family, kinship.rawValue, subject.key])
    try countForAuthor(subject)
  }

  /// Joins families whose members hold the same bytes; the one that was met first keeps its name.
  private mutating func joinByContent(_ subject: DerivationRow, _ family: Int64) throws {
    let others = try Row.fetchAll(
      database.cachedStatement(
        sql: """
          SELECT DISTINCT repo.family AS family, repo.key AS key FROM content AS mine
          JOIN content AS theirs ON theirs.hash = mine.hash AND theirs.repo <> mine.repo
          JOIN repo ON repo.key = theirs.repo
          WHERE mine.repo = ? AND repo.family IS NOT NULL AND repo.family <> ? LIMIT 50
          """), arguments: [subject.key, family])
    var current = family
    for row in others {
      let other: Int64 = row["family"]
      guard other != current, try exists(other) else { continue }
      let (kept, gone) = (min(other, current), max(other, current))
      let isMine = gone == current
      try merge(gone, into: kept)
      if isMine {
        try database.execute(
          sql: "UPDATE repo SET kinship = ? WHERE key = ?", arguments: [Kinship.content.rawValue, subject.key])
      }
      current = kept
    }
  }

  private func exists(_ family: Int64) throws -> Bool {
    try Bool.fetchOne(database, sql: "SELECT 1 FROM family WHERE key = ?", arguments: [family]) ?? false
  }

  private mutating func merge(_ gone: Int64, into kept: Int64) throws {
    try database.execute(
      sql: """
        UPDATE repo SET family = ?, kinship = iif(kinship = 'original', 'content', kinship) WHERE family = ?
        """, arguments: [kept, gone])
    try database.execute(sql: "UPDATE familyName SET family = ? WHERE family = ?", arguments: [kept, gone])
    try database.execute(sql: "DELETE FROM family WHERE key = ?", arguments: [gone])
    touched.remove(gone)
    touched.insert(kept)
  }

  private func countForAuthor(_ subject: DerivationRow) throws {
    guard subject.family == nil, !subject.id.owner.isEmpty else { return }
    try database.cachedStatement(
      sql: """
        INSERT INTO author VALUES (?, 1, ?)
        ON CONFLICT (name) DO UPDATE SET models = models + 1, likes = likes + excluded.likes
        """
    ).execute(arguments: [subject.id.owner, subject.likes])
  }
}
