/// When a transfer is given up.
public struct HTTPLimits: Hashable, Sendable {
  /// For the host's name.
  public var resolve: Duration = .seconds(5)
  /// For a TCP connection, all addresses of the host together.
  public var connect: Duration = .seconds(10)
  /// For the TLS handshake, behind a proxy with the tunnel before it.
  public var handshake: Duration = .seconds(10)
  /// For the first byte of the answer once the connection stands.
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
