import Console
import Domain
import Foundation

/// The words that every form of the digest uses.
struct Phrases {
  /// The address of the hub, for links; only ids of the hub's own alphabet are put behind it.
  let endpoint: String

  /// `8.03 B parameters`, `135 M parameters`, `260 K parameters`.
  static func parameters(_ count: Int64) -> String {
    switch count {
    case 1_000_000_000...: "\(ByteCount.decimal(Double(count) / 1e9, places: 2)) B parameters"
    case 1_000_000...: "\(ByteCount.decimal(Double(count) / 1e6, places: 0)) M parameters"
    default: "\(ByteCount.decimal(Double(count) / 1e3, places: 0)) K parameters"
    }
  }

  /// The facts of a model that runs, or could run.
  ///
  /// - Parameter isShort: only what matters most.
  static func facts(_ entry: Story.Entry, isShort: Bool = false) -> [String] {
    var facts: [String] = []
    if let quantization = entry.quantization { facts.append(ForeignText.safe(quantization, limit: 80)) }
    if let parameters = entry.parameters, !isShort { facts.append(Self.parameters(parameters)) }
    if let needed = entry.neededBytes { facts.append("needs \(ByteCount(needed).asMemory)") }
    guard !isShort else { return facts }
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

  /// Why a model that does not fit does not, and what is enough for it.
  ///
  /// - Parameter isShort: without the ways to run it all the same.
  static func shortfall(_ entry: Story.Entry, isShort: Bool = false) -> String {
    var text = entry.quantization.map { "\($0) " } ?? ""
    if let needed = entry.neededBytes { text += "needs \(ByteCount(needed).asMemory)" }
    if !isShort { text += way(entry) }
    let parts = [text, entry.enough ?? ""].filter { !$0.isEmpty }
    return parts.joined(separator: "; ")
  }

  /// How a model that does not fit as it is could run all the same.
  private static func way(_ entry: Story.Entry) -> String {
    switch entry.verdict {
    case .smallerBatch: "; fits with a smaller batch"
    case .q8kv: "; fits with the KV cache in Q8_0"
    case .smallerContext: "; fits at context \(entry.maxContext ?? 0)"
    case .expertsOnCpu: "; fits with experts in main memory"
    case .split: "; runs with some layers in main memory"
    case .fits, .no, nil: ""
    }
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

  /// `3,012`.
  static func count(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return number < 0 ? "-\(text)" : text
  }

  /// Whether there is nothing at all to tell but that all is well.
  static func isQuiet(_ story: Story) -> Bool {
    story.counts.polled == 0 && story.wentOn == 0 && story.families.isEmpty && story.abilities.isEmpty
      && story.tools.isEmpty && story.needs.isEmpty && story.gaps.isEmpty && story.lastCycleAt != nil
      && story.scrub == nil
  }

  /// `since 25 November 2026, 07:00 UTC`; empty for everything.
  private static func window(_ story: Story) -> String { story.since.map { " since \(time($0))" } ?? "" }

  /// One line about everything: `6 models polled, 6 new: 1 passed, 1 failed, 1 too big …`.
  static func summary(_ story: Story) -> String {
    let polled = story.counts.polled
    guard polled > 0 || story.wentOn > 0 else {
      let isStill = story.tools.isEmpty && story.abilities.isEmpty
      return isStill ? "Nothing new\(window(story))." : "No new models\(window(story))."
    }
    let parts = Story.Place.allCases.compactMap { place in
      story.places[place.rawValue].map { "\(count($0)) \(place.word)" }
    }
    let new = story.counts.new == polled ? "all new" : "\(count(story.counts.new)) new"
    let heading =
      "\(count(polled)) \(polled == 1 ? "model" : "models") polled\(window(story))" + (polled > 0 ? ", \(new)" : "")
    let tail = story.wentOn == 0 ? "." : "; \(count(story.wentOn)) known before went on."
    return parts.isEmpty ? heading + tail : heading + ": " + parts.joined(separator: ", ") + tail
  }

  /// New families that deserve a look, the best first, beside those that are ready to try.
  static func worthALook(_ story: Story) -> [Story.Entry] {
    let places: Set<Story.Place> = [.downloaded, .fetching, .fits, .tooBig, .gated, .waiting, .suspect, .notQuantized]
    let entries = story.families.filter { $0.isNew && $0.score > 0 && places.contains($0.place) }
    // A family is told once, by its best place.
    var told: Set<String> = []
    let best = entries.sorted { (-$0.score, $0.place) < (-$1.score, $1.place) }
    return Array(best.filter { told.insert($0.family ?? $0.id).inserted }.prefix(worthLimit))
  }

  /// One line of a family that deserves a look, beside its name: `llama 8.03 B · fits · 12 forms`.
  static func glance(_ entry: Story.Entry) -> String {
    let size = entry.parameters.map { parameters($0).replacing(" parameters", with: "") }
    var words = [[entry.architecture, size].compactMap { $0 }.joined(separator: " "), entry.place.glance]
    if !entry.otherMembers.isEmpty { words.append("\(entry.otherMembers.count + 1) forms") }
    return words.filter { !$0.isEmpty }.joined(separator: " · ")
  }

  /// The title of what only the person can do.
  static let needsTitle = "What only you can do"
  /// The title of the weekly section.
  static let weeksTitle = "Week by week"
  /// The title of what is new and deserves a look.
  static let worthTitle = "New and worth a look"
  /// Families in it.
  private static let worthLimit = 5

  /// How a section with more than it shows ends.
  static func more(_ count: Int, of section: Set<Story.Place>, again: String) -> String {
    "and \(Self.count(count)) more: `\(command(section, again: again))`"
  }

  /// The command that shows every model of a section.
  static func command(_ section: Set<Story.Place>, again: String) -> String {
    ([again] + section.sorted().map(\.rawValue)).joined(separator: " ")
  }

  /// A part of a digest that is about models of some places.
  struct Section {
    var title: String
    var places: Set<Story.Place>
    /// Its share of a screen beside the others.
    var weight = 1
    /// How many of it are shown where there is room.
    var limit = 5
    /// Whether one line a model suffices.
    var isBrief = false
    /// Whether a screen only counts it.
    var isCounted = false
  }

  /// The sections, in the order of what a person wants to know first.
  static let sections: [Section] = [
    Section(title: "Ready to try", places: [.passed], weight: 5, limit: 8),
    Section(title: "Suspect", places: [.suspect], weight: 2),
    Section(title: "Failed", places: [.failed, .blocked], weight: 3),
    Section(title: "Fetched, not tested", places: [.downloaded, .unsupported]),
    Section(title: "On its way", places: [.fetching]),
    Section(title: "Fits, not fetched", places: [.fits], weight: 2),
    Section(title: "Needs a bigger card", places: [.tooBig], isBrief: true),
    Section(title: "Behind terms that only you can accept", places: [.gated], isBrief: true),
    Section(title: "Broken on the hub", places: [.broken], limit: 2),
    Section(title: "Waiting for a look", places: [.waiting], isCounted: true),
    Section(title: "Nothing to run", places: [.notQuantized, .pickleOnly, .noWeights, .gone], isCounted: true),
    Section(title: "Left out by rule", places: [.leftOut], isCounted: true),
  ]

  /// How many models of a section have no entry of their own behind the first `shown` ones.
  static func hidden(_ section: Section, of story: Story, shown: Int) -> Int {
    let unnamed = section.places.reduce(0) { $0 + (story.unnamed[$1.rawValue] ?? 0) }
    return story.families.lazy.filter { section.places.contains($0.place) }.dropFirst(shown)
      .reduce(unnamed) { $0 + 1 + $1.otherMembers.count }
  }

  /// The title of a section in a story.
  static func title(_ section: Section, _ story: Story) -> String {
    let isIdle = section.places == [.fits] && !story.fetchesByItself
    return isIdle ? "Fits; nothing is fetched without being asked for" : section.title
  }

  /// When its turn comes: `number 3 by rank`; nil for what is not on a list.
  static func turn(_ entry: Story.Entry) -> String? { entry.rank.map { "number \($0) by rank" } }

  /// When it is looked at or tried again: `again from 27 November 2026, 07:00 UTC`; nil where nothing more is to come.
  static func again(_ entry: Story.Entry) -> String? {
    switch entry.place {
    case .fetching, .blocked, .gated, .noWeights, .waiting, .broken:
      entry.againAt.map { "tried again from \(time($0))" }
    default: nil
    }
  }

  /// How things stand.
  static func health(_ story: Story) -> String {
    "Health: " + (story.lastCycleAt.map { "all well, last cycle ended \(time($0))" } ?? "no cycle ran in this time")
      + "."
  }
}

extension Story.Place {
  /// The same in a line about one model.
  var glance: String {
    switch self {
    case .fits: "fits"
    case .waiting: "not looked at yet"
    default: word
    }
  }

  /// What is said of a model that is there.
  var word: String {
    switch self {
    case .passed: "passed"
    case .suspect: "suspect"
    case .failed: "failed"
    case .unsupported: "not testable here"
    case .downloaded: "fetched"
    case .fetching: "on the way"
    case .blocked: "not to be had"
    case .fits: "fit"
    case .tooBig: "too big"
    case .gated: "gated"
    case .waiting: "waiting for a look"
    case .notQuantized: "without GGUF"
    case .pickleOnly: "only as pickle"
    case .noWeights: "without weights"
    case .broken: "broken"
    case .gone: "gone"
    case .leftOut: "left out"
    }
  }
}
