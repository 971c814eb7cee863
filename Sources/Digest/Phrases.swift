import Console
import Domain
import Foundation

/// The words that every form of the digest uses.
struct Phrases {
  /// The address of the hub, for links; only ids of the hub's own alphabet are put behind it.
  let endpoint: String

  /// `8.03 B parameters`, `135 M parameters`.
  static func parameters(_ count: Int64) -> String {
    count >= 1_000_000_000
      ? "\(ByteCount.decimal(Double(count) / 1e9, places: 2)) B parameters"
      : "\(ByteCount.decimal(Double(count) / 1e6, places: 0)) M parameters"
  }

  /// The facts of a model that runs.
  static func facts(_ entry: Story.Entry) -> [String] {
    var facts: [String] = []
    if let quantization = entry.quantization { facts.append(ForeignText.safe(quantization, limit: 80)) }
    if let parameters = entry.parameters { facts.append(Self.parameters(parameters)) }
    if let needed = entry.neededBytes { facts.append("needs \(ByteCount(needed).asMemory)") }
    if let context = entry.maxContext, context > 0 { facts.append("context up to \(context)") }
    if let speed = entry.tokensPerSecond {
      facts.append("\(ByteCount.decimal(speed, places: 0)) tokens/s on the processor")
    }
    if let perplexity = entry.perplexity {
      facts.append("perplexity \(ByteCount.decimal(perplexity, places: 1))")
    }
    return facts
  }

  /// What else there is of its family: `and 11 more of this family by 5 people`; nil when there is nothing.
  static func kin(_ entry: Story.Entry) -> String? {
    guard !entry.otherMembers.isEmpty else { return nil }
    let owners = Set(entry.otherMembers.compactMap { RepoID($0)?.owner })
    let people = owners.count == 1 ? "1 publisher" : "\(owners.count) publishers"
    return "and \(entry.otherMembers.count) more of this family by \(people)"
  }

  /// Why a model that does not fit does not.
  static func shortfall(_ entry: Story.Entry) -> String {
    var text = entry.quantization.map { "\($0) " } ?? ""
    if let needed = entry.neededBytes { text += "needs \(ByteCount(needed).asMemory)" }
    switch entry.verdict {
    case .smallerBatch: text += "; fits with a smaller batch"
    case .q8kv: text += "; fits with the KV cache in Q8_0"
    case .smallerContext: text += "; fits at context \(entry.maxContext ?? 0)"
    case .expertsOnCpu: text += "; fits with experts in main memory"
    case .split: text += "; runs with some layers in main memory"
    case .fits, .no, nil: break
    }
    return entry.enough.map { text.isEmpty ? $0 : "\(text); \($0)" } ?? text
  }

  /// The page of a repository.
  func page(_ entry: Story.Entry) -> String { "\(endpoint)/\(entry.id)" }

  /// What a pass over the models on disk has found.
  static func scrub(_ scrub: Story.Scrub) -> String {
    let sound = "\(scrub.files) \(scrub.files == 1 ? "file" : "files"), \(ByteCount(scrub.bytes).asDisk)"
    let words =
      switch scrub.troubles {
      case 0: "all sound"
      case 1: "1 was damaged or gone"
      default: "\(scrub.troubles) were damaged or gone"
      }
    return "Models on disk were read again: \(sound), \(words)."
  }

  /// `23 November 2026, 07:00 UTC`: a form that every reader understands.
  static func time(_ date: Date) -> String {
    let style = Date.VerbatimFormatStyle(
      format:
        "\(day: .defaultDigits) \(month: .wide) \(year: .defaultDigits), \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits) UTC",
      locale: Locale(identifier: "en_GB"), timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
    return style.format(date)
  }

  /// One line about everything: `6 models polled: 1 passed, 1 failed, 1 too big …`.
  static func summary(_ story: Story) -> String {
    guard story.counts.polled > 0 || !story.families.isEmpty else {
      return ToolLine.all(story).isEmpty ? "Nothing new." : "No new models."
    }
    let parts = Story.Place.allCases.compactMap { place in
      story.places[place.rawValue].map { "\($0) \(place.word)" }
    }
    let polled = story.counts.polled
    let heading = "\(polled) \(polled == 1 ? "model" : "models") polled, \(story.counts.new) new"
    let earlier = story.families.count { !$0.isPolled }
    let tail = earlier == 0 ? "." : "; \(earlier) known before went on."
    return parts.isEmpty ? heading + tail : heading + ": " + parts.joined(separator: ", ") + tail
  }

  /// New families that deserve a look, the best first, beside those that are ready to try.
  static func worthALook(_ story: Story) -> [Story.Entry] {
    let places: Set<Story.Place> = [.downloaded, .fits, .tooBig, .gated, .waiting, .suspect, .notQuantized]
    let entries = story.families.filter { $0.isNew && $0.score > 0 && places.contains($0.place) }
    return Array(entries.sorted { $0.score > $1.score }.prefix(worthLimit))
  }

  /// One line of a family that deserves a look, beside its name.
  static func glance(_ entry: Story.Entry) -> String {
    var words = [entry.architecture, entry.parameters.map(parameters), entry.place.word].compactMap { $0 }
    if !entry.otherMembers.isEmpty { words.append("\(entry.otherMembers.count + 1) forms") }
    return words.joined(separator: ", ")
  }

  /// The title of what only the person can do.
  static let needsTitle = "What only you can do"
  /// The title of that section.
  static let worthTitle = "New and worth a look"
  /// Families in it.
  private static let worthLimit = 5

  /// How a section with more than it shows ends.
  static func more(_ count: Int, of section: Set<Story.Place>, again: String) -> String {
    "and \(count) more: `\(command(section, again: again))` has them all"
  }

  /// The command that shows everything of a section: of what waits the digest itself holds examples only.
  static func command(_ section: Set<Story.Place>, again: String) -> String {
    section == [.waiting] ? "hubwatch list --state seen" : again
  }

  /// The sections, in the order of what a person wants to know first.
  static let sections: [(title: String, places: Set<Story.Place>, weight: Int)] = [
    ("Ready to try", [.passed], 4),
    ("Suspect", [.suspect], 2),
    ("Failed", [.failed, .broken], 2),
    ("Fetched, not tested", [.downloaded, .unsupported], 1),
    ("Fits, not fetched", [.fits], 2),
    ("Needs a bigger card", [.tooBig], 1),
    ("Needs you", [.gated], 2),
    ("Waiting", [.waiting], 1),
    ("No weights to run", [.noWeights, .pickleOnly, .notQuantized, .gone], 1),
  ]

  /// Entries shown of one section; the rest is counted.
  static let sectionLimit = 8
}

extension Story.Place {
  /// What is said of a model that is there.
  var word: String {
    switch self {
    case .passed: "passed"
    case .suspect: "suspect"
    case .failed: "failed"
    case .unsupported: "not testable here"
    case .downloaded: "fetched"
    case .waiting: "waiting"
    case .fits: "fit"
    case .tooBig: "too big"
    case .gated: "gated"
    case .noWeights: "without weights"
    case .pickleOnly: "only as pickle"
    case .notQuantized: "without GGUF"
    case .broken: "broken"
    case .gone: "gone"
    case .leftOut: "left out"
    }
  }
}
