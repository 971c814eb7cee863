import BenchSupport
import Catalog
import Foundation
import Hub

/// The measurements, one after the other on one hub.
struct Bench {
  let hub: HubProcess
  /// Where the built programs lie.
  let programs: String
  /// Where the catalogs lie.
  let place: String
  let size: Int
  let isQuick: Bool
  var report: Report
  private var catalogs = 0

  init(hub: HubProcess, programs: String, place: String, size: Int, isQuick: Bool) {
    self.hub = hub
    self.programs = programs
    self.place = place
    self.size = size
    self.isQuick = isQuick
    report = Report(hubModels: size)
  }

  /// Where the children's standard error goes.
  private var errors: String { "\(place)/errors" }

  private func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

  private mutating func newState() throws -> String {
    catalogs += 1
    let path = "\(place)/state-\(catalogs)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  // MARK: Against the official client

  /// Both sides read the same models of the same hub, in turn.
  mutating func rates(python: String?) throws {
    let rows = min(size / 2, 100_000)
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "list_models.py").path
    let usable = python.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? $0 : nil }
    if usable != nil { report.python = Report.Rate() }
    let rounds = isQuick ? 3 : 5
    for round in 1...rounds {
      note("listing \(rows) models, round \(round) of \(rounds)")
      if let usable {
        let child = try Child(
          usable, [script, "gguf", "\(rows)"] + ModelQuery.pollMembers,
          environment: ["HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HOME": "\(place)/python"],
          errors: errors)
        struct Outcome: Codable { var models: Int, seconds: Double, cpu: Double }
        let outcome = try JSONDecoder().decode(Outcome.self, from: child.output)
        report.python?.add(models: outcome.models, seconds: outcome.seconds, cpu: outcome.cpu)
      }
      // What follows from the listing takes longer than the listing; once is enough.
      let derives = round == rounds ? ["--derive"] : []
      let outcome = try record(["--filter", "gguf", "--models", "\(rows)"] + derives)
      report.hubwatch.add(models: outcome.models, seconds: outcome.seconds, cpu: outcome.cpu)
      report.derivedRate = outcome.deriving.map { Double(outcome.models) / (outcome.seconds + $0) }
    }
  }

  private mutating func record(_ arguments: [String]) throws -> RecordMode.Outcome {
    let state = try newState()
    defer { try? FileManager.default.removeItem(atPath: state) }
    let child = try Child(
      "\(programs)/poll-bench", ["record", "--endpoint", hub.endpoint, "--state", state] + arguments, errors: errors)
    return try JSONDecoder().decode(RecordMode.Outcome.self, from: child.output)
  }

  // MARK: Memory

  mutating func memory() throws {
    for pages in [50, 500, 1000] where pages * 1000 <= size || pages == 50 {
      note("memory of \(pages) pages")
      let outcome = try record(["--pages", "\(pages)"])
      report.memory.append(
        .init(pages: min(pages, (outcome.models + 999) / 1000), models: outcome.models, peak: outcome.peak))
    }
  }

  // MARK: Few and many known

  /// Two catalogs watch one hub: one of its last days, one of everything. Then 300 models appear, and both poll.
  mutating func polls() throws {
    // The newest three days are some ten thousand models.
    let few = try newState()
    let many = try newState()
    var fewKnown = try fill(few, days: isQuick ? 1 : 3)
    var manyKnown = try fill(many, days: 36_500)
    for isWhole in [false, true] {
      let rounds = isQuick ? 3 : 5
      for round in 1...rounds {
        note("polls with 300 new, \(isWhole ? "as set up by default" : "listing only"), round \(round) of \(rounds)")
        try hub.insert(300)
        let days = isQuick ? 1 : 3
        // Whoever is first warms nothing for the other: each has a catalog and a process of its own.
        for isMany in round % 2 == 0 ? [true, false] : [false, true] {
          let (child, requests) = try poll(isMany ? many : few, days: isMany ? 36_500 : days, isWhole: isWhole)
          func add(_ polls: inout Report.Polls) {
            polls.cpu.append(child.cpu)
            polls.seconds.append(child.seconds)
            polls.requests.append(requests)
            polls.peak.append(child.peak)
          }
          switch (isMany, isWhole) {
          case (false, false): add(&fewKnown.listing)
          case (false, true): add(&fewKnown.whole)
          case (true, false): add(&manyKnown.listing)
          case (true, true): add(&manyKnown.whole)
          }
        }
      }
    }
    report.few = fewKnown
    report.many = manyKnown
  }

  private func fill(_ state: String, days: Int) throws -> Report.Known {
    note("filling a catalog with the last \(days) days")
    let (child, requests) = try poll(state, days: days, isWhole: false)
    // `1000000 models known, 1000000 of them new.`
    let words = String(decoding: child.output, as: UTF8.self).split(separator: "\n").last?.split(separator: " ")
    guard let models = words?.first.flatMap({ Int($0) }) else {
      throw Child.Failure(description: "hubwatch poll does not say how many models it knows")
    }
    // Whoever closes the catalog last moves the write-ahead log into it.
    do { _ = try Catalog(folder: state) }
    let bytes = try ["hubwatch.sqlite", "hubwatch.sqlite-wal"].reduce(0) { sum, name in
      guard FileManager.default.fileExists(atPath: "\(state)/\(name)") else { return sum }
      let size = try FileManager.default.attributesOfItem(atPath: "\(state)/\(name)")[.size] as? NSNumber
      return sum + (size?.intValue ?? 0)
    }
    return .init(
      models: models, fillSeconds: child.seconds, fillCPU: child.cpu, fillRequests: requests, fillPeak: child.peak,
      bytes: bytes)
  }

  private func poll(_ state: String, days: Int, isWhole: Bool) throws -> (Child, requests: Int) {
    let looks = isWhole ? "" : "describe = 0\nrecheck = 0\n"
    let configuration =
      "[watch]\nfirst_days = \(days)\npages = 100000\n\(looks)[device]\nvram = 12\n[tools]\nenabled = false\n"
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(place)/config.toml"))
    let before = try hub.requests()
    let child = try Child(
      "\(programs)/hubwatch", ["poll"],
      environment: [
        "HF_ENDPOINT": hub.endpoint, "HUBWATCH_STATE": state, "HUBWATCH_CONFIG": "\(place)/config.toml",
        "HOME": place, "HF_HOME": "\(place)/huggingface",
      ], errors: errors)
    return (child, try hub.requests() - before)
  }
}
