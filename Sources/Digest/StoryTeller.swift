import Catalog
import Domain
import Foundation

/// Turns the catalog's facts into a story.
public struct StoryTeller: Sendable {
  private let catalog: Catalog
  private let circumstances: Circumstances
  private let entries: EntryTeller

  /// - Parameters:
  ///   - catalog: may be open for reading only.
  ///   - cacheRoot: the Hugging Face cache, for the paths of fetched files.
  ///   - circumstances: what the catalog does not know.
  public init(catalog: Catalog, cacheRoot: String, circumstances: Circumstances = Circumstances()) {
    self.catalog = catalog
    self.circumstances = circumstances
    entries = EntryTeller(cacheRoot: cacheRoot, circumstances: circumstances)
  }

  /// Everything that polls found in `since < time <= until`, and everything that was fetched or tested then.
  ///
  /// All of it is counted; of each place the best families are told, and the others are in `unnamed`.
  ///
  /// - Parameter places: of these every family is told, and of the others none; nil for some of each.
  /// - Throws: `CatalogError`.
  public func story(since: Date?, until: Date, whole places: Set<Story.Place>? = nil) throws(CatalogError) -> Story {
    let start = since ?? .distantPast
    var story = Story(since: since, until: until)
    let shelf = ToldShelf(try catalog.toldCopies())
    var crowd = try crowd(since: start, until: until, shelf, &story)
    let chosen = try crowd.choose(catalog) { place in
      guard let places else { return Self.told }
      return places.contains(place) ? .max : 0
    }
    try tell(chosen, of: crowd, shelf, since: start, until: until, &story)
    explainRanks(&story)
    story.needs = needs()
    story.abilities = try catalog.probeNews(since: start, until: until).map(Story.Ability.init)
    story.tools = try ToolTeller(catalog: catalog).entries(since: start, until: until)
    try tellHealth(&story, since: start, until: until)
    if let scrub = try catalog.lastScrub(), scrub.endedAt > start, scrub.endedAt <= until {
      story.scrub = Story.Scrub(
        endedAt: scrub.endedAt, files: scrub.files, bytes: scrub.bytes, troubles: scrub.troubles)
    }
    return story
  }

  /// Families of a place that are told, whatever a form of the digest shows of them.
  static let told = 50

  // MARK: Counting

  /// Puts every model into its place, and counts.
  private func crowd(
    since: Date, until: Date, _ shelf: ToldShelf, _ story: inout Story
  ) throws(CatalogError) -> Crowd {
    let polled = try catalog.modelsRecorded(since: since, until: until)
    var crowd = Crowd(capacity: polled.count)
    var counts = [Story.Place: Int]()
    var onShelf = Set<Int64>()
    func add(_ model: RecordedModel, isPolled: Bool) {
      let copy = shelf.copy(of: model)
      if copy != nil { onShelf.insert(model.key) }
      let place = PlaceRules.place(model, copy)
      crowd.add(model, in: place, isPolled: isPolled)
      if isPolled {
        counts[place, default: 0] += 1
        if model.isNew { story.counts.new += 1 }
      } else {
        story.wentOn += 1
      }
      story.counts.count(place)
      if model.fits == true { story.counts.fits += 1 }
    }
    for model in polled { add(model, isPolled: true) }
    story.counts.polled = polled.count
    for (place, count) in counts { story.places[place.rawValue] = count }
    // What was known before, and was fetched or tested in this time.
    let moved = shelf.moved(since: since, until: until)
    story.counts.downloaded = shelf.verified(since: since, until: until)
    let known = Set(polled.lazy.filter { moved.contains($0.key) }.map(\.key))
    let earlier = moved.subtracting(known).sorted()
    for model in try catalog.models(earlier, newSince: since) { add(model, isPolled: false) }
    return crowd
  }

  // MARK: Telling

  private func tell(
    _ chosen: [Int], of crowd: Crowd, _ shelf: ToldShelf, since: Date, until: Date, _ story: inout Story
  ) throws(CatalogError) {
    for bundle in crowd.bundles where bundle.turn == nil {
      story.unnamed[bundle.place.rawValue, default: 0] += bundle.count
    }
    guard !chosen.isEmpty else { return }
    var members = [[Crowd.Model]](repeating: [], count: chosen.count)
    for model in crowd.models {
      if let turn = crowd.bundles[model.bundle].turn { members[turn].append(model) }
    }
    let names = try catalog.names(of: members.flatMap { $0.map(\.key) }).reduce(into: [:]) { $0[$1.key] = $1 }
    let families = try catalog.familyNames(chosen.compactMap { crowd.bundles[$0].family })
    // The original first, then what most people fetch.
    let ordered = members.map { members in
      members.compactMap { model in names[model.key].map { (model: model, name: $0) } }.sorted { left, right in
        if left.name.isOriginal != right.name.isOriginal { return left.name.isOriginal }
        return (right.name.downloads, left.name.id.description) < (left.name.downloads, right.name.id.description)
      }
    }
    let repos = try catalog.repos(ordered.compactMap { $0.first?.model.key })
    let fits = try catalog.fits(of: repos)
    let offers = try catalog.offers(of: Array(repos.keys))
    story.device = fits.values.lazy.compactMap(\.first?.device).first
    for (turn, members) in ordered.enumerated() {
      guard let first = members.first, let repo = repos[first.model.key] else { continue }
      let bundle = crowd.bundles[chosen[turn]]
      var entry = entries.entry(
        repo, in: first.model.place, copy: shelf.copy(ofKey: repo.key, repo.state), fits: fits[repo.key] ?? [],
        offers: offers[repo.key] ?? [])
      entry.isNew = repo.firstSeenAt > since && repo.firstSeenAt <= until
      entry.isPolled = first.model.isPolled
      entry.family = bundle.family.flatMap { families[$0] }
      entry.score = bundle.score
      entry.otherMembers = members.dropFirst().map(\.name.id.description)
      story.families.append(entry)
    }
  }

  /// Says of what fits and waits for its turn where it stands.
  private func explainRanks(_ story: inout Story) {
    story.fetchesByItself = circumstances.fetchesByItself
    guard circumstances.fetchesByItself else { return }
    var rank = 0
    for index in story.families.indices where story.families[index].place == .fits {
      rank += 1
      story.families[index].rank = rank
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

  private func tellHealth(_ story: inout Story, since: Date, until: Date) throws(CatalogError) {
    let cycles = try catalog.cycles(since: since, until: until)
    story.gaps = cycles.compactMap(\.trouble).reduce(into: []) { list, trouble in
      if !list.contains(trouble) { list.append(trouble) }
    }
    for trouble in circumstances.health where !story.gaps.contains(where: { trouble.hasSuffix($0) }) {
      story.gaps.append(trouble)
    }
    if let rescue = try catalog.lastRescue(), rescue.at > since, rescue.at <= until {
      story.gaps.insert(rescue.words, at: 0)
    }
    if let last = cycles.last, last.endedAt == nil {
      story.gaps.append("the cycle of \(Phrases.time(last.startedAt)) is under way or was cut off")
    }
    story.lastCycleAt = cycles.compactMap(\.endedAt).max()
  }
}
