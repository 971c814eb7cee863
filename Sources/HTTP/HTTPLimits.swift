/// When a transfer is given up.
public struct HTTPLimits: Hashable, Sendable {
  /// For name, TCP and TLS together.
  public var connect: Duration = .seconds(10)
  /// For the first byte of the answer, on top of `connect`.
  public var firstByte: Duration = .seconds(30)
  /// Bytes a second below which a transfer counts as standing still.
  public var lowSpeed: Int64 = 1024
  /// How long it may stand still.
  public var lowSpeedTime: Duration = .seconds(20)
  /// For everything; nil for bodies of unknown size.
  public var total: Duration?
  /// The most body bytes, after decompression; nil when the sink decides. `HTTPClient.data` takes 16 MiB then.
  public var body: Int64?

  /// The usual limits.
  public init() {}
}
