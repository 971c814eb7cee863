import ArgumentParser
import Catalog
import Console
import Digest
import Domain
import Foundation
import Settings
import Upstreams
import Watch

/// The watched repositories of tools.
struct ToolsVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "tools", abstract: "Shows the tools that are watched for new versions: newest tag, commit, when.",
    discussion: """
      The repositories are those of tools.repositories in the configuration; `run`, `daemon` and `poll` ask them with
      git every few hours, and the digest tells what changed. With --check, 1 when not one of them answers.
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "One JSON document.") var json = false
  @Flag(help: "Ask every repository now.") var check = false

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let tools = loaded.settings.tools
    guard tools.enabled || !check else {
      throw SettingsError(source: loaded.places.configuration, "tools.enabled is false, so that no repository is asked")
    }
    var upstreams: [UpstreamRecord] = []
    var code = Domain.ExitCode.done
    if check {
      let lock = try StateLock(folder: loaded.places.state)
      defer { withExtendedLifetime(lock) {} }
      let catalog = try Catalog.opened(folder: loaded.places.state)
      let step = UpstreamStep(
        catalog: catalog, settings: tools, remote: GitRemote(environment: common.environment),
        observe: Narrator(terminal: common.errorTerminal).observer)
      let outcome = try await step.check(isForced: true)
      if let trouble = outcome.trouble { common.note(ForeignText.safe("hubwatch: \(trouble)", limit: 1000)) }
      if outcome.asked > 0, outcome.failed == outcome.asked { code = .failed }
      upstreams = try catalog.upstreams()
    } else if let catalog = try Catalog.ifPresent(folder: loaded.places.state) {
      upstreams = try catalog.upstreams()
    }
    let rows = Self.rows(tools, upstreams)
    if json {
      try common.print(JSONOutput.document(Document(enabled: tools.enabled, tools: rows)))
    } else if rows.isEmpty {
      common.note(tools.enabled ? "tools.repositories names none." : "tools.enabled is false.")
    } else {
      try common.print(
        Self.table(rows).lines(width: common.terminal.width, style: common.terminal.style).joined(separator: "\n"))
    }
    return code
  }

  private struct Document: Encodable {
    let schema = "hubwatch.tools/1"
    let enabled: Bool
    let tools: [Row]
  }

  /// One repository; what is not known yet is null.
  struct Row: Encodable {
    let name: String
    let url: String
    let newestTag: String?
    let tags: Int
    let branch: String?
    let head: String?
    let changedAt: Date?
    let checkedAt: Date?
    let answeredAt: Date?
    let trouble: String?
    let failures: Int

    private enum CodingKeys: String, CodingKey {
      case name, url, newestTag, tags, branch, head, changedAt, checkedAt, answeredAt, trouble, failures
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(url, forKey: .url)
      try container.encode(newestTag, forKey: .newestTag)
      try container.encode(tags, forKey: .tags)
      try container.encode(branch, forKey: .branch)
      try container.encode(head, forKey: .head)
      try container.encode(changedAt, forKey: .changedAt)
      try container.encode(checkedAt, forKey: .checkedAt)
      try container.encode(answeredAt, forKey: .answeredAt)
      try container.encode(trouble, forKey: .trouble)
      try container.encode(failures, forKey: .failures)
    }
  }

  /// The repositories of the settings, in their order, with what the catalog knows of each.
  private static func rows(_ tools: Settings.Tools, _ upstreams: [UpstreamRecord]) -> [Row] {
    guard tools.enabled else { return [] }
    return zip(tools.repositories, RemoteAddress.names(tools.repositories)).map { address, name in
      let known = upstreams.first { $0.url == address.description }
      return Row(
        name: name, url: address.description, newestTag: known?.newestTag, tags: known?.tagCount ?? 0,
        branch: known?.branch, head: known?.head?.description, changedAt: known?.changedAt,
        checkedAt: known?.lastCheckedAt, answeredAt: known?.lastSuccessAt, trouble: known?.trouble,
        failures: known?.failures ?? 0)
    }
  }

  private static func table(_ rows: [Row]) -> Table {
    var table = Table([
      .init("TOOL", mayShrink: true), .init("NEWEST TAG", mayShrink: true), .init("HEAD"), .init("CHANGED"),
      .init("CHECKED"), .init("TROUBLE", mayShrink: true),
    ])
    for row in rows {
      table.add([
        .init(ForeignText.safe(row.name)), .init(row.newestTag.map { ForeignText.safe($0) } ?? "-"),
        .init(row.head.map { String($0.prefix(7)) } ?? "-"), .init(time(row.changedAt)), .init(time(row.checkedAt)),
        row.trouble.map { .init(ForeignText.oneLine($0, limit: 200), .bad) } ?? "",
      ])
    }
    return table
  }

  /// `2026-11-23 07:00`, in UTC as everywhere; `never` when there is none.
  private static func time(_ date: Date?) -> String {
    guard let date else { return "never" }
    return String(date.formatted(.iso8601).prefix(16)).replacing("T", with: " ")
  }
}
