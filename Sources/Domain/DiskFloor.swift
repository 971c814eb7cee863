/// What stays free on a disk, whatever is fetched.
public struct DiskFloor: Sendable, Equatable {
  /// At least so much.
  public var bytes: ByteCount
  /// At least this share of the disk, from 0 to 1.
  public var share: Double

  /// A floor out of both; the larger one counts.
  public init(bytes: ByteCount, share: Double = 0) {
    self.bytes = bytes
    self.share = share
  }

  /// A twentieth of the disk, and never less than 10 GiB.
  public static let usual = DiskFloor(bytes: ByteCount(10 << 30), share: 0.05)

  /// The floor of a disk of so many bytes.
  public func bytes(ofDisk total: ByteCount) -> ByteCount {
    ByteCount(max(bytes.bytes, Int64((Double(total.bytes) * share).rounded(.up))))
  }
}
