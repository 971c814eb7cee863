import Foundation
import Glibc

/// Says in a file that a process is changing the catalog: when it is there though nobody is at work, somebody was killed
/// or the power failed.
struct LifeMarker: Equatable {
  /// The boot of the machine in which the process ran.
  let boot: String
  let processID: Int32

  /// This process.
  static var ours: LifeMarker { LifeMarker(boot: BootID.current, processID: getpid()) }

  init(boot: String, processID: Int32) {
    self.boot = boot
    self.processID = processID
  }

  /// What the last process left; nil when it ended in order.
  init?(_ files: CatalogFiles) {
    guard let text = try? String(contentsOfFile: files.marker, encoding: .utf8) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(2).map(String.init)
    // One that does not read was being written when the power failed.
    boot = lines.first ?? ""
    processID = lines.count > 1 ? Int32(lines[1]) ?? 0 : 0
  }

  /// Makes it durable, before anything else is written.
  ///
  /// - Throws: `CatalogError`.
  func write(_ files: CatalogFiles) throws(CatalogError) {
    let descriptor = open(files.marker, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw files.failure(files.marker, errno) }
    defer { close(descriptor) }
    let bytes = Array("\(boot)\n\(processID)\n".utf8)
    // Over what was there, so that a full disk has room for it.
    guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, ftruncate(descriptor, off_t(bytes.count)) == 0,
      fsync(descriptor) == 0
    else { throw files.failure(files.marker, errno) }
    try files.sync(files.folder)
  }

  /// The end in order.
  static func remove(_ files: CatalogFiles) { unlink(files.marker) }
}
