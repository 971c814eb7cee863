import Domain
import Foundation

/// What the catalog does not know, and a digest needs: the person's devices, and how things stand now.
public struct Circumstances: Sendable, Equatable {
  /// A device that the person could use.
  public struct Device: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its memory.
    public var bytes: Int64

    /// A device.
    public init(name: String, bytes: Int64) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// The person's devices, the cheapest first.
  public var devices: [Device] = []
  /// Whether models are fetched without being asked for.
  public var fetchesByItself = true
  /// Bytes that must become free before what waits for room can be fetched; 0 when there is room.
  public var missingBytes: Int64 = 0
  /// Whether the hub refused the token in the last cycle.
  public var hasBadToken = false
  /// When copies that wait or are blocked are tried again at the earliest, by their numbers.
  public var retries: [Int64: Date] = [:]
  /// What is the matter now, for a person.
  public var health: [String] = []

  /// One device, and all well.
  public init() {}

  /// Sizes of cards that can be had, in GiB.
  private static let cards: [Int64] = [8, 12, 16, 24, 32, 48, 64, 80, 96, 141, 192, 288]

  /// What is large enough for a need: `enough: rented A6000`, or the smallest usual card when no device is.
  func enough(for bytes: Int64) -> String {
    if let device = devices.first(where: { $0.bytes >= bytes }) { return "enough: \(device.name)" }
    let advice = card(for: bytes).map { "\($0) is enough" } ?? "more than any single card holds"
    return devices.isEmpty ? advice : "none of your devices is enough; \(advice)"
  }

  /// The same as a name: a device, else a usual card; nil when there is none so large.
  func card(for bytes: Int64) -> String? {
    devices.first { $0.bytes >= bytes }?.name ?? Self.cards.first { $0 << 30 >= bytes }.map { "a card of \($0) GiB" }
  }
}
