import Glibc

/// A file that is thrown away when the disk is full, so that it can still be written down what waits for space.
struct Ballast: Sendable {
  /// Its size.
  static let bytes = 1 << 20
  /// It is made again when so much is free.
  static let roomNeeded: Int64 = 16 << 20

  let files: CatalogFiles

  /// Makes it when there is room and it is not there.
  func load() {
    guard CatalogFiles.size(files.ballast) == nil, files.free >= Self.roomNeeded else { return }
    let descriptor = open(files.ballast, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // Bytes that no file system stores as a hole.
    let piece = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 >> 8) | 1 }
    for _ in 0..<(Self.bytes / piece.count) where write(descriptor, piece, piece.count) != piece.count {
      unlink(files.ballast)
      return
    }
  }

  /// Throws it away; false when there was none.
  func drop() -> Bool { unlink(files.ballast) == 0 }
}
