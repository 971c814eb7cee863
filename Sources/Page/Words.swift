import Domain
import Foundation

/// Numbers and moments as the page writes them.
enum Words {
  /// `26 Nov 2026, 07:00 UTC`.
  static func time(_ date: Date) -> String {
    let style = Date.VerbatimFormatStyle(
      format:
        "\(day: .defaultDigits) \(month: .abbreviated) \(year: .defaultDigits), \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits) UTC",
      locale: Locale(identifier: "en_US"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
    return style.format(date)
  }

  /// `2026-11-26`.
  static func day(_ date: Date) -> String { String(stamp(date).prefix(10)) }

  /// `2026-11-26T07:00:00Z`.
  static func stamp(_ date: Date) -> String { date.formatted(.iso8601) }

  /// `just now`, `5 min ago`, `in 3 h`, `12 days ago`.
  static func ago(_ date: Date, _ now: Date) -> String {
    let seconds = now.timeIntervalSince(date)
    guard abs(seconds) >= 45 else { return seconds >= 0 ? "just now" : "in a moment" }
    let words = duration(abs(seconds))
    return seconds > 0 ? "\(words) ago" : "in \(words)"
  }

  /// `45 s`, `12 min`, `3 h`, `5 days`: one unit is enough.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e11 else { return "for ever" }
    switch seconds {
    case ..<90: return "\(Int(max(0, seconds).rounded())) s"
    case ..<5400: return "\(Int((seconds / 60).rounded())) min"
    case ..<129_600: return "\(Int((seconds / 3600).rounded())) h"
    default: return "\(Int((seconds / 86_400).rounded())) days"
    }
  }

  /// `8.0 B`, `135 M`.
  static func parameters(_ count: Int64) -> String {
    let billions = Double(count) / 1e9
    return billions >= 1
      ? "\(ByteCount.decimal(billions, places: billions < 10 ? 1 : 0)) B"
      : "\(ByteCount.decimal(Double(count) / 1e6, places: 0)) M"
  }

  /// `12,345`.
  static func count(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return number < 0 ? "-\(result)" : result
  }

  /// `12,345 models`, `1 model`.
  static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count(number)) \(number == 1 ? one : many ?? one + "s")"
  }

  /// `1.2 k`, `34 k`, `5.6 M`: for columns of downloads and likes.
  static func short(_ number: Int) -> String {
    switch number {
    case ..<1000: "\(number)"
    case ..<10_000: "\(ByteCount.decimal(Double(number) / 1000, places: 1)) k"
    case ..<1_000_000: "\(number / 1000) k"
    case ..<10_000_000: "\(ByteCount.decimal(Double(number) / 1e6, places: 1)) M"
    default: "\(number / 1_000_000) M"
    }
  }

  /// A context length: `4 k`, `128 k`.
  static func context(_ tokens: Int) -> String {
    tokens >= 1024 ? "\(tokens / 1024) k" : "\(tokens)"
  }

  /// A need in a cell of a grid, in GiB: `0.7`, `5.3`, `41`.
  static func gibibytes(_ bytes: Int64) -> String {
    let value = Double(bytes) / 1_073_741_824
    return ByteCount.decimal(value, places: value < 99.95 ? 1 : 0)
  }

  /// What a state is called.
  static func state(_ state: RepoState) -> String {
    switch state {
    case .seen: "to be looked at"
    case .described: "no GGUF"
    case .sized: "sized"
    case .gated: "gated"
    case .gone: "gone"
    case .pickleOnly: "pickle only"
    case .noWeights: "no weights"
    case .leftOut: "left out"
    case .broken: "broken"
    }
  }

  /// What a copy's state is called.
  static func state(_ state: CopyState) -> String {
    switch state {
    case .wanted: "next in line"
    case .downloading: "arriving"
    case .verified: "fetched"
    case .tested: "tested"
    case .waiting: "waiting"
    case .blocked: "blocked"
    case .quarantined: "quarantined"
    case .lost: "lost"
    case .dropped: "dropped"
    }
  }

  /// How a model fits.
  static func verdict(_ verdict: FitVerdict) -> String {
    switch verdict {
    case .fits: "fits"
    case .smallerBatch: "smaller batch"
    case .q8kv: "q8_0 KV"
    case .smallerContext: "smaller context"
    case .expertsOnCpu: "experts in RAM"
    case .split: "partly in RAM"
    case .no: "too big"
    }
  }
}
