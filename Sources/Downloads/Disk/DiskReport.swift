import Domain

/// Room on a disk, for people.
public struct DiskReport: Sendable, Equatable {
  /// Bytes that can still be written.
  public var free: ByteCount
  /// All bytes of the disk.
  public var total: ByteCount
  /// Bytes that stay free whatever is fetched.
  public var reserve: ByteCount

  /// The disk that a folder lies on, or would lie on; nil when the file system does not say.
  public init?(_ folder: String, floor: DiskFloor) {
    guard let space = DiskSpace(Folders.nearest(folder)) else { return nil }
    free = space.free
    total = space.total
    reserve = floor.bytes(ofDisk: space.total)
  }
}
