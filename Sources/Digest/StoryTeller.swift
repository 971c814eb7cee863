import Catalog
import Domain
import Foundation

/// Turns the catalog's facts into a story.
public struct StoryTeller: Sendable {
  private let catalog: Catalog
  private let cacheRoot: String

  /// - Parameters:
  ///   - catalog: may be open for reading only.
  ///   - cacheRoot: the Hugging Face cache, for the paths of fetched files.
  public init(catalog: Catalog, cacheRoot: String) {
    self.catalog = catalog
    self.cacheRoot = cacheRoot
  }

  /// Everything that polls found in `since < time <= until`, and everything that was fetched or tested then.
  ///
  /// - Throws: `CatalogError`.
  public func story(since: Date?, until: Date) throws(CatalogError) -> Story {
    let start = since ?? .distantPast
    var story = Story(since: since, until: until)
    let polled = try catalog.reposRecorded(since: start, until: until)
    var seen = Set<RepoID>()
    for repo in polled {
      seen.insert(repo.id)
      let entry = try entry(repo, since: start, until: until, story: &story)
      story.places[entry.place.rawValue, default: 0] += 1
      story.families.append(entry)
      if entry.isNew { story.counts.new += 1 }
    }
    story.counts.polled = polled.count
    for copy in try catalog.copies(in: [.verified, .tested, .waiting, .blocked, .quarantined]) {
      if let verified = copy.verifiedAt, verified > start, verified <= until { story.counts.downloaded += 1 }
      guard copy.changedAt > start, copy.changedAt <= until else { continue }
      guard !seen.contains(copy.repo) else { continue }
      seen.insert(copy.repo)
      if let repo = try catalog.repo(copy.repo) {
        story.families.append(try entry(repo, since: start, until: until, story: &story))
      }
    }
    // A stable order: the catalog gave the newest first, and that order stays within one place.
    story.families = story.families.enumerated()
      .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element)
    count(&story)
    story.tools = try ToolTeller(catalog: catalog).entries(since: start, until: until)
    let cycles = try catalog.cycles(since: start, until: until)
    story.gaps = cycles.compactMap(\.trouble).reduce(into: []) { list, trouble in
      if !list.contains(trouble) { list.append(trouble) }
    }
    if let last = cycles.last, last.endedAt == nil {
      story.gaps.append("the cycle of \(Phrases.time(last.startedAt)) is under way or was cut off")
    }
    story.lastCycleAt = cycles.compactMap(\.endedAt).max()
    return story
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
      reasons: repo.reason.map { [$0] } ?? [])
    let fits = try catalog.fits(of: repo.id)
    let weights = try catalog.weights(of: repo.id)
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
    guard let copy else { return entry }
    entry.quantization = copy.quantization
    entry.fileBytes = copy.bytes
    if copy.state == .verified || copy.state == .tested {
      entry.path = "\(cacheRoot)/\(repo.id.cacheFolderName)/snapshots/\(copy.commit)/\(copy.path)"
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
