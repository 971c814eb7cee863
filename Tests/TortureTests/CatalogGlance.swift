import Foundation
import GRDB
import TestSupport

/// What the program's database says, read from a copy of it: opening the original would mend it in the program's stead.
struct CatalogGlance {
  struct Copy {
    let repo: String
    let state: String
    let reason: String?
    /// Whether it is said to be complete.
    var isVerified: Bool { state == "verified" || state == "tested" }
  }

  struct Part {
    let hash: String
    let isVerified: Bool
  }

  /// SQLite's own verdict, `ok` when it is sound.
  private(set) var verdict = "ok"
  private(set) var copies: [Copy] = []
  private(set) var parts: [Part] = []

  /// Nil where there is no database yet, or an empty one.
  ///
  /// - Throws: GRDB's error when it cannot be read.
  init?(_ home: TortureHome) throws {
    let manager = FileManager.default
    let size = try? manager.attributesOfItem(atPath: home.database)[.size] as? Int64
    guard let size, size > 0 else { return nil }
    let folder = try TemporaryFolder()
    for suffix in ["", "-wal"] where manager.fileExists(atPath: home.database + suffix) {
      try manager.copyItem(atPath: home.database + suffix, toPath: "\(folder.path)/copy.sqlite\(suffix)")
    }
    let queue = try DatabaseQueue(path: "\(folder.path)/copy.sqlite")
    try queue.read { database in
      verdict = try String.fetchAll(database, sql: "PRAGMA quick_check").joined(separator: "; ")
      guard try database.tableExists("copy"), try database.tableExists("part") else { return }
      copies = try Row.fetchAll(database, sql: "SELECT repo, state, reason FROM copy").map {
        Copy(repo: $0["repo"], state: $0["state"], reason: $0["reason"])
      }
      parts = try Row.fetchAll(database, sql: "SELECT hash, isVerified FROM part").map {
        Part(hash: $0["hash"], isVerified: $0["isVerified"])
      }
    }
    try queue.close()
  }
}
