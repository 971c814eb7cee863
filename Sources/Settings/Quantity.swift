import Domain

/// Sizes and times as people write them.
public enum Quantity {
  /// `20M`, `20 MB` (10^6), `8 GiB` (2^30), `512`; nil for anything else, negative or beyond 2^62.
  public static func size(_ text: String) -> ByteCount? {
    guard let (number, unit) = split(text) else { return nil }
    let factors: [String: Double] = [
      "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
      "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824, "tib": 1_099_511_627_776,
    ]
    guard let factor = factors[unit], number * factor < 4.6e18 else { return nil }
    return ByteCount(Int64(number * factor))
  }

  /// `90s`, `30m`, `2h`, `1d` in seconds; nil for anything else.
  public static func seconds(_ text: String) -> Int? {
    let factors: [String: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    guard let (number, unit) = split(text), let factor = factors[unit], number * factor < 1e9 else { return nil }
    return Int(number * factor)
  }

  /// Numbers of parameters: `7B` (10^9), `100M`, `1.5T`, `0`; nil for anything else, negative or beyond 2^62.
  public static func parameters(_ text: String) -> Int64? {
    guard let (number, unit) = split(text) else { return nil }
    let factors: [String: Double] = ["": 1, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12]
    guard let factor = factors[unit], number * factor < 4.6e18 else { return nil }
    return Int64((number * factor).rounded())
  }

  /// A number of parameters in the form that `parameters` reads.
  public static func parameters(_ count: Int64) -> String {
    for (factor, unit) in [(Int64(1_000_000_000), "B"), (1_000_000, "M"), (1_000, "k")] {
      if count > 0, count % factor == 0 { return "\(count / factor)\(unit)" }
    }
    return "\(count)"
  }

  private static func split(_ text: String) -> (Double, String)? {
    let trimmed = text.lowercased().filter { $0 != " " }
    let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), number.isFinite, number >= 0 else { return nil }
    return (number, String(trimmed.dropFirst(digits.count)))
  }
}
