import Domain
import Foundation
import GRDB

/// Which repositories are to be listed, and in which order.
public struct RepoSelection: Sendable, Equatable {
  /// The order, the greatest first.
  public enum Order: String, Sendable, CaseIterable {
    /// The score of its family.
    case rank
    case created
    case modified
    case seen
    case downloads
    case likes
    case trending
    case parameters
    /// By id, from A to Z.
    case name
  }

  /// Only these states; empty for all but what the rules leave out.
  public var states: [RepoState] = []
  /// Only repositories of this user or organisation.
  public var owner: String?
  /// Only this architecture.
  public var architecture: String?
  /// Only repositories with this tag.
  public var tag: String?
  /// Only repositories with at least so many parameters.
  public var minParameters: Int64?
  /// Only repositories with at most so many parameters.
  public var maxParameters: Int64?
  /// Only repositories that a poll met for the first time after this moment.
  public var since: Date?
  /// Only repositories with a quantization that fits the configured device.
  public var fitsOnly = false
  /// Only repositories whose dimensions are known.
  public var hasShape = false
  /// The order.
  public var order = Order.rank
  /// At most so many.
  public var limit = 50

  /// Everything that the rules let in, the best families first.
  public init() {}
}

extension Catalog {
  /// The repositories of a selection.
  public func repos(_ selection: RepoSelection) throws(CatalogError) -> [RepoRecord] {
    try read { database in
      var conditions: [String] = []
      var arguments = StatementArguments()
      func want(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        conditions.append(condition)
        arguments += [value]
      }
      if selection.states.isEmpty {
        conditions.append("repo.state <> 'leftOut'")
      } else {
        let names = selection.states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        conditions.append(selection.states.count == 1 ? "repo.state = \(names)" : "repo.state IN (\(names))")
      }
      if let owner = selection.owner {
        // The ids of one owner lie side by side; '0' is the character after '/'.
        want("repo.key IN (SELECT name.repo FROM name WHERE name.id >= ?", "\(owner)/")
        want("name.id < ?)", "\(owner)0")
      }
      if let architecture = selection.architecture { want("repo.architecture = ? COLLATE NOCASE", architecture) }
      if let tag = selection.tag {
        want("instr(char(10) || repo.tags || char(10), char(10) || ? || char(10)) > 0", tag)
      }
      if let least = selection.minParameters { want("repo.parameters >= ?", least) }
      if let most = selection.maxParameters { want("repo.parameters <= ?", most) }
      if let since = selection.since { want("repo.firstSeenAt > ?", Moment.milliseconds(since)) }
      if selection.fitsOnly {
        conditions.append("EXISTS (SELECT 1 FROM fit WHERE fit.repo = repo.key AND verdict = 'fits')")
      }
      if selection.hasShape { conditions.append("description.shape IS NOT NULL") }
      arguments += [selection.limit]
      // What the rules leave out has no family; for all others the best families are read until there are enough.
      let isRanked = selection.order == .rank && !selection.states.contains(.leftOut)
      let order = selection.order == .rank && !isRanked ? .downloads : selection.order
      let source =
        isRanked
        ? """
        SELECT repo.*, description.shape AS shape, description."commit" AS describedCommit
        FROM family CROSS JOIN repo ON repo.family = family.key LEFT JOIN description ON description.repo = repo.key
        """ : RepoRecord.selection
      return try RepoRecord.fetchAll(
        database,
        sql: "\(source) WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(Self.column(order)) LIMIT ?",
        arguments: arguments)
    }
  }

  private static func column(_ order: RepoSelection.Order) -> String {
    switch order {
    case .rank: "family.score DESC, repo.family, repo.kinship <> 'original', repo.downloads DESC, repo.id"
    case .created: "repo.createdAt DESC, repo.id"
    case .modified: "repo.lastModified DESC, repo.id"
    case .seen: "repo.firstSeenAt DESC, repo.createdAt DESC, repo.id"
    case .downloads: "repo.downloads DESC, repo.id"
    case .likes: "repo.likes DESC, repo.id"
    case .trending: "repo.trending DESC, repo.id"
    case .parameters: "repo.parameters DESC, repo.id"
    case .name: "repo.id"
    }
  }
}
