import Domain
import Foundation
import TestSupport
import Testing

@testable import Catalog

/// A catalog of one test, and short words for putting something into it.
struct Shelf {
  private let folder: TemporaryFolder
  let catalog: Catalog
  let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
  }

  func id(_ text: String) throws -> RepoID { try #require(RepoID(text)) }

  /// A row whose commit and key follow from `seed`.
  func row(
    _ name: String, _ tags: [String] = ["gguf"], seed: Int = 1, object: Int? = nil, likes: Int = 0, downloads: Int = 0,
    architecture: String? = nil
  ) throws -> ListedRepo {
    ListedRepo(
      id: try id(name), objectID: object.flatMap(Self.object),
      commit: CommitHash(Self.hexadecimal(seed, 40)),
      createdAt: now - 100, lastModified: now, tags: TagList(tags), gated: false, downloads: downloads, likes: likes,
      architecture: architecture)
  }

  @discardableResult
  func record(
    into other: Catalog? = nil, _ rows: ListedRepo..., after seconds: Double = 0
  ) throws -> RecordingResult {
    try (other ?? catalog).record(rows, at: now + seconds)
  }

  /// Brings everything up to date, each family's score its likes.
  func derive(_ other: Catalog? = nil) throws {
    while try (other ?? catalog).derive(limit: 3, at: now, score: { Double($0.likes) }) > 0 {}
  }

  /// The name of a repository's family.
  func family(_ name: String) throws -> String? {
    guard let key = try catalog.repo(id(name))?.family else { return nil }
    return try catalog.family(key)?.name
  }

  /// The hub's key with a number.
  static func object(_ number: Int) -> HubObjectID? { HubObjectID(hexadecimal(number, 24)) }

  static func hexadecimal(_ number: Int, _ count: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: count - digits.count) + digits
  }
}
