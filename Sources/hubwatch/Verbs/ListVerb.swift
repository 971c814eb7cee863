import ArgumentParser
import Catalog
import Console
import Digest
import Domain
import Foundation
import Settings

/// What is in the catalog.
struct ListVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists what the catalog knows: families, the most promising first, or models.",
    discussion: """
      A family is one set of weights in all its forms and hands. With --models, or any filter, single repositories are
      listed, without those that the rules leave out unless --all or --state leftOut asks for them.
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "One line a repository instead of a family.") var models = false
  @Flag(help: "Also what the rules leave out.") var all = false
  @Option(help: "Only these states, such as sized,gated.") var state: String?
  @Option(help: "Only this user or organisation.") var author: String?
  @Option(help: "Only this architecture.") var architecture: String?
  @Option(help: "Only with this tag.") var tag: String?
  @Option(name: .customLong("min-parameters"), help: "At least so many, such as 7B.") var minParameters: String?
  @Option(name: .customLong("max-parameters"), help: "At most so many, such as 13B.") var maxParameters: String?
  @Flag(help: "Only what fits the configured card.") var fits = false
  @Option(help: "rank, created, modified, seen, downloads, likes, trending, parameters or name.")
  var sort = RepoSelection.Order.rank
  @Option(help: "Only what was first seen since: 12h, 7d, 2w or a date such as 2026-11-23.") var since: String?
  @Option(help: "Which columns, in which order: model, state, arch, params, … (`--columns help` lists them).")
  var columns: String?
  @Option(help: "At most so many lines.") var limit = 30
  @Flag(help: "One JSON document.") var json = false

  func validate() throws {
    guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes 1 to 100000") }
    for text in [minParameters, maxParameters].compactMap({ $0 }) where Quantity.parameters(text) == nil {
      throw ValidationError("\(text) is no number of parameters such as 7B")
    }
    if let since, Since(since) == nil {
      throw ValidationError("--since takes 12h, 7d, 2w or a date such as 2026-11-23, not \(since)")
    }
    _ = try states()
    _ = try shownColumns()
  }

  private func shownColumns() throws -> [ListColumn] {
    guard let columns else { return ListColumn.usual }
    return try columns.split(separator: ",").map { name in
      guard let column = ListColumn(rawValue: String(name)) else {
        let known = ListColumn.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("\(name) is no column; there are \(known)")
      }
      return column
    }
  }

  private func states() throws -> [RepoState] {
    var states = try (state ?? "").split(separator: ",").map { name in
      guard let state = RepoState(rawValue: String(name)) else {
        let known = RepoState.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("\(name) is no state; there are \(known)")
      }
      return state
    }
    if all, states.isEmpty { states = RepoState.allCases }
    return states
  }

  private var hasFilter: Bool {
    all || fits || sort != .rank
      || [columns, state, author, architecture, tag, minParameters, maxParameters].contains { $0 != nil }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else {
      common.note("Nothing has been recorded yet; `hubwatch poll` begins.")
      let isOfModels = models || hasFilter
      if json {
        try common.print(
          JSONOutput.document(Document(families: isOfModels ? nil : [], models: isOfModels ? [] : nil)))
      }
      return .done
    }
    if models || hasFilter { try listModels(catalog) } else { try listFamilies(catalog) }
    return .done
  }

  private var moment: Date? { since.flatMap(Since.init)?.moment(before: Date()) }

  private struct Document: Encodable {
    struct Family: Encodable {
      let name: String
      let score: Double
      let relation: String?
      let bases: [String]
      let repositories: Int
      let publishers: Int
      let firstSeenAt: Date
    }
    let schema = "hubwatch.list/1"
    let families: [Family]?
    let models: [RepoRow]?
  }

  private func listFamilies(_ catalog: Catalog) throws {
    let found = try catalog.families(since: moment, limit: limit + 1)
    let shown = found.prefix(limit)
    if json {
      let families = shown.map { family in
        Document.Family(
          name: family.name, score: family.score, relation: family.relation?.rawValue,
          bases: family.bases.map(\.description), repositories: family.memberCount, publishers: family.ownerCount,
          firstSeenAt: family.firstSeenAt)
      }
      try common.print(JSONOutput.document(Document(families: families, models: nil)))
    } else {
      var table = Table([
        .init("FAMILY", mayShrink: true), .init("FORMS", isRightAligned: true), .init("BY", isRightAligned: true),
        .init("SCORE", isRightAligned: true), .init("ORIGIN", mayShrink: true, mayVanish: true),
      ])
      for family in shown {
        let bases = family.bases.map(\.description).joined(separator: ", ")
        table.add([
          .init(ForeignText.safe(family.name)), .init("\(family.memberCount)"), .init("\(family.ownerCount)"),
          .init(ByteCount.decimal(family.score, places: 1)),
          .init(ForeignText.safe(family.relation.map { "\($0.rawValue) of \(bases)" } ?? "-")),
        ])
      }
      try print(table, isEmpty: shown.isEmpty)
    }
    if found.count > limit { common.note("There are more: --limit shows them.") }
  }

  private func listModels(_ catalog: Catalog) throws {
    var selection = RepoSelection()
    selection.states = try states()
    selection.owner = author
    selection.architecture = architecture
    selection.tag = tag
    selection.minParameters = minParameters.flatMap { Quantity.parameters($0) }
    selection.maxParameters = maxParameters.flatMap { Quantity.parameters($0) }
    selection.fitsOnly = fits
    selection.since = moment
    selection.order = sort
    selection.limit = limit + 1
    let found = try catalog.repos(selection)
    let shown = Array(found.prefix(limit))
    if json {
      try common.print(JSONOutput.document(Document(families: nil, models: shown.map { RepoRow($0) })))
    } else {
      try print(ListColumn.table(shown, try shownColumns()), isEmpty: shown.isEmpty)
    }
    if found.count > limit { common.note("There are more: --limit shows them.") }
  }

  private func print(_ table: Table, isEmpty: Bool) throws {
    guard !isEmpty else { return common.note("Nothing in the catalog is like that.") }
    try common.print(
      table.lines(width: common.terminal.width, style: common.terminal.style).joined(separator: "\n"))
  }
}

extension RepoSelection.Order: ExpressibleByArgument {}
