import GRDB

extension Schema {
  /// The journal of partial files by content, the origin of every file, and copies that a person keeps or has put in
  /// a folder of their own.
  static func registerDownloads(_ migrator: inout SchemaMigrator) {
    migrator.registerMigration("4 ranges") { database in
      try database.execute(
        sql: """
          CREATE TABLE partial (
            hash TEXT PRIMARY KEY NOT NULL,
            boot TEXT NOT NULL,
            durable TEXT NOT NULL,
            entityTag TEXT
          ) STRICT, WITHOUT ROWID;
          INSERT INTO partial
            SELECT hash, max(boot), iif(max(durableBytes) > 0, '0-' || max(durableBytes), ''), NULL
            FROM part WHERE isVerified = 0 AND boot <> '' GROUP BY hash;

          CREATE TABLE copy4 (
            id INTEGER PRIMARY KEY NOT NULL,
            repo TEXT NOT NULL,
            path TEXT NOT NULL,
            "commit" TEXT NOT NULL,
            folder TEXT NOT NULL DEFAULT '',
            quantization TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            wantedAt TEXT NOT NULL,
            changedAt TEXT NOT NULL,
            verifiedAt TEXT,
            byHand INTEGER NOT NULL,
            isKept INTEGER NOT NULL DEFAULT 0,
            UNIQUE (repo, "commit", path, folder)
          ) STRICT;
          INSERT INTO copy4 (id, repo, path, "commit", quantization, bytes, state, reason, wantedAt, changedAt,
            verifiedAt, byHand)
          SELECT id, repo, path, "commit", quantization, bytes, state, reason, wantedAt, changedAt, verifiedAt, byHand
          FROM copy;

          CREATE TABLE part4 (
            copy INTEGER NOT NULL REFERENCES copy (id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            size INTEGER NOT NULL,
            hash TEXT NOT NULL,
            isVerified INTEGER NOT NULL,
            origin TEXT,
            verifiedAt TEXT,
            boot TEXT,
            scrubbedAt TEXT,
            PRIMARY KEY (copy, path)
          ) STRICT, WITHOUT ROWID;
          INSERT INTO part4 (copy, path, size, hash, isVerified)
          SELECT copy, path, size, hash, isVerified FROM part;

          DROP TABLE part;
          DROP TABLE copy;
          ALTER TABLE copy4 RENAME TO copy;
          ALTER TABLE part4 RENAME TO part;
          CREATE INDEX copyByState ON copy (state);
          CREATE INDEX partByHash ON part (hash);
          """)
    }
  }

  /// What the file system said of a file when it was verified.
  static func registerFingerprints(_ migrator: inout SchemaMigrator) {
    migrator.registerMigration("6 fingerprints") { database in
      try database.execute(sql: "ALTER TABLE part ADD COLUMN fingerprint TEXT")
    }
  }
}
