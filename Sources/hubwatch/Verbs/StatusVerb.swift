import ArgumentParser
import Console
import Domain
import Foundation
import Settings
import Watch

/// What is going on?
struct StatusVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Says who is at work, what waits for what and until when, and whether all is well.",
    discussion: "It only looks, and may do so beside a daemon. 78 when the catalog cannot be read.")

  @OptionGroup var common: CommonOptions
  @Flag(help: "One JSON document.") var json = false

  func work() async throws -> Domain.ExitCode {
    var (places, settings, trouble) = (Places(environment: common.environment), Settings(), String?.none)
    do {
      let loaded = try LoadedSettings(environment: common.environment)
      (places, settings) = (loaded.places, loaded.settings)
    } catch {
      // It is what a person looks for here, and no reason to say nothing else.
      trouble = error.problem
    }
    var report = StateReport(places, settings, version: Version.text, now: Date())
    if let trouble { report.health.insert("the configuration cannot be used: \(trouble)", at: 0) }
    if json {
      try common.print(JSONOutput.document(report))
    } else {
      let text = StatusText(width: min(80, common.terminal.width), style: common.terminal.style)
      try common.print(text.render(report))
    }
    return report.isReadable ? .done : .unusableSetup
  }
}

/// The report for a terminal.
struct StatusText {
  let width: Int
  let style: Style

  /// The whole report, without a final line end.
  func render(_ report: StateReport) -> String {
    var lines = wrapped("hubwatch \(report.versions.hubwatch): \(work(report))").map { style.paint($0, .heading) }
    if !report.isRecorded, report.isReadable {
      lines += wrapped("Nothing has been recorded in \(report.state) yet; `hubwatch poll` begins.")
    }
    if let cycle = report.lastCycle {
      let end = cycle.endedAt.map { "ended \(time($0))" } ?? (report.holder == nil ? "was cut off" : "under way")
      lines += wrapped("Last cycle: began \(time(cycle.startedAt)), \(end)")
    }
    if let next = report.nextCycleAt { lines += wrapped("Next cycle: \(time(next))") }
    lines += copies(report)
    lines += [""] + wrapped(disk(report.disk))
    if let estimates = report.estimates {
      let loads = estimates.loads == 1 ? "1 load" : "\(estimates.loads) loads"
      let error = ByteCount.decimal(estimates.meanError * 100, places: 1)
      lines += wrapped("Memory: estimates off by ±\(error) % over \(loads)")
    }
    if let snapshot = report.snapshotAt { lines += wrapped("Snapshot of the catalog: \(time(snapshot))") }
    lines += outbox(report)
    let versions = report.versions
    lines += wrapped(
      "Libraries: libcurl \(versions.libcurl), \(versions.tls), SQLite \(versions.sqlite), Swift \(versions.swift)")
    if report.health.isEmpty { return (lines + ["Health: all well"]).joined(separator: "\n") }
    for trouble in report.health { lines += wrapped("Trouble: \(trouble)").map { style.paint($0, .warning) } }
    return lines.joined(separator: "\n")
  }

  private func work(_ report: StateReport) -> String {
    guard let holder = report.holder else { return "nobody is at work" }
    let pid = holder.pid.map { ", pid \($0)" } ?? ""
    return "at work\(pid)" + (holder.since.map { ", since \(time($0))" } ?? "")
  }

  private func copies(_ report: StateReport) -> [String] {
    var lines: [String] = []
    for copy in report.copies {
      let isBad = [.quarantined, .blocked, .lost].contains(copy.state)
      let head = "\(copy.state.rawValue)  \(copy.id)  \(copy.quantization)  \(ByteCount(copy.bytes).asDisk)"
      lines += [""] + wrapped(head).map { style.paint($0, isBad ? .bad : .strong) }
      var facts = "since \(time(copy.since))"
      if let next = copy.nextTryAt { facts += ", next try \(time(next))" }
      lines += wrapped(facts, indent: 2)
      if let reason = copy.reason { lines += wrapped(reason, indent: 2) }
    }
    return lines
  }

  private func disk(_ disk: StateReport.Disk) -> String {
    var parts: [String] = []
    if let free = disk.freeBytes, let reserve = disk.reserveBytes {
      parts.append("\(ByteCount(free).asDisk) free, of which \(ByteCount(reserve).asDisk) stay free")
    }
    parts.append("\(ByteCount(disk.usedBytes).asDisk) of the quota of \(ByteCount(disk.quotaBytes).asDisk) taken")
    return "Disk: " + parts.joined(separator: "; ")
  }

  /// `2026-11-23 07:00 UTC`.
  func time(_ date: Date) -> String {
    String(date.formatted(.iso8601).prefix(16)).replacing("T", with: " ") + " UTC"
  }

  func wrapped(_ text: String, indent: Int = 0) -> [String] {
    WrappedText.lines(text, width: width, indent: indent)
  }
}
