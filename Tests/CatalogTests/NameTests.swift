import Domain
import TestSupport
import Testing

@testable import Catalog

@Suite("Ids in the catalog")
struct NameTests {
  private let shelf: Shelf
  private var catalog: Catalog { shelf.catalog }

  init() throws { shelf = try Shelf() }

  private func commit(_ name: String) throws -> String? {
    try catalog.repo(shelf.id(name))?.commit.map { String($0.description.suffix(1)) }
  }

  @Test func whatWasJustRecordedIsFoundBeforeItsIdIsEntered() throws {
    try shelf.record(shelf.row("a/x", seed: 1, object: 1), shelf.row("a/y", seed: 2, object: 2))
    #expect(try commit("a/x") == "1" && commit("a/y") == "2" && commit("a/z") == nil)
    try catalog.enterNames()
    try shelf.record(shelf.row("a/z", seed: 3, object: 3))
    #expect(try commit("a/x") == "1" && commit("a/z") == "3")
  }

  @Test func anIdBelongsToTheOneThatWasMetLast() throws {
    try shelf.record(shelf.row("a/x", seed: 1, object: 1))
    try catalog.enterNames()
    try shelf.record(
      shelf.row("a/x", seed: 2, object: 2), shelf.row("a/y", object: 4), shelf.row("a/x", seed: 3, object: 3))
    #expect(try commit("a/x") == "3")
    try catalog.enterNames()
    #expect(try commit("a/x") == "3" && catalog.repoCount() == 2)
    // The one that had lost the id turns up under another one.
    try shelf.record(shelf.row("a/w", seed: 1, object: 1))
    try catalog.enterNames()
    #expect(try commit("a/w") == "1" && commit("a/x") == "3" && catalog.repoCount() == 3)
  }

  @Test func aNumberThatIsGivenTwiceIsNotTakenForDone() throws {
    try shelf.record(shelf.row("a/x", object: 1), shelf.row("a/last", object: 2))
    try shelf.derive()
    // The newest row goes, and the next one gets its number.
    try shelf.record(shelf.row("a/last", object: 1))
    try shelf.record(shelf.row("b/next", seed: 5, object: 3))
    try shelf.derive()
    #expect(try commit("b/next") == "5")
    #expect(try catalog.search("next", limit: 5).map(\.id) == [shelf.id("b/next")])
    #expect(try catalog.search("x", limit: 5).isEmpty)
    #expect(try catalog.search("last", limit: 5).map(\.id) == [shelf.id("a/last")])
  }

  @Test func rowsWithAndWithoutTheHubsKeyAreTheSameModel() throws {
    for (first, second) in [(nil, 7), (7, nil), (nil, nil)] as [(Int?, Int?)] {
      let name = "a/m-\(first ?? 0)-\(second ?? 0)"
      try shelf.record(shelf.row(name, seed: 1, object: first.map { $0 + name.count }))
      try shelf.record(shelf.row(name, seed: 2, object: second.map { $0 + name.count * 2 }))
      #expect(try commit(name) == "2", "\(name)")
    }
    try catalog.enterNames()
    #expect(try catalog.repoCount() == 3)
  }

  /// Against a dictionary: rows appear, are renamed and take over ids, with ids entered now and then.
  @Test(arguments: 0..<40)
  func anyOrderOfRenamesAndTakeovers(seed: Int) throws {
    var random = Noise.Generator(seed: UInt64(seed))
    var ids: [Int: String] = [:]
    for step in 1...60 {
      let object = Int.random(in: 1...12, using: &random)
      let name = "a/n\(Int.random(in: 1...8, using: &random))"
      let former = ids.first { $0.value == name && $0.key != object }?.key
      if let former { ids[former] = nil }
      ids[object] = name
      try shelf.record(shelf.row(name, seed: object, object: object), after: Double(step))
      for (object, name) in ids { #expect(try commit(name) == String(String(object, radix: 16).suffix(1))) }
      // One that gets back an id which it lost a moment ago shows no change.
      if former != nil || Bool.random(using: &random) { try catalog.enterNames() }
    }
    try catalog.enterNames()
    #expect(try catalog.repoCount() == ids.count)
    let known = try catalog.repos(in: [.seen]).map(\.id.description)
    #expect(known.sorted() == ids.values.sorted())
  }
}
