import GRDB

extension Schema {
  /// The tables of watched git repositories: what each one pointed to, and what changed when.
  static func registerUpstreams(_ migrator: inout SchemaMigrator) {
    migrator.registerMigration("3 upstreams") { database in
      try database.execute(
        sql: """
          CREATE TABLE upstream (
            url TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            isWatched INTEGER NOT NULL,
            firstSuccessAt TEXT,
            lastCheckedAt TEXT,
            lastSuccessAt TEXT,
            changedAt TEXT,
            head TEXT,
            branch TEXT,
            newestTag TEXT,
            tagCount INTEGER NOT NULL,
            trouble TEXT,
            troubleSince TEXT,
            failures INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;

          CREATE TABLE upstreamTag (
            url TEXT NOT NULL REFERENCES upstream (url) ON DELETE CASCADE,
            name TEXT NOT NULL,
            object TEXT NOT NULL,
            PRIMARY KEY (url, name)
          ) STRICT, WITHOUT ROWID;

          CREATE TABLE upstreamNews (
            id INTEGER PRIMARY KEY NOT NULL,
            url TEXT NOT NULL REFERENCES upstream (url) ON DELETE CASCADE,
            at TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            old TEXT,
            new TEXT,
            count INTEGER NOT NULL
          ) STRICT;
          CREATE INDEX upstreamNewsByTime ON upstreamNews (at);
          """)
    }
  }
}
