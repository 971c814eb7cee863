import Catalog
import Domain

/// Every model of a story in its place, a few bytes each: a hundred thousand are counted and sorted into families
/// before one of them is looked at.
struct Crowd {
  /// One model.
  struct Model {
    var key: Int64
    var place: Story.Place
    /// Whether a poll found it in the window.
    var isPolled: Bool
    /// Into `bundles`.
    var bundle: Int
  }

  /// The models of a family in this story; one without a family is a bundle of its own.
  struct Bundle {
    /// The family's number; nil for a single model.
    var family: Int64?
    /// The best place of its models, where the family is told.
    var place: Story.Place
    /// How many models it has.
    var count = 1
    /// How much the family deserves a look.
    var score = 0.0
    /// Where it stands among the chosen ones; nil for those that are only counted.
    var turn: Int?
  }

  private(set) var models: [Model] = []
  private(set) var bundles: [Bundle] = []
  private var byFamily: [Int64: Int] = [:]

  init(capacity: Int) {
    models.reserveCapacity(capacity)
    byFamily.reserveCapacity(capacity)
  }

  /// Adds a model in its place.
  mutating func add(_ model: RecordedModel, in place: Story.Place, isPolled: Bool) {
    // What a rule leaves out belongs to nobody, also before it was taken out of its family.
    let family = place == .leftOut ? nil : model.family
    let known = family.flatMap { byFamily[$0] }
    if let known {
      bundles[known].count += 1
      if place < bundles[known].place { bundles[known].place = place }
    } else {
      if let family { byFamily[family] = bundles.count }
      bundles.append(Bundle(family: family, place: place))
    }
    models.append(Model(key: model.key, place: place, isPolled: isPolled, bundle: known ?? bundles.count - 1))
  }

  /// Chooses the bundles that are told by name: the best families of each place, then single models, the latest first.
  ///
  /// - Parameter limit: the most of a place.
  /// - Returns: the chosen ones by place, the best first within one.
  mutating func choose(_ catalog: Catalog, limit: (Story.Place) -> Int) throws(CatalogError) -> [Int] {
    var chosen: [Story.Place: [Int]] = [:]
    var wanted = bundles.reduce(into: [Story.Place: Int]()) { $0[$1.place, default: 0] += 1 }
    for (place, count) in wanted { wanted[place] = min(count, limit(place)) }
    var open = wanted.values.reduce(0, +)
    func take(_ index: Int) {
      let place = bundles[index].place
      guard chosen[place, default: []].count < wanted[place] ?? 0 else { return }
      chosen[place, default: []].append(index)
      open -= 1
    }
    // Few are looked up; of many, the index of all families leads to the best ones at once.
    let some = byFamily.count > Self.few ? nil : Set(byFamily.keys)
    var found: [(index: Int, score: Double)] = []
    try catalog.walkFamilies(among: some) { family, score in
      guard let index = byFamily[family] else { return true }
      found.append((index, score))
      take(index)
      return open > 0
    }
    for (index, score) in found { bundles[index].score = score }
    if open > 0 {
      for index in bundles.indices.reversed() where bundles[index].family == nil {
        take(index)
        if open == 0 { break }
      }
    }
    let result = Story.Place.allCases.flatMap { chosen[$0] ?? [] }
    for (turn, index) in result.enumerated() { bundles[index].turn = turn }
    return result
  }

  /// Families up to which they are looked up by their numbers.
  private static let few = 4000
}
