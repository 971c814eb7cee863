import GRDB

extension Schema {
  /// A hub of millions of models: a narrow row a repository, what was looked at beside it, families, and a search index.
  ///
  /// Moments of `repo` are milliseconds since 1970: a million rows of text would be 80 MB more. Tags are lines.
  static func watchTheHub(_ database: Database) throws {
    try database.execute(sql: tables)
    try database.execute(sql: takeOver)
    try database.execute(sql: indexes)
  }

  private static let tables = """
    ALTER TABLE repo RENAME TO repo1;
    ALTER TABLE weights RENAME TO weights1;
    ALTER TABLE fit RENAME TO fit1;

    CREATE TABLE repo (
      key INTEGER PRIMARY KEY NOT NULL,
      id TEXT NOT NULL,
      objectID BLOB,
      state TEXT NOT NULL,
      reason TEXT,
      rule TEXT,
      stateAt INTEGER NOT NULL,
      "commit" TEXT,
      createdAt INTEGER,
      lastModified INTEGER,
      firstSeenAt INTEGER NOT NULL,
      recordedAt INTEGER NOT NULL,
      tags TEXT NOT NULL,
      gated INTEGER NOT NULL,
      downloads INTEGER NOT NULL,
      likes INTEGER NOT NULL,
      trending REAL,
      architecture TEXT,
      parameters INTEGER,
      lookAgainAt INTEGER,
      misses INTEGER NOT NULL,
      missingSince INTEGER,
      family INTEGER,
      kinship TEXT
    ) STRICT;

    CREATE TABLE description (
      repo INTEGER PRIMARY KEY NOT NULL REFERENCES repo (key) ON DELETE CASCADE,
      "commit" TEXT NOT NULL,
      shape TEXT,
      facts TEXT NOT NULL,
      card TEXT,
      etag TEXT,
      describedAt INTEGER NOT NULL,
      checkedAt INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE weights (
      repo INTEGER NOT NULL REFERENCES repo (key) ON DELETE CASCADE,
      path TEXT NOT NULL,
      "commit" TEXT NOT NULL,
      quantization TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      evidence TEXT NOT NULL,
      layout TEXT NOT NULL,
      files TEXT NOT NULL,
      PRIMARY KEY (repo, path)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE fit (
      repo INTEGER NOT NULL,
      path TEXT NOT NULL,
      device TEXT NOT NULL,
      context INTEGER NOT NULL,
      total INTEGER NOT NULL,
      margin INTEGER NOT NULL,
      verdict TEXT NOT NULL,
      maxContext INTEGER NOT NULL,
      PRIMARY KEY (repo, path),
      FOREIGN KEY (repo, path) REFERENCES weights (repo, path) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE name (
      id TEXT PRIMARY KEY NOT NULL,
      repo INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The rows from `first` to `last` were first met at a moment.
    CREATE TABLE recording (
      first INTEGER PRIMARY KEY NOT NULL,
      last INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE alias (
      id TEXT PRIMARY KEY NOT NULL,
      repo INTEGER NOT NULL REFERENCES repo (key) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE content (
      hash TEXT NOT NULL,
      repo INTEGER NOT NULL REFERENCES repo (key) ON DELETE CASCADE,
      PRIMARY KEY (hash, repo)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE family (
      key INTEGER PRIMARY KEY NOT NULL,
      name TEXT NOT NULL,
      original INTEGER,
      relation TEXT,
      bases TEXT NOT NULL,
      firstSeenAt INTEGER NOT NULL,
      score REAL NOT NULL
    ) STRICT;

    CREATE TABLE familyName (
      name TEXT PRIMARY KEY NOT NULL,
      family INTEGER NOT NULL REFERENCES family (key) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE author (
      name TEXT PRIMARY KEY NOT NULL,
      models INTEGER NOT NULL,
      likes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE stale (repo INTEGER PRIMARY KEY NOT NULL REFERENCES repo (key) ON DELETE CASCADE) STRICT;

    CREATE VIRTUAL TABLE search USING fts5(
      id, tags, card, content = '', detail = 'column', tokenize = "unicode61 tokenchars '.'"
    );
    """

  private static func milliseconds(_ column: String) -> String {
    "CAST(round((julianday(\(column)) - 2440587.5) * 86400000) AS INTEGER)"
  }

  private static let takeOver = """
    INSERT INTO repo (
      id, state, reason, stateAt, "commit", createdAt, lastModified, firstSeenAt, recordedAt, tags, gated, downloads,
      likes, architecture, lookAgainAt, misses)
    SELECT id, state, reason, \(milliseconds("stateAt")), "commit", \(milliseconds("createdAt")),
      \(milliseconds("lastModified")), \(milliseconds("firstSeenAt")), \(milliseconds("recordedAt")),
      (SELECT coalesce(group_concat(value, char(10)), '') FROM json_each(tags)), gated, downloads, likes,
      shape ->> '$.architecture', coalesce(\(milliseconds("lookAgainAt")), iif(state = 'seen', 0, NULL)), 0
    FROM repo1 ORDER BY createdAt;
    INSERT INTO name SELECT id, key FROM repo ORDER BY id;
    INSERT INTO recording SELECT key, key, firstSeenAt FROM repo WHERE recordedAt = firstSeenAt;
    INSERT INTO mark SELECT 'named.through', max(key) FROM repo HAVING count(*) > 0;
    INSERT INTO description (repo, "commit", shape, facts, describedAt, checkedAt)
    SELECT repo.key, describedCommit, repo1.shape, '{}', repo.stateAt, repo.stateAt
    FROM repo1 JOIN name USING (id) JOIN repo ON repo.key = name.repo WHERE describedCommit IS NOT NULL;
    INSERT INTO weights SELECT name.repo, path, weights1."commit", quantization, bytes, evidence, layout, files
    FROM weights1 JOIN name ON name.id = weights1.repo;
    INSERT INTO fit SELECT name.repo, path, device, context, total, margin, verdict, maxContext
    FROM fit1 JOIN name ON name.id = fit1.repo;
    DROP TABLE fit1;
    DROP TABLE weights1;
    DROP TABLE repo1;
    INSERT INTO mark SELECT 'repo.count', count(*) FROM repo;
    """

  // The indexes of a million rows have to be few and small: most are partial.
  private static let indexes = """
    CREATE UNIQUE INDEX repoByID ON repo (id) WHERE objectID IS NULL;
    CREATE UNIQUE INDEX repoByObject ON repo (objectID) WHERE objectID IS NOT NULL;
    CREATE INDEX repoByChange ON repo (recordedAt) WHERE recordedAt <> firstSeenAt;
    CREATE INDEX recordingByMoment ON recording (at);
    CREATE INDEX repoDue ON repo (lookAgainAt, createdAt) WHERE lookAgainAt IS NOT NULL;
    CREATE INDEX repoByFamily ON repo (family) WHERE family IS NOT NULL;
    CREATE INDEX repoSized ON repo (createdAt) WHERE state = 'sized';
    CREATE INDEX aliasByRepo ON alias (repo);
    CREATE INDEX contentByRepo ON content (repo);
    CREATE INDEX descriptionByCheck ON description (checkedAt);
    CREATE INDEX descriptionByAge ON description (describedAt);
    CREATE INDEX familyByScore ON family (score);
    CREATE INDEX familyByBases ON family (bases, relation) WHERE bases <> '';
    CREATE INDEX familyNameByFamily ON familyName (family);
    """
}
