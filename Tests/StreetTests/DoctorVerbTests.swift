import Catalog
import Domain
import Foundation
import TestSupport
import Testing

/// The verb on the machine at hand, which may have troubles of its own.
@Suite("The doctor's verb")
struct DoctorVerbTests {
  private func findings(_ outcome: HouseProgram.Outcome) throws -> [[String: String]] {
    let json = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(json["schema"] as? String == "hubwatch.doctor/1")
    let checks = try #require(json["checks"] as? [String])
    #expect(checks.count >= 30)
    let findings = try #require(json["findings"] as? [[String: String]])
    for finding in findings {
      #expect(Set(finding.keys) == ["check", "severity", "problem", "consequence", "command"])
      #expect(checks.contains(finding["check"] ?? "") && finding["command"]?.isEmpty == false)
    }
    let isWell = !findings.contains { $0["severity"] == "trouble" }
    #expect(outcome.code == (isWell ? 0 : 1))
    return findings
  }

  @Test func troubleIsOne() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9", configuration: "[device]\nvarm = 3\n")
    let found = try findings(try await program.run("doctor", "--json"))
    #expect(found.contains { $0["check"] == "configuration" && $0["problem"]?.contains("varm") == true })
    let text = try await program.run("doctor")
    #expect(text.code == 1 && text.output.contains("\n  $ ${EDITOR:-editor} "), "\(text)")
    #expect(text.output.hasPrefix("hubwatch doctor: "))
  }

  @Test func foreignTextIsNotObeyed() async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let evil = "no \u{1b}[31mroom\u{202e} for it"
    do {
      let catalog = try Catalog(folder: program.home.state)
      let file = ModelFile(
        path: try #require(RepoPath("m.gguf")), size: 1000,
        hash: try #require(ContentHash(String(repeating: "c", count: 64))))
      let copy = try catalog.want(
        repo: try #require(RepoID("org/model")), commit: try #require(CommitHash(String(repeating: "1", count: 40))),
        quantization: "Q4_0", files: [file], byHand: false, at: Date())
      try catalog.setState(ofCopy: copy.id, .quarantined, reason: evil, at: Date())
    }
    for arguments in [["doctor"], ["doctor", "--json"]] {
      let outcome = try await program.run(arguments)
      #expect(outcome.code == 1 && outcome.output.contains("org/model"), "\(outcome)")
      #expect(!outcome.output.contains("\u{1b}") && !outcome.output.contains("\u{202e}"))
    }
  }

  @Test func theHubIsAskedOnDemand() async throws {
    let house = try await PracticeHouse()
    let answered = try findings(try await house.program.run("doctor", "--json", "--online"))
    #expect(!answered.contains { $0["check"] == "hub" }, "\(answered)")
    #expect(await house.server.requests.count == 1)
    await house.stop()
    let silent = try findings(try await house.program.run("doctor", "--json", "--online"))
    #expect(silent.contains { $0["check"] == "hub" }, "\(silent)")
    let unasked = try findings(try await house.program.run("doctor", "--json"))
    #expect(!unasked.contains { $0["check"] == "hub" })
  }
}
