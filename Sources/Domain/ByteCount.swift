/// A number of bytes, and the two ways in which people read one.
///
/// Memory is shown in GiB (2^30), downloads and disks in GB (10^9). They are never mixed.
public struct ByteCount: Hashable, Sendable, Comparable, Codable {
  /// The number, 0 or more.
  public let bytes: Int64

  /// Wraps a number of bytes; a negative one counts as 0.
  public init(_ bytes: Int64) { self.bytes = max(0, bytes) }

  /// `count` MiB.
  public static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(count << 20) }
  /// `count` GiB, which need not be whole.
  public static func gibibytes(_ count: Double) -> ByteCount {
    ByteCount(Int64((count * 1_073_741_824).rounded()))
  }

  /// Memory: `11.03 GiB`, `258 MiB`, `17 KiB`.
  public var asMemory: String {
    Self.format(bytes, base: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
  }

  /// Disk and network: `4.92 GB`, `98.4 MB`.
  public var asDisk: String {
    Self.format(bytes, base: 1000, units: ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
  }

  private static func format(_ bytes: Int64, base: Double, units: [String]) -> String {
    var value = Double(bytes)
    var unit = 0
    while value >= base, unit < units.count - 1 {
      value /= base
      unit += 1
    }
    guard unit > 0 else { return "\(bytes) B" }
    let decimals = value < 10 ? 2 : value < 100 ? 1 : 0
    return "\(Self.decimal(value, places: decimals)) \(units[unit])"
  }

  /// `value` with a fixed number of decimal places, rounded half up, without locale; beyond 10^15, and for what is no
  /// number, as Swift writes it.
  public static func decimal(_ value: Double, places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
    guard value.isFinite, abs(value) < 1e15, scale < 1e3 || abs(value * scale) < 1e18 else { return "\(value)" }
    let scaled = Int64((value * scale).rounded())
    guard places > 0 else { return "\(scaled)" }
    let digits = String(scaled.magnitude)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return (scaled < 0 ? "-" : "") + padded.dropLast(places) + "." + padded.suffix(places)
  }

  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
  public static func + (left: ByteCount, right: ByteCount) -> ByteCount {
    let (sum, overflow) = left.bytes.addingReportingOverflow(right.bytes)
    return ByteCount(overflow ? .max : sum)
  }

  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(Int64.self))
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes)
  }
}
