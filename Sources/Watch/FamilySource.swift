import Catalog
import Domain

/// From which member of a family a quantization is best taken.
///
/// The publisher's own first, since nobody knows the model better; then followed authors, in the order in which the
/// configuration names them; then the most downloaded.
public struct FamilySource: Sendable {
  private let publisher: String
  private let follow: [String]

  /// - Parameters:
  ///   - name: the family's name, the id of its original.
  ///   - follow: `watch.follow`.
  public init(family name: String, follow: [String]) {
    publisher = RepoID(name)?.owner.lowercased() ?? ""
    self.follow = follow.map { $0.lowercased() }
  }

  /// Members in the order in which they are preferred.
  public func ordered(_ members: [FamilyMember]) -> [FamilyMember] {
    members.sorted { isBetter(($0.repo.id, $0.repo.downloads), ($1.repo.id, $1.repo.downloads)) }
  }

  /// Repositories, with their downloads, in the same order.
  func ordered(_ repos: [(id: RepoID, downloads: Int)]) -> [RepoID] { repos.sorted(by: isBetter).map(\.id) }

  private func isBetter(_ left: (id: RepoID, downloads: Int), _ right: (id: RepoID, downloads: Int)) -> Bool {
    let (a, b) = (place(left.id), place(right.id))
    if a != b { return a < b }
    return left.downloads == right.downloads ? left.id < right.id : left.downloads > right.downloads
  }

  /// The best source of a quantization; nil when no member offers it.
  public func best(_ members: [FamilyMember], quantization: String) -> FamilyMember? {
    ordered(members.filter { $0.quantizations[quantization] != nil }).first
  }

  private func place(_ id: RepoID) -> Int {
    let owner = id.owner.lowercased()
    if owner == publisher, !publisher.isEmpty { return 0 }
    return follow.firstIndex(of: owner).map { $0 + 1 } ?? follow.count + 1
  }
}
