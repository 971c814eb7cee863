/// Something that happens on the hub.
public enum HubEvent: Sendable {
  /// So many new models, all created now.
  case insert(Int)
  /// A new model with files of its own, created now.
  case plant(PlantedModel)
  /// A repository that was made without files gets its first ones.
  case fill(Int)
  /// A new commit.
  case commit(Int)
  /// Only `lastModified` moves, to so many seconds since 1970, as a change of the card does.
  case retime(Int, to: Int)
  /// Another id; the old one leads to it. The name has to be free.
  case rename(Int, to: String)
  /// Gone for good.
  case delete(Int)
  case makePrivate(Int)
  /// Visible again. `touching` moves `lastModified`; without it no listing by time tells of it.
  case makePublic(Int, touching: Bool)
  case gate(Int)
  case ungate(Int)
}

/// What of one model differs from its birth.
struct ModelChange: Sendable {
  var id: String?
  var lastModified: Int32?
  /// Commits since birth.
  var version: UInt32 = 0
  var isFilled = false
  var isGated: Bool?
  var isDeleted = false
}

/// The models of a simulated hub as they are now: the law, a few bytes a model, and a table of changes.
struct World: ~Copyable {
  struct Flags: OptionSet {
    let rawValue: UInt8
    static let gguf = Flags(rawValue: 1)
    static let llama = Flags(rawValue: 2)
    /// Private or deleted.
    static let hidden = Flags(rawValue: 4)
    /// Has an entry in `changes`.
    static let changed = Flags(rawValue: 8)
    /// Stands in `moved` instead of in the order of birth.
    static let moved = Flags(rawValue: 16)
  }

  let names: ModelNames
  let law: HubLaw
  private let machine: UInt64
  /// Creation times by index, ascending.
  private(set) var created: [Int32]
  /// Last changes at birth by index.
  private let bornModified: [Int32]
  private(set) var flags: [Flags]
  private(set) var changes: [Int32: ModelChange] = [:]
  /// Models with files of their own.
  private(set) var plants: [Int32: PlantedModel] = [:]
  /// Ids that lead to a renamed model.
  private(set) var aliases: [String: Int] = [:]
  /// The models at birth, by `lastModified` descending and `_id` ascending.
  private var byModification: [Int32]
  /// Those whose `lastModified` has changed since, and those that came later; in the same order.
  private var moved: [Int32] = []
  /// Counts the events, so that orders made from counts know when they are old.
  private(set) var revision = 0

  init(law: HubLaw) {
    self.law = law
    names = ModelNames(seed: law.seed, count: law.models)
    machine = Draws.mix(law.seed) >> 24
    created = law.creationTimes()
    var flags = [Flags](repeating: [], count: law.models)
    var modified = [Int32](repeating: 0, count: law.models)
    for index in 0..<law.models {
      let facts = names.facts(index)
      if facts.hasGGUFTag { flags[index].insert(.gguf) }
      if facts.hasLlamaTag { flags[index].insert(.llama) }
      let time = Int(created[index])
      modified[index] = Int32(law.lastChange(of: index, created: time))
    }
    self.flags = flags
    bornModified = modified
    byModification = Self.order(created, modified)
  }

  var count: Int { created.count }

  /// By time descending, then by `_id` ascending: by creation ascending, and within one second by index descending.
  private static func order(_ created: [Int32], _ modified: [Int32]) -> [Int32] {
    var byID: [Int32] = []
    byID.reserveCapacity(created.count)
    var start = 0
    while start < created.count {
      var end = start + 1
      while end < created.count, created[end] == created[start] { end += 1 }
      for index in (start..<end).reversed() { byID.append(Int32(index)) }
      start = end
    }
    let keys = byID.indices.map { rank in UInt64(UInt32.max - UInt32(modified[Int(byID[rank])])) << 32 | UInt64(rank) }
    return keys.sorted().map { byID[Int($0 & 0xFFFF_FFFF)] }
  }

  // MARK: One model

  func facts(_ index: Int) -> ModelFacts { names.facts(index) }

  func change(_ index: Int) -> ModelChange {
    guard flags[index].contains(.changed), let change = changes[Int32(index)] else { return ModelChange() }
    return change
  }

  func lastModified(_ index: Int) -> Int {
    Int(change(index).lastModified ?? (index < bornModified.count ? bornModified[index] : created[index]))
  }

  func isVisible(_ index: Int) -> Bool { !flags[index].contains(.hidden) }

  func id(_ index: Int) -> String { change(index).id ?? names.id(facts(index)) }

  /// The low 64 bits of `_id`; the high 32 are the creation time. Within one second the later model has the lower one.
  func objectLow(_ index: Int) -> UInt64 { machine << 24 | UInt64(0xFF_FFFF - index & 0xFF_FFFF) }

  func objectID(_ index: Int) -> String {
    var out = ByteBuffer(capacity: 32)
    out.put(hexadecimal: UInt64(created[index]), digits: 8)
    out.put(hexadecimal: objectLow(index), digits: 16)
    return String(decoding: out.written, as: UTF8.self)
  }

  /// The commit of a version, the present one unless another is named: 160 bits of the model's and the version's own.
  func commit(_ index: Int, version: UInt32? = nil) -> (UInt64, UInt64, UInt32) {
    let version = UInt64(version ?? change(index).version)
    var draws = Draws(seed: law.seed, index: index, purpose: 4 + version << 8)
    return (draws.next(), draws.next(), UInt32(truncatingIfNeeded: draws.next()))
  }

  func commitText(_ index: Int, version: UInt32? = nil) -> String {
    var out = ByteBuffer(capacity: 48)
    let commit = commit(index, version: version)
    out.put(hexadecimal: commit.0, digits: 16)
    out.put(hexadecimal: commit.1, digits: 16)
    out.put(hexadecimal: UInt64(commit.2), digits: 8)
    return String(decoding: out.written, as: UTF8.self)
  }

  func isGated(_ index: Int) -> Bool {
    change(index).isGated ?? (plant(index) == nil && facts(index).isGated)
  }

  /// What was planted at an index; nil for the models of the law.
  func plant(_ index: Int) -> PlantedModel? { plants.isEmpty ? nil : plants[Int32(index)] }

  func isEmpty(_ index: Int) -> Bool { plant(index) == nil && facts(index).isBornEmpty && !change(index).isFilled }

  /// The model of an id, its present one or a former one; whether or not it is visible.
  func index(of id: String) -> Int? {
    if let index = aliases[id] { return index }
    guard let index = ModelNames.index(in: id), index < count, names.id(facts(index)) == id else { return nil }
    return index
  }

  // MARK: Events

  /// Lets something happen at a moment. What makes no sense for the model's state changes nothing.
  mutating func apply(_ event: HubEvent, now: Int) {
    revision += 1
    switch event {
    case .insert(let number): for _ in 0..<max(0, number) { insert(now: now) }
    case .plant(let model):
      guard index(of: model.id) == nil else { return }
      insert(now: now)
      let place = count - 1
      plants[Int32(place)] = model
      aliases[model.id] = place
      flags[place].formUnion([.gguf, .llama])
      changes[Int32(place), default: ModelChange()].id = model.id
    case .fill(let index):
      guard isEmpty(index) else { return }
      modify(index, at: now) {
        $0.isFilled = true
        $0.version += 1
      }
    case .commit(let index): modify(index, at: now) { $0.version += 1 }
    case .retime(let index, let time): modify(index, at: time) { _ in }
    case .rename(let index, let id):
      guard self.index(of: id) == nil else { return }
      aliases[self.id(index)] = index
      aliases[id] = index
      modify(index, at: now) { $0.id = id }
    case .delete(let index):
      modify(index, at: nil) { $0.isDeleted = true }
      flags[index].insert(.hidden)
    case .makePrivate(let index): flags[index].insert(.hidden)
    case .makePublic(let index, let touching):
      guard !change(index).isDeleted else { return }
      flags[index].remove(.hidden)
      if touching { modify(index, at: now) { _ in } }
    case .gate(let index): modify(index, at: now) { $0.isGated = true }
    case .ungate(let index): modify(index, at: now) { $0.isGated = false }
    }
  }

  private mutating func insert(now: Int) {
    let index = created.count
    created.append(max(Int32(now), created.last ?? 0))
    let facts = names.facts(index)
    var flags: Flags = []
    if facts.hasGGUFTag { flags.insert(.gguf) }
    if facts.hasLlamaTag { flags.insert(.llama) }
    self.flags.append(flags)
    modify(index, at: Int(created[index])) { _ in }
  }

  /// Changes the entry of a model, and its place among the modifications when a time is given.
  private mutating func modify(_ index: Int, at time: Int?, _ body: (inout ModelChange) -> Void) {
    let place = Int32(index)
    if time != nil, flags[index].contains(.moved) {
      let old = Position(value: lastModified(index), high: UInt32(created[index]), low: objectLow(index))
      let start = moved.place { self.position($0) >= old }
      if start < moved.count, moved[start] == place { moved.remove(at: start) }
    }
    body(&changes[place, default: ModelChange()])
    flags[index].insert(.changed)
    guard let time else { return }
    changes[place]?.lastModified = Int32(clamping: max(time, Int(created[index])))
    flags[index].insert(.moved)
    let own = position(place)
    moved.insert(place, at: moved.place { self.position($0) >= own })
  }

  // MARK: Orders

  private func position(_ index: Int32) -> Position { position(Int(index), .lastModified) }

  /// Where a model stands in an order.
  func position(_ index: Int, _ sort: ListingSort) -> Position {
    let value =
      switch sort {
      case .createdAt: Int(created[index])
      case .lastModified: lastModified(index)
      case .downloads: ModelCounts(seed: law.seed, index: index).downloads
      case .likes: ModelCounts(seed: law.seed, index: index).likes
      case .trendingScore: ModelCounts(seed: law.seed, index: index).trendingHalves
      }
    return Position(value: value, high: UInt32(created[index]), low: objectLow(index))
  }

  /// The indices behind a position in the order of `lastModified`, one after the other.
  func walkModifications(after start: Position?, _ visit: (Int) -> Bool) {
    var base =
      start.map { start in
        byModification.place { index in
          let index = Int(index)
          return Position(value: Int(bornModified[index]), high: UInt32(created[index]), low: objectLow(index)) > start
        }
      } ?? 0
    var fresh = start.map { start in moved.place { self.position($0) > start } } ?? 0
    while true {
      while base < byModification.count, flags[Int(byModification[base])].contains(.moved) { base += 1 }
      let next: Int32
      switch (base < byModification.count, fresh < moved.count) {
      case (false, false): return
      case (true, true) where position(byModification[base]) < position(moved[fresh]), (true, false):
        next = byModification[base]
        base += 1
      default:
        next = moved[fresh]
        fresh += 1
      }
      guard visit(Int(next)) else { return }
    }
  }

  /// The same for the order of creation, which is the order of the indices.
  func walkCreations(after start: Position?, _ visit: (Int) -> Bool) {
    var place = count - 1
    if let start {
      var (low, high) = (0, count)
      // The first index, counted from the youngest, that stands behind `start`.
      while low < high {
        let middle = (low + high) / 2
        if position(count - 1 - middle, .createdAt) > start { high = middle } else { low = middle + 1 }
      }
      place = count - 1 - low
    }
    while place >= 0, visit(place) { place -= 1 }
  }

  /// Every index in an order by counts.
  func order(by sort: ListingSort) -> [Int32] {
    (0..<Int32(count)).map { (position(Int($0), sort), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}

/// By what a listing is sorted; always descending, ties by `_id` ascending.
enum ListingSort: String {
  case createdAt, lastModified, downloads, likes, trendingScore
}

/// A place in a listing: `<` means nearer to its beginning.
struct Position: Comparable {
  /// In the unit of the sorted member: seconds, counts, or halves of a score.
  let value: Int
  /// The first 8 digits of `_id`.
  let high: UInt32
  /// The other 16.
  let low: UInt64

  static func < (left: Position, right: Position) -> Bool {
    if left.value != right.value { return left.value > right.value }
    return (left.high, left.low) < (right.high, right.low)
  }
}

extension Array {
  /// The first place from which on `isBehind` holds, in an array where it holds from some place on.
  func place(where isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
