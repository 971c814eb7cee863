import Domain
import Foundation
import GRDB

// What the daemon is at, so that its next life knows at what the last one ended.
extension Catalog {
  private static let jobPrefix = "job."

  /// Writes down that a job begins.
  ///
  /// - Throws: `CatalogError`.
  public func beginJob(_ name: String) throws(CatalogError) {
    try writeRepeatable { database in
      let deaths = try Self.jobMark(database, name).deaths
      try Self.setMark(database, Self.jobPrefix + name, "\(deaths) \(BootID.current)")
    }
  }

  /// Writes down that it has ended, well or not: it did not end the process.
  ///
  /// - Throws: `CatalogError`.
  public func endJob(_ name: String) throws(CatalogError) {
    try writeRepeatable { database in
      try database.execute(sql: "DELETE FROM mark WHERE name = ?", arguments: [Self.jobPrefix + name])
    }
  }

  /// How often in a row the process has died at each job. Asked once, when nothing is under way yet.
  ///
  /// A job that is found begun was ended by the death of the process, unless the machine was started anew since: then
  /// the power failed, and the job had no part in it.
  ///
  /// - Throws: `CatalogError`.
  public func jobDeaths() throws(CatalogError) -> [String: Int] {
    try write { database in
      var deaths: [String: Int] = [:]
      for name in try String.fetchAll(database, sql: "SELECT name FROM mark WHERE name GLOB 'job.*'") {
        let job = String(name.dropFirst(Self.jobPrefix.count))
        let (count, boot) = try Self.jobMark(database, job)
        let total = boot == BootID.current ? count + 1 : count
        try Self.setMark(database, name, "\(total)")
        if total > 0 { deaths[job] = total }
      }
      return deaths
    }
  }

  private static func jobMark(_ database: Database, _ name: String) throws -> (deaths: Int, boot: String?) {
    let text = try String.fetchOne(
      database, sql: "SELECT value FROM mark WHERE name = ?", arguments: [jobPrefix + name])
    let parts = text?.split(separator: " ") ?? []
    return (parts.first.flatMap { Int($0) } ?? 0, parts.count > 1 ? String(parts[1]) : nil)
  }
}
