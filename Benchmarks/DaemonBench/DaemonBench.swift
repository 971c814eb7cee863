import ArgumentParser
import BenchSupport
import BigCatalog
import Foundation
import Glibc
import Watch

/// Measures what a daemon costs that nobody notices: memory, wake-ups, and how soon it answers.
@main
struct DaemonBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daemon-bench",
    abstract: "Measures the daemon on a large catalog: memory, growth over cycles, wake-ups, answers.")

  @Option(help: "The installed program: the one with Swift's libraries inside.") var program: String
  @Option(help: "Models of the catalog.") var models = 100_000
  @Option(help: "Cycles after which growth is measured.") var cycles = 10_000
  @Flag(help: "A tenth of the cycles, and a shorter look at the idle daemon.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false

  private struct Report: Encodable {
    let models: Int
    /// Resident memory of the idle daemon.
    let idleBytes: Int
    /// Of that what no other process shares.
    let idleAnonymousBytes: Int
    /// The most that it has had since its start.
    let peakBytes: Int
    let cycles: Int
    /// Its own memory in each tenth of the cycles: the median of what it had after each of them, with the threads at work.
    let anonymousByTenth: [Int]
    /// What it had more of its own at rest after them than before them.
    let growthBytes: Int
    let afterCyclesBytes: Int
    let idleSeconds: Double
    let wakeUpsPerSecond: Double
    let statusSeconds: [Double]
    let digestSeconds: [Double]
    let roundTripSeconds: [Double]
  }

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "daemon-bench-\(getpid())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try BigCatalog.fill("\(folder)/state", models: models, at: Date().addingTimeInterval(-3600))
    let daemon = try await RunningDaemon(program, folder: folder)
    let report: Report
    do {
      report = try await measure(daemon, folder)
    } catch {
      await daemon.stop()
      throw error
    }
    await daemon.stop()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    } else {
      show(report)
    }
  }

  private func measure(_ daemon: RunningDaemon, _ folder: String) async throws -> Report {
    let facts = daemon.memory
    let seconds = quick ? 15.0 : 60.0
    // Threads that have nothing to do any more end within some seconds.
    try await Task.sleep(for: .seconds(10))
    let (sleeps, start) = (facts.sleeps, ContinuousClock.now)
    try await Task.sleep(for: .seconds(seconds))
    let passed = (ContinuousClock.now - start) / .seconds(1)
    let wakeUps = Double(facts.wakeUps(since: sleeps)) / passed
    let (idle, anonymous) = (facts.bytes("VmRSS"), facts.bytes("RssAnon"))
    var trips: [Double] = []
    for _ in 0..<100 {
      let start = ContinuousClock.now
      _ = try await daemon.client.live()
      trips.append((ContinuousClock.now - start) / .seconds(1))
    }
    let statuses = try (0..<5).map { _ in try coldRun(["status"], daemon, folder) }
    let digests = try (0..<5).map { _ in try coldRun(["digest"], daemon, folder) }
    let count = quick ? cycles / 10 : cycles
    // As many before those that count: until then the allocator's free pieces find their places.
    for _ in 0..<count { try await cycle(daemon) }
    let before = try await memoryAtRest(facts)
    var tenths: [Int] = []
    for _ in 0..<10 {
      var owned: [Int] = []
      for _ in 0..<max(1, count / 10) {
        try await cycle(daemon)
        owned.append(facts.bytes("RssAnon"))
      }
      // One after the other they tell when threads begin and end; what stays is in their middle.
      tenths.append(owned.sorted()[owned.count / 2])
    }
    return Report(
      models: models, idleBytes: idle, idleAnonymousBytes: anonymous, peakBytes: facts.bytes("VmHWM"),
      cycles: tenths.count * max(1, count / 10), anonymousByTenth: tenths,
      growthBytes: try await memoryAtRest(facts) - before,
      afterCyclesBytes: facts.bytes("VmRSS"), idleSeconds: passed,
      wakeUpsPerSecond: wakeUps, statusSeconds: statuses, digestSeconds: digests, roundTripSeconds: trips)
  }

  private func cycle(_ daemon: RunningDaemon) async throws {
    let end = try await daemon.client.ask(ControlRequest(.run))
    guard end.code == 0 else { throw RunningDaemon.Failure(description: "a cycle failed: \(end.problem)") }
  }

  /// Its own memory once the threads have ended that have nothing to do any more.
  private func memoryAtRest(_ facts: ProcessFacts) async throws -> Int {
    try await Task.sleep(for: .seconds(10))
    return facts.bytes("RssAnon")
  }

  /// Wall time of the program with neither it nor the database in the page cache.
  private func coldRun(_ arguments: [String], _ daemon: RunningDaemon, _ folder: String) throws -> Double {
    sync()
    for path in [program, "\(folder)/state/hubwatch.sqlite"] {
      let descriptor = open(path, O_RDONLY)
      guard descriptor >= 0 else { continue }
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
      close(descriptor)
    }
    return try Child(program, arguments, environment: daemon.environment, errors: "\(folder)/said").seconds
  }

  private func show(_ report: Report) {
    func mebibytes(_ bytes: Int) -> String { String(format: "%8.1f MiB", Double(bytes) / 1_048_576) }
    func median(_ values: [Double]) -> String {
      String(format: "%8.1f ms   best %8.1f ms", values.sorted()[values.count / 2] * 1000, (values.min() ?? 0) * 1000)
    }
    func line(_ name: String, _ value: String, _ bar: String = "") {
      print(
        "\(name.padding(toLength: 58, withPad: " ", startingAt: 0))\(value)\(bar.isEmpty ? "" : "   (at most \(bar))")")
    }
    print("daemon: \(report.models) models in the catalog")
    line("resident memory, idle", mebibytes(report.idleBytes), "40 MiB")
    line("  of that its own", mebibytes(report.idleAnonymousBytes))
    line("the most since its start", mebibytes(report.peakBytes))
    line(
      "growth over \(report.cycles) cycles, after as many before them", mebibytes(report.growthBytes), "0")
    let tenths = report.anonymousByTenth.map { String(format: "%.2f", Double($0) / 1_048_576) }
    line("  its own memory in each tenth, MiB", "    \(tenths.joined(separator: " "))")
    line("resident memory after them", mebibytes(report.afterCyclesBytes))
    line(
      "wake-ups, idle for \(Int(report.idleSeconds)) s", String(format: "%8.2f /s ", report.wakeUpsPerSecond), "1 /s")
    line("status, beside the daemon, cold start    median", median(report.statusSeconds), "50 ms")
    line("digest, beside the daemon, cold start    median", median(report.digestSeconds), "300 ms")
    line("question on the control socket           median", median(report.roundTripSeconds))
  }
}
