import Catalog
import Domain
import Foundation
import TestSupport
import Testing
import Watch

@Suite("What is going on")
struct StatusTests {
  private func document(_ outcome: HouseProgram.Outcome) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test func beforeAnythingWasRecorded() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let text = try await program.run("status")
    #expect(text.code == 0 && text.output.contains("nobody is at work"), "\(text)")
    #expect(text.output.contains("Nothing has been recorded in"))
    let json = try document(try await program.run("status", "--json"))
    #expect(json["schema"] as? String == "hubwatch.status/1")
    #expect(json["holder"] is NSNull && json["lastCycle"] is NSNull && (json["copies"] as? [Any])?.isEmpty == true)
    // It has only looked.
    #expect(!FileManager.default.fileExists(atPath: program.home.state))
  }

  @Test func howFarEstimatesWereOffIsSaid() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let before = try document(try await program.run("status", "--json"))
    #expect(before["estimates"] is NSNull)
    do {
      let catalog = try Catalog(folder: program.home.state)
      let file = ModelFile(
        path: try #require(RepoPath("m.gguf")), size: 1000,
        hash: try #require(ContentHash(String(repeating: "c", count: 64))))
      let copy = try catalog.want(
        repo: try #require(RepoID("org/model")), commit: try #require(CommitHash(String(repeating: "1", count: 40))),
        quantization: "Q4_0", files: [file], byHand: false, at: Date())
      for peak in [1_020, 990] as [Int64] {
        var smoke = SmokeRecord(
          copy: copy.id, at: Date(), verdict: .pass, reasons: [], tokensPerSecond: 1, perplexity: 2, sample: nil)
        (smoke.peakMemoryBytes, smoke.estimateBytes) = (peak, 1_000)
        try catalog.record(smoke)
      }
    }
    #expect(try await program.run("status").output.contains("estimates off by ±1.5 % over 2 loads"))
    let estimates = try #require(try document(try await program.run("status", "--json"))["estimates"] as? [String: Any])
    #expect(estimates["loads"] as? Int == 2)
    #expect(abs((estimates["meanError"] as? Double ?? 0) - 0.015) < 1e-9)
  }

  @Test("P14 versions") func theLibrariesAreNamed() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let json = try document(try await program.run("status", "--json"))
    let versions = try #require(json["versions"] as? [String: String])
    for name in ["hubwatch", "swift", "libcurl", "tls", "sqlite"] {
      #expect(versions[name]?.contains(/[0-9]+\.[0-9]+/) == true, "\(name): \(versions[name] ?? "missing")")
    }
    #expect(versions["tls"]?.hasPrefix("OpenSSL/") == true)
  }

  @Test("I8 every trouble is visible") func everyCopyThatIsNotWhereItShallBe() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let evil = "no \u{1b}[31mroom\u{202e} for it " + String(repeating: "wide ", count: 60)
    let blockedSince = Date(timeIntervalSinceNow: -3600)
    do {
      let catalog = try Catalog(folder: program.home.state)
      for (number, state) in CopyState.allCases.enumerated() {
        let path = try #require(RepoPath("m\(number).gguf"))
        let hash = try #require(ContentHash(String(repeating: "c", count: 63) + "\(number)"))
        let copy = try catalog.want(
          repo: try #require(RepoID("org/\(state.rawValue)-\(String(repeating: "x", count: 70))")),
          commit: try #require(CommitHash(String(repeating: "1", count: 40))), quantization: "Q4_0",
          files: [ModelFile(path: path, size: 1000, hash: hash)], byHand: false, at: blockedSince)
        try catalog.setState(ofCopy: copy.id, state, reason: evil, at: blockedSince)
      }
      let cycle = try catalog.beginCycle(at: blockedSince)
      try catalog.endCycle(cycle, trouble: "the hub was down", at: Date())
    }
    let lock = try StateLock(folder: program.home.state)
    let json = try document(try await program.run("status", "--json"))
    let copies = try #require(json["copies"] as? [[String: Any]])
    #expect(
      Set(copies.compactMap { $0["state"] as? String })
        == ["wanted", "downloading", "waiting", "blocked", "quarantined", "lost"])
    for copy in copies {
      #expect(copy["reason"] as? String == evil && copy["since"] is String && copy["bytes"] as? Int == 1000)
      // A day after it was blocked, it is tried again.
      #expect((copy["state"] as? String == "blocked") == (copy["nextTryAt"] is String))
    }
    #expect((json["holder"] as? [String: Any])?["pid"] as? Int32 == ProcessInfo.processInfo.processIdentifier)
    #expect((json["disk"] as? [String: Any])?["usedBytes"] as? Int == 6000)
    #expect(json["health"] as? [String] == ["last cycle: the hub was down"])

    let text = try await program.run("status")
    #expect(text.code == 0 && text.output.contains("at work, pid \(ProcessInfo.processInfo.processIdentifier)"))
    #expect(!text.output.contains("\u{1b}") && !text.output.contains("\u{202e}"))
    for line in text.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    #expect(text.output.contains("Trouble: last cycle: the hub was down"))
    withExtendedLifetime(lock) {}
  }

  @Test func aBrokenConfigurationIsNoReasonToSayNothing() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9", configuration: "[device]\nvarm = 3\n")
    let status = try await program.run("status")
    #expect(status.code == 0 && status.output.contains("the configuration cannot be used"), "\(status)")
  }

  @Test("P9 status of a corrupt database") func aDamagedDatabaseIsTold() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    do { _ = try Catalog(folder: program.home.state) }
    try Data(repeating: 0, count: 9000).write(to: URL(fileURLWithPath: "\(program.home.state)/hubwatch.sqlite"))
    let status = try await program.run("status")
    #expect(status.code == 78 && status.output.contains("Trouble:"), "\(status)")
  }
}
