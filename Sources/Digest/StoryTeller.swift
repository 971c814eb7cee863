import Catalog
import Domain
import Foundation

/// Turns the catalog's facts into a story.
public struct StoryTeller: Sendable {
  private let catalog: Catalog
  private let cacheRoot: String
  private let circumstances: Circumstances

  /// - Parameters:
  ///   - catalog: may be open for reading only.
  ///   - cacheRoot: the Hugging Face cache, for the paths of fetched files.
  ///   - circumstances: what the catalog does not know.
  public init(catalog: Catalog, cacheRoot: String, circumstances: Circumstances = Circumstances()) {
    self.catalog = catalog
    self.cacheRoot = cacheRoot
    self.circumstances = circumstances
  }

  /// Everything that polls found in `since < time <= until`, and everything that was fetched or tested then.
  ///
  /// - Throws: `CatalogError`.
  public func story(since: Date?, until: Date) throws(CatalogError) -> Story {
    let start = since ?? .distantPast
    var story = Story(since: since, until: until)
    let (states, new) = try catalog.countsRecorded(since: start, until: until)
    story.counts.new = new
    story.counts.polled = states.values.reduce(0, +)
    // What waits and what is left out may be a million rows: they are counted, and the newest of them named.
    var polled = try catalog.reposRecorded(since: start, until: until, notIn: Self.crowds)
    for state in Self.crowds {
      polled += try catalog.examplesRecorded(state, since: start, until: until, limit: Self.examples)
      let place = state == .leftOut ? Story.Place.leftOut : .waiting
      story.places[place.rawValue, default: 0] += states[state] ?? 0
    }
    var seen = Set<RepoID>()
    func add(_ repo: RepoRecord, isPolled: Bool) throws(CatalogError) {
      guard seen.insert(repo.id).inserted else { return }
      var entry = try entry(repo, since: start, until: until, story: &story)
      entry.isPolled = isPolled
      story.families.append(entry)
      guard isPolled else { return }
      if Self.crowds.contains(repo.state) {
        story.places[place(repo, verdict: nil).rawValue, default: 0] -= 1
      }
      story.places[entry.place.rawValue, default: 0] += 1
    }
    for repo in polled { try add(repo, isPolled: true) }
    for copy in try catalog.copies(in: [.verified, .tested, .waiting, .blocked, .quarantined]) {
      if let verified = copy.verifiedAt, verified > start, verified <= until { story.counts.downloaded += 1 }
      guard copy.changedAt > start, copy.changedAt <= until, let repo = try catalog.repo(copy.repo) else { continue }
      try add(repo, isPolled: repo.recordedAt > start && repo.recordedAt <= until)
    }
    story.places = story.places.filter { $0.value > 0 }
    story.unnamed = story.places
    for entry in story.families where entry.isPolled { story.unnamed[entry.place.rawValue, default: 0] -= 1 }
    story.unnamed = story.unnamed.filter { $0.value > 0 }
    // What deserves a look most comes first in its place; of equals the newest, as the catalog gave them.
    story.families = story.families.enumerated()
      .sorted { ($0.element.place, -$0.element.score, $0.offset) < ($1.element.place, -$1.element.score, $1.offset) }
      .map(\.element)
    count(&story)
    story.counts.leftOut = max(story.counts.leftOut, story.places[Story.Place.leftOut.rawValue] ?? 0)
    story.counts.waiting = max(story.counts.waiting, story.places[Story.Place.waiting.rawValue] ?? 0)
    story.families = Self.together(story.families)
    explainRanks(&story)
    story.needs = needs()
    story.abilities = try catalog.probeNews(since: start, until: until).map(Story.Ability.init)
    story.tools = try ToolTeller(catalog: catalog).entries(since: start, until: until)
    let cycles = try catalog.cycles(since: start, until: until)
    story.gaps = cycles.compactMap(\.trouble).reduce(into: []) { list, trouble in
      if !list.contains(trouble) { list.append(trouble) }
    }
    for trouble in circumstances.health where !story.gaps.contains(where: { trouble.hasSuffix($0) }) {
      story.gaps.append(trouble)
    }
    if let rescue = try catalog.lastRescue(), rescue.at > start, rescue.at <= until {
      story.gaps.insert(rescue.words, at: 0)
    }
    if let last = cycles.last, last.endedAt == nil {
      story.gaps.append("the cycle of \(Phrases.time(last.startedAt)) is under way or was cut off")
    }
    story.lastCycleAt = cycles.compactMap(\.endedAt).max()
    if let scrub = try catalog.lastScrub(), scrub.endedAt > start, scrub.endedAt <= until {
      story.scrub = Story.Scrub(
        endedAt: scrub.endedAt, files: scrub.files, bytes: scrub.bytes, troubles: scrub.troubles)
    }
    return story
  }

  /// States that most of a hub may be in.
  private static let crowds: [RepoState] = [.leftOut, .seen]
  /// How many of them are named.
  private static let examples = 50

  /// One entry a family: the one in the best place, with the others' names.
  private static func together(_ entries: [Story.Entry]) -> [Story.Entry] {
    var result: [Story.Entry] = []
    var places: [String: Int] = [:]
    for entry in entries {
      guard let family = entry.family, entry.place != .leftOut else {
        result.append(entry)
        continue
      }
      if let place = places[family] {
        result[place].otherMembers.append(entry.id)
      } else {
        places[family] = result.count
        result.append(entry)
      }
    }
    return result
  }

  /// Says of what fits and waits for its turn where it stands.
  private func explainRanks(_ story: inout Story) {
    var rank = 0
    for index in story.families.indices where story.families[index].place == .fits {
      rank += 1
      guard story.families[index].reasons.isEmpty else { continue }
      story.families[index].reasons = [
        circumstances.fetchesByItself
          ? "not fetched yet: number \(rank) by rank" : "nothing is fetched without being asked for"
      ]
    }
  }

  private func needs() -> [String] {
    var needs: [String] = []
    if circumstances.missingBytes > 0 {
      needs.append("free \(ByteCount(circumstances.missingBytes).asDisk) on the models' disk: downloads wait for room")
    }
    if circumstances.hasBadToken { needs.append("renew the token: the hub does not accept it any more") }
    return needs
  }

  private func count(_ story: inout Story) {
    for entry in story.families {
      switch entry.place {
      case .passed: story.counts.passed += 1
      case .suspect: story.counts.suspect += 1
      case .failed: story.counts.failed += 1
      case .unsupported: story.counts.unsupported += 1
      case .gated: story.counts.gated += 1
      case .noWeights: story.counts.noWeights += 1
      case .waiting: story.counts.waiting += 1
      case .leftOut: story.counts.leftOut += 1
      case .tooBig: story.counts.tooBig += 1
      case .downloaded, .fits, .pickleOnly, .notQuantized, .broken, .gone: break
      }
      if entry.verdict == .fits { story.counts.fits += 1 }
    }
  }

  private func entry(
    _ repo: RepoRecord, since: Date, until: Date, story: inout Story
  ) throws(CatalogError) -> Story.Entry {
    var entry = Story.Entry(
      id: repo.id.description, place: .waiting, isNew: repo.firstSeenAt > since && repo.firstSeenAt <= until,
      architecture: repo.shape?.architecture, parameters: repo.shape?.parameters,
      reasons: repo.explanation.map { [$0] } ?? [])
    if let family = try repo.family.flatMap({ key throws(CatalogError) in try catalog.rank(ofFamily: key) }) {
      entry.family = family.name
      entry.score = family.score
    }
    let fits = try catalog.fits(of: repo.id)
    let weights = try catalog.offers(of: repo.id)
    if let device = fits.first?.device { story.device = device }
    // A copy of another commit is another copy: its verdict is not this commit's.
    let copies = try catalog.copies(of: repo.id)
    let copy = repo.state == .sized ? copies.first { $0.commit == repo.describedCommit } : copies.first
    let shown: FitRecord?
    if let copy {
      shown = fits.first { $0.path == copy.path }
    } else {
      let order = weights.sorted { $0.quantization.preference > $1.quantization.preference }
      shown =
        order.lazy.compactMap { record in fits.first { $0.path == record.path && $0.verdict == .fits } }.first
        ?? fits.last
    }
    if let shown {
      let file = weights.first { $0.path == shown.path }
      entry.quantization = file?.quantization.description
      entry.fileBytes = file?.bytes
      entry.neededBytes = (shown.total + shown.margin).bytes
      entry.maxContext = shown.maxContext
      entry.verdict = shown.verdict
    }
    entry.place = place(repo, verdict: entry.verdict ?? fits.first?.verdict)
    if entry.place == .tooBig, let needed = entry.neededBytes { entry.enough = circumstances.enough(for: needed) }
    if entry.place == .fits, repo.ruling?.isAdmitted == false, let rule = repo.ruling?.explanation {
      entry.reasons.append("a rule keeps it from being fetched: \(rule)")
    }
    guard let copy else { return entry }
    entry.quantization = copy.quantization
    entry.fileBytes = copy.bytes
    if copy.state == .verified || copy.state == .tested {
      entry.path = "\(cacheRoot)/\(copy.repo.cacheFolderName)/snapshots/\(copy.commit)/\(copy.path)"
      entry.place = .downloaded
    } else if copy.state != .dropped, copy.state != .lost {
      entry.place = copy.state == .quarantined || copy.state == .blocked ? .broken : .waiting
      entry.reasons = copy.reason.map { [$0] } ?? []
    }
    if copy.state == .tested, let smoke = try catalog.lastSmoke(ofCopy: copy.id) {
      entry.tokensPerSecond = smoke.tokensPerSecond
      entry.perplexity = smoke.perplexity
      entry.sample = smoke.sample
      entry.reasons = smoke.reasons
      switch smoke.verdict {
      case .pass: entry.place = .passed
      case .suspect: entry.place = .suspect
      case .fail: entry.place = .failed
      case .unsupported: entry.place = .unsupported
      }
    }
    return entry
  }

  private func place(_ repo: RepoRecord, verdict: FitVerdict?) -> Story.Place {
    switch repo.state {
    case .seen: .waiting
    case .described: .notQuantized
    case .sized:
      switch verdict {
      case nil: .waiting
      case .fits: .fits
      default: .tooBig
      }
    case .gated: .gated
    case .gone: .gone
    case .pickleOnly: .pickleOnly
    case .noWeights: .noWeights
    case .leftOut: .leftOut
    case .broken: .broken
    }
  }
}
