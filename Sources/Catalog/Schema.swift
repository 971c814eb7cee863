import GRDB

/// The tables, as a list of migrations that are only ever added to.
enum Schema {
  static var migrator: SchemaMigrator {
    var migrator = SchemaMigrator()
    migrator.registerMigration("1 the morning ritual") { database in
      try database.execute(
        sql: """
          CREATE TABLE repo (
            id TEXT PRIMARY KEY NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            stateAt TEXT NOT NULL,
            "commit" TEXT,
            createdAt TEXT,
            lastModified TEXT,
            firstSeenAt TEXT NOT NULL,
            recordedAt TEXT NOT NULL,
            tags TEXT NOT NULL,
            gated INTEGER NOT NULL,
            downloads INTEGER NOT NULL,
            likes INTEGER NOT NULL,
            shape TEXT,
            describedCommit TEXT,
            lookAgainAt TEXT
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX repoByRecording ON repo (recordedAt);
          CREATE INDEX repoByState ON repo (state);

          CREATE TABLE weights (
            repo TEXT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
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
            repo TEXT NOT NULL,
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

          CREATE TABLE copy (
            id INTEGER PRIMARY KEY NOT NULL,
            repo TEXT NOT NULL,
            path TEXT NOT NULL,
            "commit" TEXT NOT NULL,
            quantization TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            wantedAt TEXT NOT NULL,
            changedAt TEXT NOT NULL,
            verifiedAt TEXT,
            byHand INTEGER NOT NULL,
            UNIQUE (repo, "commit", path)
          ) STRICT;
          CREATE INDEX copyByState ON copy (state);

          CREATE TABLE part (
            copy INTEGER NOT NULL REFERENCES copy (id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            size INTEGER NOT NULL,
            hash TEXT NOT NULL,
            durableBytes INTEGER NOT NULL,
            boot TEXT NOT NULL,
            isVerified INTEGER NOT NULL,
            PRIMARY KEY (copy, path)
          ) STRICT, WITHOUT ROWID;

          CREATE TABLE smoke (
            id INTEGER PRIMARY KEY NOT NULL,
            copy INTEGER NOT NULL REFERENCES copy (id) ON DELETE CASCADE,
            at TEXT NOT NULL,
            verdict TEXT NOT NULL,
            reasons TEXT NOT NULL,
            tokensPerSecond REAL,
            perplexity REAL,
            sample TEXT
          ) STRICT;

          CREATE TABLE cycle (
            id INTEGER PRIMARY KEY NOT NULL,
            startedAt TEXT NOT NULL,
            endedAt TEXT,
            trouble TEXT
          ) STRICT;

          CREATE TABLE mark (
            name TEXT PRIMARY KEY NOT NULL,
            value TEXT NOT NULL
          ) STRICT, WITHOUT ROWID;
          """)
    }
    migrator.registerMigration("2 the whole hub", migrate: watchTheHub)
    registerUpstreams(&migrator)
    registerDownloads(&migrator)
    registerProcess(&migrator)
    registerFingerprints(&migrator)
    registerProbes(&migrator)
    return migrator
  }
}
