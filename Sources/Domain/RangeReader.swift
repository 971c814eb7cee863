/// The bytes of one file, wherever it lies: on this disk or on the hub.
///
/// Header parsers read through this protocol, so that they work before a download as after it.
public protocol RangeReader: Sendable {
  /// The whole file's size in bytes.
  var size: Int64 { get }

  /// Exactly the bytes of `range`, which lies within `0 ..< size`.
  ///
  /// - Throws: the owning room's error when the bytes cannot be had; never returns fewer.
  func read(_ range: Range<Int64>) async throws -> [UInt8]
}
