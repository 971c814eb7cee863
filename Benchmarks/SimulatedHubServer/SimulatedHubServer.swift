import ArgumentParser
import Foundation
import Glibc
import TestSupport

/// Serves a simulated hub until its standard input ends or it is terminated.
///
/// Whoever drives it may write lines: `insert 300` lets so many models appear at once, `requests` asks how many
/// requests were answered. Each is answered with a line.
@main
struct SimulatedHubServer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulated-hub",
    abstract: "Serves a hub of any size, computed from a seed, and prints HF_ENDPOINT for its clients.")

  @Option(help: "How many models it has.")
  var models = 1_000_000
  @Option(help: "What everything is computed from.")
  var seed: UInt64 = 1
  @Option(help: "The port of 127.0.0.1; 0 takes a free one.")
  var port: UInt16 = 0
  @Option(help: "The hub's present at its start, as 2026-06-19T09:40:33Z; the clock's unless said otherwise.")
  var now: String?
  @Option(help: "New models a minute while it runs.")
  var newPerMinute = 0
  @Option(help: "Requests to the API that five minutes allow.")
  var quota = 1_000_000_000

  mutating func validate() throws {
    guard (0...16_000_000).contains(models) else { throw ValidationError("--models: 0 to 16000000") }
    guard (0...100_000).contains(newPerMinute) else { throw ValidationError("--new-per-minute: 0 to 100000") }
    guard quota > 0 else { throw ValidationError("--quota: 1 or more") }
  }

  func run() throws {
    let began = Date().timeIntervalSince1970
    var start = began
    if let now {
      guard let date = try? Date(now, strategy: .iso8601) else {
        throw ValidationError("--now: not a time such as 2026-06-19T09:40:33Z")
      }
      start = date.timeIntervalSince1970
    }
    let shift = start - began
    var options = SimulatedHub.Options(law: HubLaw(seed: seed, models: models, now: Int(start))) {
      Date().timeIntervalSince1970 + shift
    }
    options.port = port
    options.quotas[.api] = quota
    let hub = try SimulatedHub(options)
    say("HF_ENDPOINT=\(hub.endpoint)")
    var line = ""
    var due = 0.0
    var last = began
    while true {
      var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      if poll(&input, 1, 1000) > 0 {
        var byte: UInt8 = 0
        guard read(0, &byte, 1) == 1 else { return }
        if byte == UInt8(ascii: "\n") {
          obey(line, hub)
          line = ""
        } else {
          line.unicodeScalars.append(Unicode.Scalar(byte))
        }
      }
      let present = Date().timeIntervalSince1970
      due += Double(newPerMinute) * max(0, present - last) / 60
      last = present
      if due >= 1 { hub.apply(.insert(Int(due))) }
      due -= due.rounded(.down)
    }
  }

  private func obey(_ line: String, _ hub: SimulatedHub) {
    let words = line.split(separator: " ")
    switch words.first {
    case "insert":
      guard words.count == 2, let number = Int(words[1]), (0...1_000_000).contains(number) else { return say("?") }
      hub.apply(.insert(number))
      say("inserted \(number)")
    case "requests": say("requests \(hub.requests)")
    default: say("?")
    }
  }

  private func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
