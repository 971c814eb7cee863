import GRDB

/// Brings a database from any older schema to ours: forward only, and in one transaction.
///
/// A process that is killed in the middle leaves the old schema, whole. The names of the steps that were taken stand in
/// the table `grdb_migrations`.
struct SchemaMigrator: Sendable {
  typealias Step = @Sendable (Database) throws -> Void

  /// How a database stands to the steps of this program.
  enum Standing: Equatable {
    /// Nothing has been made in it yet.
    case empty
    /// Some steps are missing.
    case older
    /// All steps were taken, and no others.
    case current
    /// A step was taken that this program does not know.
    case newer
  }

  private var steps: [(name: String, step: Step)] = []

  /// Adds a step to the end of the list.
  mutating func registerMigration(_ name: String, migrate step: @escaping Step) { steps.append((name, step)) }

  /// The number with which the name of the last step begins: the version of the schema.
  var version: String { Self.number(steps.last?.name ?? "0") }

  /// The names of all steps, in their order.
  var names: [String] { steps.map(\.name) }

  private static func number(_ name: String) -> String { String(name.prefix { $0.isNumber }) }

  func standing(_ database: Database) throws -> Standing {
    let taken = try taken(database)
    if taken.isEmpty { return .empty }
    if !taken.isSubset(of: names) { return .newer }
    return taken.count == steps.count ? .current : .older
  }

  private func taken(_ database: Database) throws -> Set<String> {
    guard try database.tableExists("grdb_migrations") else { return [] }
    return try String.fetchSet(database, sql: "SELECT identifier FROM grdb_migrations")
  }

  /// Takes the steps that are missing.
  ///
  /// - Parameter last: the last step to take; nil for all.
  func migrate(_ writer: some DatabaseWriter, upTo last: String? = nil) throws {
    try writer.barrierWriteWithoutTransaction { database in
      // Tables are replaced; a reference to the old one must not delete the rows of the new one.
      try database.execute(sql: "PRAGMA foreign_keys = OFF")
      let result = Result {
        try database.inTransaction(.immediate) {
          try migrateInside(database, upTo: last)
          return .commit
        }
      }
      try database.execute(sql: "PRAGMA foreign_keys = ON")
      try result.get()
    }
  }

  private func migrateInside(_ database: Database, upTo last: String?) throws {
    try database.execute(
      sql: "CREATE TABLE IF NOT EXISTS grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    let taken = try taken(database)
    for (name, step) in steps {
      if !taken.contains(name) {
        try step(database)
        try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)", arguments: [name])
      }
      if name == last { break }
    }
    try database.checkForeignKeys()
  }
}
