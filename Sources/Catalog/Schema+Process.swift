import GRDB

extension Schema {
  /// Pieces of work that were begun and have not ended: what ends the process again and again is found by it.
  static func registerProcess(_ migrator: inout SchemaMigrator) {
    migrator.registerMigration("5 process") { database in
      try database.execute(
        sql: """
          CREATE TABLE attempt (
            copy INTEGER NOT NULL REFERENCES copy (id) ON DELETE CASCADE,
            step TEXT NOT NULL,
            boot TEXT NOT NULL,
            progress INTEGER NOT NULL,
            crashes INTEGER NOT NULL,
            begunAt TEXT NOT NULL,
            PRIMARY KEY (copy, step)
          ) STRICT, WITHOUT ROWID;
          """)
    }
  }
}
