import Foundation
import Glibc

/// The files of the catalog in a state folder, and the few ways in which they are moved.
struct CatalogFiles: Sendable {
  /// The state folder.
  let folder: String

  /// The database.
  var database: String { "\(folder)/hubwatch.sqlite" }
  /// Files that SQLite keeps beside it.
  var companions: [String] { ["\(database)-wal", "\(database)-shm"] }
  /// The copy that is made once a day.
  var snapshot: String { "\(database).snapshot" }
  /// What takes the place of a damaged database, while it is made.
  var replacement: String { "\(database).restoring" }
  /// A copy while it is made.
  var unfinishedCopy: String { "\(database).copying" }
  /// A file that gives its room to the database when the disk is full.
  var ballast: String { "\(folder)/ballast" }
  /// Says that a process is at work, or died at it.
  var marker: String { "\(folder)/running" }
  /// The copy that was made before the schema became that of `version`.
  func copy(before version: String) -> String { "\(database).before-\(version)" }
  /// The name to which a damaged database is moved.
  func damaged(at moment: Date) -> String {
    "\(database).corrupt-\(moment.formatted(.iso8601).replacing(":", with: "-"))"
  }

  /// Paths that begin with `stem`, the newest first; SQLite's companions of them are left out.
  func kept(_ stem: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let paths = names.map { "\(folder)/\($0)" }.filter { path in
      path.hasPrefix(stem) && !path.hasSuffix("-wal") && !path.hasSuffix("-shm")
    }
    return paths.map { ($0, Self.modified($0)) }.sorted { ($0.1, $0.0) > ($1.1, $1.0) }.map(\.0)
  }

  /// The newest copy from before a migration.
  var newestCopy: String? { kept(copy(before: "")).first }

  /// Deletes all but the newest `count` of the files that begin with `stem`.
  func prune(_ stem: String, keeping count: Int) {
    for path in kept(stem).dropFirst(count) {
      for one in [path, "\(path)-wal", "\(path)-shm"] { unlink(one) }
    }
  }

  private static func modified(_ path: String) -> Double {
    var info = stat()
    guard lstat(path, &info) == 0 else { return 0 }
    return Double(info.st_mtim.tv_sec) + Double(info.st_mtim.tv_nsec) / 1e9
  }

  /// Bytes of a file; nil when there is none.
  static func size(_ path: String) -> Int64? {
    var info = stat()
    return lstat(path, &info) == 0 ? Int64(info.st_size) : nil
  }

  /// Bytes that may still be written in the folder.
  var free: Int64 {
    var info = statvfs()
    guard statvfs(folder, &info) == 0 else { return .max }
    let (bytes, overflow) = Int64(clamping: info.f_bavail).multipliedReportingOverflow(
      by: Int64(clamping: info.f_frsize))
    return overflow ? .max : bytes
  }

  /// Makes the database when there is none, and keeps it from everybody else's eyes; SQLite gives its companions the same
  /// mode.
  func makePrivate() throws(CatalogError) {
    let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(database, errno) }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw failure(database, errno) }
    guard info.st_mode & 0o077 != 0 else { return }
    for path in [database] + companions where chmod(path, 0o600) != 0 && errno != ENOENT { throw failure(path, errno) }
  }

  /// Makes a file, or a folder's entries, durable.
  func sync(_ path: String) throws(CatalogError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path, errno) }
  }

  /// Gives a finished file its name, durably.
  func publish(_ temporary: String, as path: String) throws(CatalogError) {
    try sync(temporary)
    guard rename(temporary, path) == 0 else { throw failure(path, errno) }
    try sync(folder)
  }

  /// The error of a system call on one of the files.
  func failure(_ path: String, _ code: Int32) -> CatalogError {
    switch code {
    case ENOSPC, EDQUOT: CatalogError(kind: .full, path: path)
    case EACCES, EPERM, EROFS: CatalogError(kind: .notWritable, path: path)
    default: CatalogError(kind: .failed(String(cString: strerror(code))), path: path)
    }
  }
}
