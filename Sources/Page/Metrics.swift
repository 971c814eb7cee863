import Catalog
import Domain
import Foundation

/// What Prometheus reads: the text exposition format, version 0.0.4.
///
/// Names follow its conventions: base units, `_total` only for what never falls, one prefix.
struct Metrics {
  /// The type that answers have.
  static let type = "text/plain; version=0.0.4; charset=utf-8"

  /// What a family of samples is.
  private enum Kind: String { case gauge, counter }

  private var text = ""

  /// Everything about one moment.
  ///
  /// - Parameters:
  ///   - tally: nil before anything was recorded.
  ///   - arriving: bytes of copies on their way: what has arrived, and what is still to come.
  static func render(
    _ tally: CatalogTally?, _ standing: PageHouse.Standing, arriving: (arrived: Int64, missing: Int64),
    versions: [(name: String, version: String)]
  ) -> String {
    var metrics = Metrics()
    metrics.add(
      "hubwatch_build_info", .gauge, "What the program is made of; always 1.",
      [(versions.map { ($0.name, $0.version) }, 1)])
    metrics.add("hubwatch_healthy", .gauge, "1 when nothing is the matter.", standing.health.isEmpty ? 1 : 0)
    metrics.add(
      "hubwatch_troubles", .gauge, "Things that are the matter now.", Double(standing.health.count))
    metrics.add("hubwatch_at_work", .gauge, "1 when a process holds the state.", standing.worker == nil ? 0 : 1)
    metrics.add(
      "hubwatch_disk_quota_bytes", .gauge, "Bytes that downloads may take.", Double(standing.quotaBytes))
    if let free = standing.freeBytes {
      metrics.add("hubwatch_disk_free_bytes", .gauge, "Bytes that can be written on the models' disk.", Double(free))
    }
    if let reserve = standing.reserveBytes {
      metrics.add("hubwatch_disk_reserve_bytes", .gauge, "Bytes of that disk that stay free.", Double(reserve))
    }
    if let next = standing.nextCycleAt {
      metrics.add(
        "hubwatch_next_cycle_timestamp_seconds", .gauge, "When the next cycle begins.", next.timeIntervalSince1970)
    }
    if let outbox = standing.outbox {
      metrics.add("hubwatch_outbox_messages", .gauge, "Digests that wait to be delivered.", Double(outbox))
    }
    guard let tally else { return metrics.text }
    metrics.add(
      "hubwatch_models", .gauge, "Repositories in the catalog, by state.",
      RepoState.allCases.map { ([("state", $0.rawValue)], Double(tally.repos[$0] ?? 0)) })
    metrics.add("hubwatch_families", .gauge, "Families of repositories.", Double(tally.families))
    metrics.add(
      "hubwatch_copies", .gauge, "Copies of quantizations, by state.",
      CopyState.allCases.map { ([("state", $0.rawValue)], Double(tally.copies[$0]?.count ?? 0)) })
    metrics.add(
      "hubwatch_copies_bytes", .gauge, "Bytes of the files of copies, by state.",
      CopyState.allCases.map { ([("state", $0.rawValue)], Double(tally.copies[$0]?.bytes ?? 0)) })
    metrics.add(
      "hubwatch_disk_used_bytes", .gauge, "Bytes that downloads take or have reserved.", Double(tally.usedBytes))
    metrics.add(
      "hubwatch_download_arrived_bytes", .gauge, "Bytes of copies on their way that have arrived.",
      Double(arriving.arrived))
    metrics.add(
      "hubwatch_download_missing_bytes", .gauge, "Bytes of copies on their way that are still to come.",
      Double(arriving.missing))
    metrics.add(
      "hubwatch_smoke_tests_total", .counter, "Smoke tests that were run, by verdict.",
      SmokeVerdict.allCases.map { ([("verdict", $0.rawValue)], Double(tally.smokes[$0] ?? 0)) })
    metrics.add("hubwatch_cycles_total", .counter, "Cycles that were begun.", Double(tally.cycles))
    if let cycle = tally.lastEnded, let end = cycle.endedAt {
      metrics.add(
        "hubwatch_last_cycle_timestamp_seconds", .gauge, "When the last whole cycle ended.", end.timeIntervalSince1970)
      metrics.add(
        "hubwatch_last_cycle_duration_seconds", .gauge, "How long it took.",
        max(0, end.timeIntervalSince(cycle.startedAt)))
      metrics.add(
        "hubwatch_last_cycle_success", .gauge, "1 when it had no trouble.", cycle.trouble == nil ? 1 : 0)
    }
    if let recorded = tally.lastRecordedAt {
      metrics.add(
        "hubwatch_last_poll_news_timestamp_seconds", .gauge,
        "When a poll met something new or changed for the last time.",
        recorded.timeIntervalSince1970)
    }
    metrics.add(
      "hubwatch_tools_silent", .gauge, "Watched git repositories that did not answer.", Double(tally.silentTools))
    return metrics.text
  }

  private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [([], value)])
  }

  private mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]
  ) {
    text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
    for (labels, value) in samples {
      let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
      text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
    }
  }

  /// A label's value: backslash, quote and line end are escaped.
  static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// Whole numbers without a point, since they are easier to read.
  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 9e15 ? "\(Int64(value))" : "\(value)"
  }
}
