import Catalog
import Digest
import Domain
import Fit
import Foundation
import Synchronization

/// The views, and the way to them.
public final class Site: Sendable {
  private let house: PageHouse
  private let gate: Gate
  private let standing: Kept<Int, PageHouse.Standing>
  private let stories: Kept<String, Story>
  private let trends: Kept<Int, Trends>
  private let tally: Kept<Int, CatalogTally?>
  private let counts: Kept<BrowseQuery, Int>
  private let rates = Mutex(RateMeter())
  private let news = Mutex<[String: PageAction.Outcome]>([:])

  /// Weeks of trends.
  private static let weeks = 26

  /// - Parameters:
  ///   - house: what is shown.
  ///   - port: the one that the page is served on.
  ///   - acts: whether whoever has the token may act.
  public init(_ house: PageHouse, port: UInt16, acts: Bool) {
    self.house = house
    gate = Gate(port: port, keys: acts && house.perform != nil ? Gate.Keys() : nil)
    let story: @Sendable (String) throws -> Story = { since in
      let now = house.now()
      guard let catalog = try house.catalog() else { return Story(until: now) }
      return try StoryTeller(
        catalog: catalog, cacheRoot: house.cacheRoot, circumstances: house.circumstances(now)
      ).story(
        since: try Beginning(since)?.moment(before: now, lastRead: ReadMark.moment(in: catalog)), until: now)
    }
    standing = Kept(seconds: 2) { _ in house.standing(house.now()) }
    stories = Kept(seconds: 2, make: story)
    trends = Kept(seconds: 600) { _ in
      let now = house.now()
      let record = try house.catalog()?.trends(weeks: Self.weeks, until: now)
      return Trends(record ?? TrendRecord(weeks: []), until: now)
    }
    tally = Kept(seconds: 5) { _ in try house.catalog()?.tally() }
    counts = Kept(seconds: 20, limit: 64) { query in
      try house.catalog()?.count(query, limit: ModelsView.mostCounted) ?? 0
    }
  }

  /// The address to open; with the token, where the page may act.
  public var address: String {
    let root = "http://127.0.0.1:\(gate.port)/"
    return gate.keys.map { "\(root)?token=\($0.token.revealed())" } ?? root
  }

  /// Finds out beforehand what takes long.
  public func warm() {
    // Whoever asks for a view is told what is wrong with it.
    for since in ["last", "yesterday"] { _ = try? stories.value(since) }
    _ = try? trends.value(0)
    _ = try? tally.value(0)
  }

  // MARK: The way

  /// The answer to a request.
  func answer(_ request: PageRequest) -> PageResponse {
    guard gate.isRightHost(request) else { return refusal(.misdirected) }
    guard gate.isRightSite(request) else { return refusal(.forbidden) }
    if let token = request.value("token") {
      guard gate.opens(token) else { return refusal(.forbidden) }
      let cookie = "\(gate.cookie)=\(token); Path=/; HttpOnly; SameSite=Strict"
      return .redirect(to: "/", [("Set-Cookie", cookie)])
    }
    do {
      if request.method == .post { return try act(request) }
      return try view(request)
    } catch {
      let words = (error as? any ReportableError).map { $0.problem + ($0.advice.map { ". \($0)" } ?? "") }
      return refusal(.failed, words: words, visit: nil)
    }
  }

  /// What is said instead of a view.
  func refusal(_ status: PageResponse.Status) -> PageResponse { refusal(status, words: nil, visit: nil) }

  private func refusal(_ status: PageResponse.Status, words: String?, visit: Visit?) -> PageResponse {
    var response = page(RefusalView.document(status, words, visit: visit))
    response.status = status
    if status == .methodNotAllowed { response.headers.append(("Allow", "GET, HEAD")) }
    return response
  }

  private func page(_ document: String) -> PageResponse {
    // A form's Origin would be hidden, too, if nothing at all were to be told; to others nothing is.
    let policy = gate.keys == nil ? "no-referrer" : "same-origin"
    return PageResponse(.ok, type: "text/html; charset=utf-8", document, [("Referrer-Policy", policy)])
  }

  private func visit(_ request: PageRequest) throws -> Visit {
    var visit = Visit(request: request, now: house.now(), standing: try standing.value(0))
    if gate.isTrusted(request) {
      visit.form = gate.keys?.form.revealed()
      if let name = request.value("news") { visit.news = news.withLock { $0[name] } }
    }
    return visit
  }

  private func view(_ request: PageRequest) throws -> PageResponse {
    let segments = request.segments
    switch segments.first {
    case nil: return try digest(request)
    case "models" where segments.count == 1: return try models(request)
    case "models" where segments.count <= 3: return try model(request)
    case "downloads" where segments.count == 1: return try downloads(request)
    case "trends" where segments.count == 1:
      return page(TrendsView(visit: try visit(request), trends: try trends.value(0)).document())
    case "metrics" where segments.count == 1: return try metrics()
    case _ where request.path == PageStyle.path: return PageStyle.response
    case _ where request.path == PageIcon.path: return PageIcon.response
    default: return refusal(.notFound, words: nil, visit: try visit(request))
    }
  }

  // MARK: Views

  private func digest(_ request: PageRequest) throws -> PageResponse {
    var since = request.value("since") ?? "last"
    if since != "last", since != "yesterday", CivilDay.beginning(since) == nil { since = "last" }
    return page(DigestView(visit: try visit(request), story: try stories.value(since), since: since).document())
  }

  private func models(_ request: PageRequest) throws -> PageResponse {
    let filter = ModelsFilter(request, devices: house.devices.count)
    var query = filter.query(house.devices, limit: ModelsView.perPage)
    let count = try counts.value(query.counted)
    query.known = count
    let found = try house.catalog()?.browse(query) ?? BrowsePage()
    return page(
      ModelsView(visit: try visit(request), filter: filter, page: found, count: count, devices: house.devices)
        .document())
  }

  private func model(_ request: PageRequest) throws -> PageResponse {
    let visit = try visit(request)
    let name = request.segments.dropFirst().joined(separator: "/")
    guard let id = RepoID(name), let catalog = try house.catalog(), let repo = try catalog.repo(id) else {
      return refusal(.notFound, words: "The catalog knows no model of this name.", visit: visit)
    }
    // A former name leads to the one of today.
    guard repo.id == id else { return .redirect(to: Address.model(repo.id)) }
    let family = try catalog.family(named: id)
    let sheet = try house.sheet(catalog, repo)
    let copies = try catalog.copies(of: id).prefix(ModelView.Facts.mostCopies)
    let facts = ModelView.Facts(
      repo: repo, description: try catalog.description(of: id), weights: try catalog.weights(of: id), family: family,
      members: try family.map { try catalog.members(of: $0.key, limit: ModelView.Facts.mostMembers) } ?? [],
      descendants: try family.flatMap { RepoID($0.name) }.map { try catalog.descendants(of: $0, limit: 12) } ?? [],
      copies: try copies.map {
        .init(
          record: $0, smoke: try catalog.lastSmoke(ofCopy: $0.id), probes: try catalog.probes(ofCopy: $0.id))
      }, grids: sheet.map { FitGrid.all($0, devices: house.devices, request: house.request) } ?? [],
      isVerified: sheet?.isVerified ?? true)
    return page(
      ModelView(visit: visit, facts: facts, endpoint: house.endpoint, cacheRoot: house.cacheRoot).document())
  }

  private static let onTheWay: [CopyState] = [.downloading, .wanted, .waiting, .blocked, .quarantined, .lost]

  private func downloads(_ request: PageRequest) throws -> PageResponse {
    var visit = try visit(request)
    guard let catalog = try house.catalog() else { return page(DownloadsView(visit: visit, arrivals: []).document()) }
    visit.now = house.now()
    var arrivals: [DownloadsView.Arrival] = []
    for copy in try catalog.copies(in: Self.onTheWay).prefix(1000) {
      let isMoving = [.downloading, .wanted, .waiting].contains(copy.state)
      let arrived = isMoving ? try house.arrived(catalog, copy) : 0
      var rate: Double?
      if copy.state == .downloading {
        let measured = rates.withLock { $0.rate(copy.id, bytes: arrived, at: visit.now) }
        rate = visit.standing.rates["\(copy.repo)"] ?? measured
      }
      arrivals.append(.init(copy: copy, arrived: arrived, rate: rate))
    }
    rates.withLock { [arrivals] in $0.keep(only: Set(arrivals.map(\.copy.id))) }
    return page(DownloadsView(visit: visit, arrivals: arrivals).document())
  }

  private func metrics() throws -> PageResponse {
    var (arrived, missing) = (Int64(0), Int64(0))
    if let catalog = try house.catalog() {
      for copy in try catalog.copies(in: [.downloading, .wanted, .waiting]).prefix(1000) {
        let there = min(copy.bytes, try house.arrived(catalog, copy))
        arrived += there
        missing += copy.bytes - there
      }
    }
    let text = Metrics.render(
      try tally.value(0), try standing.value(0), arriving: (arrived, missing), versions: house.versions)
    return PageResponse(.ok, type: Metrics.type, text)
  }

  // MARK: Forms

  private func act(_ request: PageRequest) throws -> PageResponse {
    guard gate.mayAct(request), let perform = house.perform else {
      return refusal(gate.keys == nil ? .methodNotAllowed : .forbidden)
    }
    let model = request.field("model").flatMap { RepoID($0) }
    let (action, back): (PageAction?, String) =
      switch request.path {
      case "/pull": (model.map { .pull($0) }, model.map(Address.model) ?? "/models")
      case "/keep": (model.map { .keep($0) }, model.map(Address.model) ?? "/models")
      case "/drop": (model.map { .drop($0) }, model.map(Address.model) ?? "/models")
      case "/pause": (.pause, "/downloads")
      case "/resume": (.resume, "/downloads")
      case "/read":
        (
          request.field("until").flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
            .map { .markRead(until: Date(timeIntervalSince1970: $0)) }, "/"
        )
      default: (nil, "/")
      }
    guard let action else { return refusal(.badRequest) }
    let outcome = Waiting.value { await perform(action) }
    for key in ["last", "yesterday"] { stories.forget(key) }
    standing.forget(0)
    // The browser goes on to a view that can be loaded again without doing it all once more.
    let name = UUID().uuidString
    news.withLock { news in
      if news.count >= 64 { news.removeAll() }
      news[name] = outcome
    }
    return .redirect(to: Address.query(back, [("news", name)]))
  }
}

extension BrowseQuery {
  /// The same for counting, for which order and length of a page say nothing.
  fileprivate var counted: BrowseQuery {
    var query = self
    query.order = .rank
    query.limit = 0
    query.after = nil
    return query
  }
}
