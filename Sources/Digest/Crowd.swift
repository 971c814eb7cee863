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

  /// The models of a family in one place; one without a family is a bundle of its own.
  struct Bundle {
    /// The family's number; nil for a single model.
    var family: Int64?
    /// The place of its models.
    var place: Story.Place
    /// How many models it has.
    var count = 1
    /// How much the family deserves a look.
    var score = 0.0
    /// Where it stands among the chosen ones; nil for those that are only counted.
    var turn: Int?
    /// Another bundle of the same family, into `bundles`.
    var sibling: Int?
  }

  private(set) var models: [Model] = []
  private(set) var bundles: [Bundle] = []
  /// The latest bundle of a family; the others follow as siblings.
  private var byFamily: [Int64: Int] = [:]

  init(capacity: Int) {
    models.reserveCapacity(capacity)
    byFamily.reserveCapacity(capacity)
  }

  /// Adds a model in its place.
  mutating func add(_ model: RecordedModel, in place: Story.Place, isPolled: Bool) {
    // What a rule leaves out belongs to nobody, also before it was taken out of its family.
    let family = place == .leftOut ? nil : model.family
    var known = family.flatMap { byFamily[$0] }
    while let bundle = known, bundles[bundle].place != place { known = bundles[bundle].sibling }
    if let known {
      bundles[known].count += 1
    } else {
      bundles.append(Bundle(family: family, place: place, sibling: family.flatMap { byFamily[$0] }))
      if let family { byFamily[family] = bundles.count - 1 }
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
      var next = byFamily[family]
      while let index = next {
        found.append((index, score))
        take(index)
        next = bundles[index].sibling
      }
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
