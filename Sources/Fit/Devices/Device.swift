import Domain

/// A card, several cards of one machine, or main memory, that a model has to fit into.
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

  /// One memory of a device.
  public struct Memory: Sendable, Equatable, Codable {
    /// The card's name.
    public var name: String
    /// Memory in all.
    public var total: ByteCount
    /// Memory that nothing else uses now, as far as a program can have it.
    public var free: ByteCount
    /// Bandwidth in GB/s (10^9 bytes a second); nil when it is not known.
    public var bandwidth: Double?
    /// What the driver and the engine's context take before the first weight.
    public var overhead: ByteCount

    /// A memory.
    public init(
      name: String, total: ByteCount, free: ByteCount, bandwidth: Double? = nil,
      overhead: ByteCount = Device.usualOverhead
    ) {
      self.name = name
      self.total = total
      self.free = free
      self.bandwidth = bandwidth
      self.overhead = overhead
    }
  }

  /// For people: `12 GiB card`, `RTX A6000`, `rented A6000`.
  public var name: String
  /// Its cards, over which layers are split; one for main memory.
  public var cards: [Memory]
  /// Where the figures come from.
  public var source: Source
  /// Whether processor and card share the memory, so that nothing can be moved out of it.
  public var isUnified: Bool
  /// What an hour costs, in any currency; nil for one's own.
  public var price: Double?

  /// A device of one or several cards.
  public init(name: String, cards: [Memory], source: Source, isUnified: Bool = false, price: Double? = nil) {
    self.name = name
    self.cards = cards
    self.source = source
    self.isUnified = isUnified
    self.price = price
  }

  /// A device with one memory.
  public init(name: String, total: ByteCount, free: ByteCount, source: Source, bandwidth: Double? = nil) {
    let isMain = source == .mainMemory
    let memory = Memory(
      name: name, total: total, free: free, bandwidth: bandwidth, overhead: isMain ? ByteCount(0) : Self.usualOverhead)
    self.init(name: name, cards: [memory], source: source, isUnified: isMain)
  }

  /// A card of `gibibytes` with nothing else on it.
  public static func card(gibibytes: Double) -> Device {
    let size = ByteCount.gibibytes(gibibytes)
    let isWhole = gibibytes == gibibytes.rounded()
    let name = isWhole ? "\(Int(gibibytes))" : ByteCount.decimal(gibibytes, places: 1)
    return Device(name: "\(name) GiB card", total: size, free: size, source: .given)
  }

  /// What the driver and the engine's context take on a card of which nothing more is known: an RTX 3080's share.
  public static let usualOverhead = ByteCount.mebibytes(300)

  /// Memory of all cards.
  public var total: ByteCount { cards.reduce(ByteCount(0)) { $0 + $1.total } }

  /// Free memory of all cards. A model that fits the sum need not fit the cards: see `MemoryArithmetic`.
  public var free: ByteCount { cards.reduce(ByteCount(0)) { $0 + $1.free } }

  /// What drivers and contexts take on all cards.
  public var overhead: ByteCount { cards.reduce(ByteCount(0)) { $0 + $1.overhead } }
}
