import Domain
import GRDB

/// The database cannot be used.
public struct CatalogError: ReportableError {
  /// What is the matter.
  public enum Kind: Sendable, Equatable {
    /// Nothing has been recorded yet.
    case absent
    /// A newer hubwatch wrote it.
    case newer
    /// An older hubwatch wrote it, and it was opened for reading only.
    case older
    /// It is damaged, or no SQLite database.
    case corrupt
    /// Nothing can be written: read-only, or permission denied.
    case notWritable
    /// The disk is full.
    case full
    /// Another error of SQLite.
    case failed(String)
  }

  /// What is the matter.
  public let kind: Kind
  /// The database file.
  public let path: String
  /// The copy that an older schema was kept in; nil where there is none.
  public let copy: String?

  public var problem: String {
    switch kind {
    case .absent: "nothing is recorded yet in \(path)"
    case .newer:
      "\(path) was written by a newer hubwatch" + (copy.map { "; the copy from before it is \($0)" } ?? "")
    case .older: "\(path) was written by an older hubwatch"
    case .corrupt: "\(path) is damaged, or not a hubwatch database"
    case .notWritable: "\(path) cannot be written"
    case .full: "the disk of \(path) is full"
    case .failed(let message): "the database \(path) failed: \(message)"
    }
  }

  public var advice: String? {
    switch kind {
    case .absent: "run `hubwatch poll` first"
    case .newer: "install the newer version again, or name another state folder in HUBWATCH_STATE"
    case .older: "run `hubwatch poll` once to bring it up to date"
    case .corrupt: "the next `hubwatch run` or daemon moves it aside and goes on with the last snapshot"
    case .notWritable: "check the owner of the folder and whether the file system is read-only"
    case .full: "free some space; hubwatch goes on by itself"
    case .failed: nil
    }
  }

  public var exitCode: ExitCode {
    switch kind {
    case .full, .failed: .failed
    case .absent, .newer, .older, .corrupt, .notWritable: .unusableSetup
    }
  }

  init(kind: Kind, path: String, copy: String? = nil) {
    self.kind = kind
    self.path = path
    self.copy = copy
  }

  init(_ error: any Error, path: String) {
    if let error = error as? CatalogError {
      self = error
      return
    }
    self.path = path
    copy = nil
    guard let error = error as? DatabaseError else {
      kind = .failed("\(error)")
      return
    }
    // The room for the memory that processes share is taken from the disk, too.
    if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
      kind = .full
      return
    }
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: kind = .corrupt
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: kind = .notWritable
    case .SQLITE_FULL: kind = .full
    default: kind = .failed(error.message ?? "\(error.resultCode)")
    }
  }
}
