import Catalog
import Domain
import Fit

/// What a person looks for in the catalog, as it stands in an address.
///
/// Whatever an address says that makes no sense counts as not said: links grow old, and people type.
struct ModelsFilter: Sendable, Equatable {
  /// A range of sizes that can be chosen.
  struct Size: Sendable, Equatable {
    var key: String
    var words: String
    var least: Int64?
    var below: Int64?
  }

  static let sizes = [
    Size(key: "xs", words: "under 1 B", least: 1, below: 1_000_000_000),
    Size(key: "s", words: "1 to 4 B", least: 1_000_000_000, below: 4_000_000_000),
    Size(key: "m", words: "4 to 9 B", least: 4_000_000_000, below: 9_000_000_000),
    Size(key: "l", words: "9 to 16 B", least: 9_000_000_000, below: 16_000_000_000),
    Size(key: "xl", words: "16 to 40 B", least: 16_000_000_000, below: 40_000_000_000),
    Size(key: "xxl", words: "40 B and more", least: 40_000_000_000, below: nil),
  ]

  /// Licences that can be chosen from a list; others can be typed.
  static let licences = [
    "apache-2.0", "mit", "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "gemma", "cc-by-4.0", "cc-by-nc-4.0",
    "cc-by-sa-4.0", "openrail", "bsd-3-clause", "gpl-3.0", "other",
  ]

  var words: String?
  var state: RepoState?
  var owner: String?
  var architecture: String?
  var licence: String?
  var gated: Bool?
  var size: String?
  /// The place of a device in the person's list.
  var device: Int?
  var verdict: SmokeVerdict?
  var order = BrowseQuery.Order.rank
  var after: Int64?

  init() {}

  init(_ request: PageRequest, devices: Int) {
    words = request.value("q").map { String($0.prefix(200)) }
    state = request.value("state").flatMap(RepoState.init)
    owner = request.value("org").flatMap { RepoID("\($0)/x") == nil ? nil : $0 }
    architecture = request.value("arch").map { String($0.prefix(60)) }
    licence = request.value("license").map { String($0.prefix(60)) }
    gated = ["yes": true, "no": false][request.value("gated") ?? ""]
    size = request.value("size").flatMap { key in Self.sizes.first { $0.key == key }?.key }
    device = request.value("fits").flatMap { Int($0) }.flatMap { (0..<devices).contains($0) ? $0 : nil }
    verdict = request.value("verdict").flatMap(SmokeVerdict.init)
    order = request.value("sort").flatMap(BrowseQuery.Order.init) ?? .rank
    after = request.value("after").flatMap { Int64($0) }
  }

  /// The address that says the same.
  var path: String {
    Address.query(
      "/models",
      [
        ("q", words), ("state", state?.rawValue), ("org", owner), ("arch", architecture), ("license", licence),
        ("gated", gated.map { $0 ? "yes" : "no" }), ("size", size), ("fits", device.map { "\($0)" }),
        ("verdict", verdict?.rawValue), ("sort", order == .rank ? nil : order.rawValue),
        ("after", after.map { "\($0)" }),
      ])
  }

  /// The question to the catalog.
  func query(_ devices: [Device], limit: Int) -> BrowseQuery {
    var query = BrowseQuery()
    query.words = words ?? ""
    query.states = state.map { [$0] } ?? []
    query.owner = owner
    query.architecture = architecture
    query.licence = licence
    query.gated = gated
    if let size = Self.sizes.first(where: { $0.key == size }) {
      query.minParameters = size.least
      query.belowParameters = size.below
    }
    if let device, devices.indices.contains(device) { query.neededBytes = devices[device].free.bytes }
    query.verdict = verdict
    query.order = order
    query.after = after
    query.limit = limit
    return query
  }

  /// The same, from its first page on.
  var fromStart: ModelsFilter {
    var filter = self
    filter.after = nil
    return filter
  }

  /// What is chosen, each with the address without it.
  func chosen(_ devices: [Device]) -> [(words: String, without: String)] {
    var list: [(words: String, without: String)] = []
    func add(_ words: String?, _ change: (inout ModelsFilter) -> Void) {
      guard let words else { return }
      var filter = fromStart
      change(&filter)
      list.append((words, filter.path))
    }
    add(words.map { "“\($0)”" }) { $0.words = nil }
    add(state.map(Words.state)) { $0.state = nil }
    add(owner.map { "by \($0)" }) { $0.owner = nil }
    add(architecture) { $0.architecture = nil }
    add(licence) { $0.licence = nil }
    add(gated.map { $0 ? "gated" : "open" }) { $0.gated = nil }
    add(Self.sizes.first { $0.key == size }?.words) { $0.size = nil }
    add(device.flatMap { devices.indices.contains($0) ? "fits \(devices[$0].name)" : nil }) { $0.device = nil }
    add(verdict.map { "test: \($0.rawValue)" }) { $0.verdict = nil }
    return list
  }
}
