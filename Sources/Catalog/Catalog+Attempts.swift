import Domain
import Foundation
import GRDB

/// A piece of work on a copy that may end the process.
public enum AttemptStep: String, Sendable {
  /// Fetching it.
  case download
  /// Testing it.
  case smoke

  /// For a person: hubwatch died while …
  public var words: String {
    switch self {
    case .download: "fetching it"
    case .smoke: "testing it"
    }
  }
}

extension Catalog {
  /// So many deaths in a row at one piece of work are that work's fault.
  public static let crashLimit = 3

  /// Writes down that a piece of work begins.
  ///
  /// One that is found begun was ended by the death of the process. It counts unless bytes have become durable since, or
  /// the machine was started anew: then the power failed, and the model had no part in it.
  ///
  /// - Returns: how often in a row the process has died at it.
  /// - Throws: `CatalogError`.
  public func beginAttempt(copy: Int64, _ step: AttemptStep, at now: Date) throws(CatalogError) -> Int {
    try write { database in
      let progress = try Self.progress(database, copy)
      let arguments: StatementArguments = [copy, step.rawValue]
      let last = try Row.fetchOne(
        database, sql: "SELECT boot, progress, crashes FROM attempt WHERE copy = ? AND step = ?", arguments: arguments)
      var crashes = 0
      if let last {
        crashes = last["crashes"]
        if progress > (last["progress"] as Int64) {
          crashes = 0
        } else if last["boot"] == BootID.current {
          crashes += 1
        }
      }
      try database.execute(
        sql: "INSERT OR REPLACE INTO attempt (copy, step, boot, progress, crashes, begunAt) VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [copy, step.rawValue, BootID.current, progress, crashes, now])
      return crashes
    }
  }

  /// Bytes of a copy that are verified or journaled.
  private static func progress(_ database: Database, _ copy: Int64) throws -> Int64 {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT part.size, part.isVerified, partial.durable FROM part LEFT JOIN partial ON partial.hash = part.hash
        WHERE part.copy = ?
        """, arguments: [copy])
    return rows.reduce(0) { sum, row in
      if row["isVerified"] { return sum + (row["size"] as Int64) }
      return sum + ((row["durable"] as String?).flatMap { ByteRanges($0)?.count } ?? 0)
    }
  }

  /// Writes down that a piece of work has ended, well or not.
  ///
  /// - Throws: `CatalogError`.
  public func endAttempt(copy: Int64, _ step: AttemptStep) throws(CatalogError) {
    try writeUrgent { database in
      try database.execute(
        sql: "DELETE FROM attempt WHERE copy = ? AND step = ?", arguments: [copy, step.rawValue])
    }
  }
}
