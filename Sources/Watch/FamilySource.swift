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
    members.sorted { left, right in
      let (a, b) = (place(left), place(right))
      if a != b { return a < b }
      if left.repo.downloads != right.repo.downloads { return left.repo.downloads > right.repo.downloads }
      return left.repo.id < right.repo.id
    }
  }

  /// The best source of a quantization; nil when no member offers it.
  public func best(_ members: [FamilyMember], quantization: String) -> FamilyMember? {
    ordered(members.filter { $0.quantizations[quantization] != nil }).first
  }

  private func place(_ member: FamilyMember) -> Int {
    let owner = member.repo.id.owner.lowercased()
    if owner == publisher, !publisher.isEmpty { return 0 }
    return follow.firstIndex(of: owner).map { $0 + 1 } ?? follow.count + 1
  }
}
