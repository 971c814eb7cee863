import GRDB

extension Schema {
  /// More of what a smoke test measures, and what models can do.
  static func registerProbes(_ migrator: inout SchemaMigrator) {
    migrator.registerMigration("7 probes") { database in
      try database.execute(
        sql: """
          ALTER TABLE smoke ADD COLUMN architecture TEXT;
          ALTER TABLE smoke ADD COLUMN parameters INTEGER;
          ALTER TABLE smoke ADD COLUMN loadSeconds REAL;
          ALTER TABLE smoke ADD COLUMN promptTokensPerSecond REAL;
          ALTER TABLE smoke ADD COLUMN peakMemoryBytes INTEGER;
          ALTER TABLE smoke ADD COLUMN estimateBytes INTEGER;
          ALTER TABLE smoke ADD COLUMN bitsPerByte REAL;

          CREATE TABLE probe (
            copy INTEGER NOT NULL REFERENCES copy (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            place INTEGER NOT NULL,
            capability TEXT NOT NULL,
            version TEXT NOT NULL,
            at TEXT NOT NULL,
            outcome TEXT NOT NULL,
            right INTEGER NOT NULL,
            cases INTEGER NOT NULL,
            reason TEXT,
            answer TEXT,
            PRIMARY KEY (copy, name)
          ) STRICT, WITHOUT ROWID;

          -- The first model within so many bytes that passed a probe; it stays the first when its copy is gone.
          CREATE TABLE probeFirst (
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            repo TEXT NOT NULL,
            quantization TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (name, version, bytes)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX probeFirstByTime ON probeFirst (at);

          -- A probe that a model fails and a model that it came from passes.
          CREATE TABLE probeRegression (
            copy INTEGER NOT NULL REFERENCES copy (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            base TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (copy, name)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX probeRegressionByTime ON probeRegression (at);
          """)
    }
  }
}
