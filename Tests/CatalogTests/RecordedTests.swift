import Domain
import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("What was recorded in a window")
struct RecordedTests {
  private let shelf: Shelf
  private var catalog: Catalog { shelf.catalog }

  init() throws { shelf = try Shelf() }

  /// Against a look at every row: rows appear, change, are renamed, take over ids and go, over many moments.
  @Test(arguments: 0..<30)
  func theSameAsALookAtEveryRow(seed: Int) throws {
    var random = Noise.Generator(seed: UInt64(seed) &+ 77)
    for step in 1...25 {
      var rows: [ListedRepo] = []
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let object = Int.random(in: 1...40, using: &random)
        let id = "a/m\(Int.random(in: 1...10, using: &random) == 1 ? object % 7 : object)"
        var row = try shelf.row(id, seed: Int.random(in: 1...2, using: &random), object: object)
        row.ruling = Ruling(isAdmitted: object % 3 > 0, rule: .architectures, finding: "x")
        rows.append(row)
      }
      let ruling: Judge = { $0.ruling ?? Ruling(isAdmitted: true, rule: .unknownArchitecture) }
      _ = try catalog.record(rows, at: shelf.now + Double(step), judge: ruling)
      if Bool.random(using: &random) { try catalog.enterNames() }
    }
    let all = try catalog.repos(in: RepoState.allCases)
    for _ in 0..<20 {
      let since = shelf.now + Double(Int.random(in: 0...25, using: &random))
      let until = since + Double(Int.random(in: 0...10, using: &random))
      let expected = all.filter { $0.recordedAt > since && $0.recordedAt <= until }
      let (counts, new) = try catalog.countsRecorded(since: since, until: until)
      #expect(counts == expected.reduce(into: [:]) { $0[$1.state, default: 0] += 1 })
      #expect(new == expected.count { $0.firstSeenAt > since })
      let models = try catalog.modelsRecorded(since: since, until: until)
      #expect(models.map(\.key).sorted() == expected.map(\.key).sorted(), "each of them once")
      let byKey = Dictionary(uniqueKeysWithValues: expected.map { ($0.key, $0) })
      for model in models {
        let repo = try #require(byKey[model.key])
        #expect(model.state == repo.state && model.family == repo.family && model.fits == nil)
        #expect(model.isNew == (repo.firstSeenAt > since))
      }
      let keys = all.map(\.key).filter { $0 % 3 == 0 }
      #expect(Set(try catalog.models(keys + [99_999], newSince: since).map(\.key)) == Set(keys))
      #expect(Set(try catalog.repos(keys).keys) == Set(keys))
      #expect(Set(try catalog.names(of: keys).map(\.id)) == Set(all.filter { $0.key % 3 == 0 }.map(\.id)))
    }
  }
}
