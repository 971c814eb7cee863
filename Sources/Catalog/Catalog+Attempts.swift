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
  /// One that is found begun was ended by the death of the process. It counts unless it had come further, or the machine
  /// was started anew: then the power failed, and the model had no part in it.
  ///
  /// - Parameter progress: how far the work has come, in bytes that are not lost when the process dies.
  /// - Returns: how often in a row the process has died at it.
  /// - Throws: `CatalogError`.
  public func beginAttempt(
    copy: Int64, _ step: AttemptStep, progress: Int64, at now: Date
  ) throws(CatalogError) -> Int {
    try write { database in
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
