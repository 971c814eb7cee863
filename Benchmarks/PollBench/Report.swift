import Foundation

/// What the bench measured.
struct Report: Codable {
  /// One side of a comparison, round by round.
  struct Rate: Codable {
    var models: [Int] = []
    var seconds: [Double] = []
    var cpu: [Double] = []

    mutating func add(models: Int, seconds: Double, cpu: Double) {
      self.models.append(models)
      self.seconds.append(seconds)
      self.cpu.append(cpu)
    }

    /// Models a second in each round.
    var rates: [Double] { zip(models, seconds).map { Double($0) / $1 } }
    var rate: Double { median(rates) }
    /// Microseconds of processor time a model.
    var microseconds: Double { median(zip(models, cpu).map { $1 / Double($0) * 1e6 }) }
  }

  struct Memory: Codable {
    var pages: Int
    var models: Int
    var peak: Int
  }

  /// A catalog that was filled, and the polls after that.
  struct Known: Codable {
    var models: Int
    var fillSeconds: Double
    var fillCPU: Double
    var fillRequests: Int
    var fillPeak: Int
    var bytes: Int
    /// Polls that only list.
    var listing = Polls()
    /// Polls with everything that a fresh configuration does.
    var whole = Polls()
  }

  struct Polls: Codable {
    var cpu: [Double] = []
    var seconds: [Double] = []
    var requests: [Int] = []
    var peak: [Int] = []
  }

  var hubModels: Int
  var python: Rate?
  var hubwatch = Rate()
  /// Models a second with families and the search index.
  var derivedRate: Double?
  var memory: [Memory] = []
  var few: Known?
  var many: Known?

  /// How many times faster hubwatch is.
  var ratio: Double? { python.map { hubwatch.rate / $0.rate } }

  // MARK: For people

  var text: String {
    var lines = ["A simulated hub of \(hubModels) models"]
    lines.append("\nListing, pages of 1000, models a second (wall); median, and every round:")
    if let python, let ratio {
      lines.append("  huggingface_hub list_models   \(Self.line(python))")
      lines.append("  hubwatch, read and recorded   \(Self.line(hubwatch))")
      lines.append(
        "  ratio \(Self.one(ratio)) (aim: at least 5); of processor time \(Self.one(python.microseconds / hubwatch.microseconds))"
      )
    } else {
      lines.append("  hubwatch, read and recorded   \(Self.line(hubwatch))")
      lines.append("  huggingface_hub: no Python client (make python)")
    }
    if let derivedRate {
      lines.append("  hubwatch, with families and search index: \(Int(derivedRate))")
    }
    lines.append("\nPeak memory of reading and recording (aim: flat, below 64 MiB):")
    for memory in memory {
      lines.append("  \(memory.pages) pages, \(memory.models) models: \(Self.mebibytes(memory.peak)) MiB")
    }
    for known in [few, many].compactMap({ $0 }) {
      lines.append("\nhubwatch poll with \(known.models) models known")
      lines.append(
        "  first fill: \(Self.one(known.fillSeconds)) s, \(Self.one(known.fillCPU)) s of processor time, "
          + "\(known.fillRequests) requests, \(Self.mebibytes(known.fillPeak)) MiB of memory")
      lines.append(
        "  catalog: \(Self.mebibytes(known.bytes)) MiB, \(known.bytes / max(1, known.models)) bytes a model (aim: below 1536)"
      )
      lines.append("  a poll with 300 new, listing only: \(Self.line(known.listing))")
      lines.append("  a poll with 300 new, as set up by default: \(Self.line(known.whole))")
    }
    if let few, let many {
      lines.append("\nMany known against few (aim: at most 1.3)")
      lines.append(
        "  listing only: processor time \(Self.ratio(many.listing.cpu, few.listing.cpu)), "
          + "requests \(Self.ratio(many.listing.requests.map(Double.init), few.listing.requests.map(Double.init)))")
      lines.append(
        "  by default:   processor time \(Self.ratio(many.whole.cpu, few.whole.cpu)), "
          + "requests \(Self.ratio(many.whole.requests.map(Double.init), few.whole.requests.map(Double.init)))")
    }
    return lines.joined(separator: "\n")
  }

  private static func line(_ rate: Rate) -> String {
    let rounds = rate.rates.map { String(Int($0)) }.joined(separator: ", ")
    return "\(Int(rate.rate)) (\(rounds)); \(one(rate.microseconds)) µs of processor time a model"
  }

  private static func line(_ polls: Polls) -> String {
    let cpu = polls.cpu.map { thousandth($0) }.joined(separator: ", ")
    return "\(thousandth(median(polls.cpu))) s of processor time (\(cpu)), "
      + "\(Int(median(polls.requests.map(Double.init)))) requests, \(mebibytes(polls.peak.max() ?? 0)) MiB"
  }

  private static func ratio(_ many: [Double], _ few: [Double]) -> String { thousandth(median(many) / median(few)) }
  private static func one(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(1)).grouping(.never))
  }
  private static func thousandth(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(3)).grouping(.never))
  }
  private static func mebibytes(_ bytes: Int) -> String { one(Double(bytes) / 1_048_576) }
}

/// The middle one; 0 of none.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return 0 }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
