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
    let status = ControlCommand.status(json: json, width: common.terminal.width)
    if let code = try await Handover(places, common).askSystem(status, patience: 10) { return code }
    let sockets = ControlPlaces(state: places.state, environment: common.environment)
    var report = StateReport(places, settings, version: Version.text, now: Date())
    if let trouble { report.health.insert("the configuration cannot be used: \(trouble)", at: 0) }
    do {
      if let client = sockets.client { report.add(try await client.live()) }
    } catch ControlError.absent {
      // A dead daemon has left its socket.
    } catch let error as ControlError {
      report.health.append(error.problem)
    }
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
    if let daemon = report.daemon { lines += live(daemon) }
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

  /// What is under way, and when the jobs begin.
  private func live(_ daemon: LiveReport) -> [String] {
    var lines: [String] = []
    for job in daemon.jobs {
      if let since = job.since { lines += wrapped("At work: \(job.name), since \(time(since))") }
    }
    for errand in daemon.errands {
      let words = errand.isUnderWay ? "At work for somebody" : "Waiting for its turn"
      lines += wrapped("\(words): \(errand.words), asked \(time(errand.since))")
    }
    for file in daemon.transfers {
      let share = file.total > 0 ? Int(Double(file.done) / Double(file.total) * 100) : 0
      var text = "\(file.id)/\(file.path): \(share) % of \(ByteCount(file.total).asDisk)"
      if file.bytesPerSecond > 0 { text += ", \(ByteCount(Int64(file.bytesPerSecond)).asDisk)/s" }
      lines += wrapped(text, indent: 2)
    }
    let next = daemon.jobs.compactMap { job in job.nextAt.map { (job.name, $0) } }.sorted { $0.1 < $1.1 }
    if !next.isEmpty { lines += wrapped("Next: " + next.map { "\($0.0) \(time($0.1))" }.joined(separator: ", ")) }
    return lines
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
