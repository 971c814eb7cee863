import Foundation
import Glibc
import HubServer
import Watch

/// A daemon with a state of its own that watches a hub of its own, which has nothing.
final class RunningDaemon {
  private let process = Process()
  private let server: HubServer
  /// What the kernel knows of it.
  let memory: ProcessFacts
  /// Speaks to it.
  let client: ControlClient
  let environment: [String: String]

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Starts it and waits until it has done all that a start brings about, and is idle.
  init(_ program: String, folder: String) async throws {
    try FileManager.default.createDirectory(atPath: "\(folder)/hub", withIntermediateDirectories: true)
    // As many requests as ten thousand cycles make.
    var options = HubServerOptions()
    options.quotas = .init(api: 1_000_000_000, resolvers: 1_000_000_000, pages: 1_000_000_000)
    options.logCapacity = 1
    server = try HubServer(root: "\(folder)/hub", options: options)
    let endpoint = try await server.start().endpoint.absoluteString
    try Data(
      """
      [device]
      vram = 12
      [downloads]
      reserve = "0"
      automatic = false
      [tools]
      enabled = false

      """.utf8
    ).write(to: URL(fileURLWithPath: "\(folder)/config.toml"))
    environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder, "HUBWATCH_STATE": "\(folder)/state", "HF_ENDPOINT": endpoint,
      "HF_HUB_CACHE": "\(folder)/cache/hub", "HUBWATCH_CONFIG": "\(folder)/config.toml",
      // As under the unit, whose watchdog wants to hear of it.
      "NOTIFY_SOCKET": "\(folder)/notify", "WATCHDOG_USEC": "120000000",
    ]
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["daemon"]
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    guard FileManager.default.createFile(atPath: "\(folder)/errors", contents: nil) else {
      throw Failure(description: "\(folder) cannot be written")
    }
    process.standardError = FileHandle(forWritingAtPath: "\(folder)/errors")
    try process.run()
    memory = ProcessFacts(pid: process.processIdentifier)
    client = ControlClient(path: "\(folder)/state/control")
    try await settle(folder)
  }

  private func settle(_ folder: String) async throws {
    for _ in 0..<12_000 {
      guard process.isRunning else {
        throw Failure(
          description: "the daemon has ended: \(try String(contentsOfFile: "\(folder)/errors", encoding: .utf8))")
      }
      if let live = try? await client.live(), live.jobs.allSatisfy({ $0.since == nil }),
        let poll = live.jobs.first(where: { $0.name == "poll" })?.nextAt, poll.timeIntervalSinceNow > 600
      {
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Failure(description: "the daemon never comes to rest")
  }

  /// Stops both.
  func stop() async {
    process.terminate()
    process.waitUntilExit()
    await server.stop()
  }
}

/// What the kernel tells of a process.
struct ProcessFacts {
  let pid: Int32

  /// A line of `status` in bytes, such as `VmRSS`.
  func bytes(_ name: String) -> Int {
    number("/proc/\(pid)/status", name).map { $0 << 10 } ?? 0
  }

  /// How often each of its threads has gone to sleep of its own accord: each time somebody woke it up before.
  var sleeps: [String: Int] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return tasks.reduce(into: [:]) { sleeps, task in
      sleeps[task] = number("/proc/\(pid)/task/\(task)/status", "voluntary_ctxt_switches")
    }
  }

  /// How often somebody was woken up since `earlier`; what a thread did that has ended meanwhile nobody knows.
  func wakeUps(since earlier: [String: Int]) -> Int {
    sleeps.reduce(0) { $0 + $1.value - (earlier[$1.key] ?? 0) }
  }

  private func number(_ path: String, _ name: String) -> Int? {
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
  }
}
