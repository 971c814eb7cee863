import Domain

/// A card (or main memory) that a model has to fit into.
public struct Device: Sendable, Equatable, Codable {
  /// Where the figures come from.
  public enum Source: String, Sendable, Codable {
    /// `--vram`, or `vram` in the configuration.
    case given
    /// The built-in list of cards.
    case list
    /// The driver.
    case detected
    /// No card: main memory.
    case mainMemory
  }

  /// For people: `12 GiB card`, `RTX A6000`.
  public var name: String
  /// Memory in all.
  public var total: ByteCount
  /// Memory that nothing else uses now.
  public var free: ByteCount
  /// Where the figures come from.
  public var source: Source

  /// A device.
  public init(name: String, total: ByteCount, free: ByteCount, source: Source) {
    self.name = name
    self.total = total
    self.free = free
    self.source = source
  }

  /// A card of `gibibytes` with nothing else on it.
  public static func card(gibibytes: Double) -> Device {
    let size = ByteCount.gibibytes(gibibytes)
    let isWhole = gibibytes == gibibytes.rounded()
    let name = isWhole ? "\(Int(gibibytes))" : ByteCount.decimal(gibibytes, places: 1)
    return Device(name: "\(name) GiB card", total: size, free: size, source: .given)
  }

  /// What the driver and the engine's context take before the first weight: an estimate for cards of the 3080's
  /// class, to be replaced by measurement; main memory has no such cost.
  public var overhead: ByteCount { source == .mainMemory ? ByteCount(0) : .mebibytes(300) }
}
