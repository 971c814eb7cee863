import Catalog
import Domain

/// What is said of one model in its place.
struct EntryTeller {
  let cacheRoot: String
  let circumstances: Circumstances

  /// - Parameters:
  ///   - fits: the verdicts, the largest need first.
  ///   - offers: the quantizations, the smallest first.
  func entry(
    _ repo: RepoRecord, in place: Story.Place, copy told: ToldCopy?, fits: [FitRecord], offers: [ToldOffer]
  ) -> Story.Entry {
    var entry = Story.Entry(
      id: repo.id.description, place: place, isNew: false, architecture: repo.shape?.architecture ?? repo.architecture,
      parameters: repo.shape.map(\.parameters).flatMap { $0 > 0 ? $0 : nil } ?? repo.parameters,
      reasons: repo.explanation.map { [$0] } ?? [])
    entry.againAt = repo.lookAgainAt.flatMap { $0 > .distantPast ? $0 : nil }
    let copy = told.flatMap { [.lost, .dropped].contains($0.copy.state) ? nil : $0 }
    let shown = copy.map { copy in fits.first { $0.path == copy.copy.path } } ?? best(fits, offers)
    if let shown {
      let offer = offers.first { $0.path == shown.path }
      entry.quantization = offer?.quantization.description
      entry.fileBytes = offer?.bytes
      entry.neededBytes = (shown.total + shown.margin).bytes
      entry.maxContext = shown.maxContext
      entry.verdict = shown.verdict
    }
    if place == .tooBig, let needed = entry.neededBytes {
      entry.enough = circumstances.enough(for: needed)
      entry.card = circumstances.card(for: needed)
    }
    if place == .fits, repo.ruling?.isAdmitted == false, let rule = repo.ruling?.explanation {
      entry.reasons.append("a rule keeps it from being fetched: \(rule)")
    }
    if let copy { tell(copy, &entry) }
    entry.reasons = entry.reasons.map { Self.without(entry.id, $0) }
    return entry
  }

  /// The best quantization that fits; where none does, the one that needs least.
  private func best(_ fits: [FitRecord], _ offers: [ToldOffer]) -> FitRecord? {
    let order = offers.sorted { $0.quantization.preference > $1.quantization.preference }
    return order.lazy.compactMap { offer in fits.first { $0.path == offer.path && $0.verdict == .fits } }.first
      ?? fits.last
  }

  private func tell(_ told: ToldCopy, _ entry: inout Story.Entry) {
    let copy = told.copy
    entry.quantization = copy.quantization
    entry.fileBytes = copy.bytes
    entry.againAt = circumstances.retries[copy.id]
    if copy.state == .verified || copy.state == .tested {
      let folder = copy.folder ?? "\(cacheRoot)/\(copy.repo.cacheFolderName)/snapshots/\(copy.commit)"
      entry.path = "\(folder)/\(copy.path)"
    } else {
      entry.reasons = [copy.reason ?? Self.words(copy.state)]
    }
    guard copy.state == .tested, let smoke = told.smoke else { return }
    entry.tokensPerSecond = smoke.tokensPerSecond
    entry.perplexity = smoke.perplexity
    entry.sample = smoke.sample
    entry.reasons = smoke.reasons
  }

  /// A reason that begins with the name of its own model, without that: it stands above it.
  private static func without(_ id: String, _ reason: String) -> String {
    for lead in ["\(id)/", "\(id): ", "\(id) "] where reason.hasPrefix(lead) && reason.count > lead.count {
      return String(reason.dropFirst(lead.count))
    }
    return reason
  }

  /// Why a copy is where it is when nobody has written that down.
  private static func words(_ state: CopyState) -> String {
    state == .wanted ? "chosen, fetched with the next cycle" : "its download goes on with the next cycle"
  }
}
