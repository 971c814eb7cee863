import Catalog
import Console
import Domain
import Foundation

/// A column of the table of repositories.
enum ListColumn: String, CaseIterable {
  case model, state, why, arch, params, context, licence, gated, likes, downloads, trending, created, modified, seen

  /// What is shown when nobody says otherwise.
  static let usual: [ListColumn] = [.model, .state, .arch, .params, .likes, .downloads, .created]

  /// One line a repository.
  static func table(_ repos: [RepoRecord], _ columns: [ListColumn] = usual) -> Table {
    var table = Table(columns.enumerated().map { place, column in column.heading(isFirst: place == 0) })
    for repo in repos {
      let row = RepoRow(repo)
      table.add(columns.map { .init(ForeignText.safe($0.text(row), limit: 200)) })
    }
    return table
  }

  private func heading(isFirst: Bool) -> Table.Column {
    let isNumber = [.params, .context, .likes, .downloads, .trending].contains(self)
    let isText = [.model, .why, .arch, .licence].contains(self)
    return Table.Column(rawValue.uppercased(), isRightAligned: isNumber, mayShrink: isText, mayVanish: !isFirst)
  }

  private func text(_ row: RepoRow) -> String {
    func day(_ date: Date?) -> String { date.map { $0.formatted(.iso8601.year().month().day()) } ?? "-" }
    return switch self {
    case .model: row.id
    case .state: row.state
    case .why: row.reason ?? row.rule ?? "-"
    case .arch: row.architecture ?? "-"
    case .params: RepoRow.short(row.parameters)
    case .context: row.contextLength.map { "\($0)" } ?? "-"
    case .licence: row.licence ?? "-"
    case .gated: row.gated ? "gated" : "-"
    case .likes: "\(row.likes)"
    case .downloads: "\(row.downloads)"
    case .trending: ByteCount.decimal(row.trending, places: 0)
    case .created: day(row.createdAt)
    case .modified: day(row.lastModified)
    case .seen: day(row.firstSeenAt)
    }
  }
}
