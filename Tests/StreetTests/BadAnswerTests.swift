import Foundation
import TestSupport
import Testing

/// One page of a listing goes wrong; the others are read, and a person is told.
@Suite("Bad answers of the hub")
struct BadAnswerTests {
  private static let faults: [(HubFault, String)] = [
    (.html, "HTML"), (.deepJSON, "deeper than 64 levels"), (.gigabyte, "larger"), (.endless, "larger"),
    (.linkElsewhere, "its next page lies elsewhere"), (.brokenRows, "make no sense"),
  ]

  @Test func theTokenStaysWithTheHub() async throws {
    let present = Int(Date().timeIntervalSince1970)
    let hub = try SimulatedHub(
      SimulatedHub.Options(law: HubLaw(seed: 3, models: 300, now: present)) { Date().timeIntervalSince1970 })
    var program = try HouseProgram(
      endpoint: hub.endpoint,
      configuration: "\(HouseProgram.card)\n[watch]\nfirst_days = 3650\ndescribe = 0\nrecheck = 0\n")
    program.environment["HF_TOKEN"] = "hf_simulated"
    for request in 1...4 { hub.inject(.linkElsewhere, atRequest: request) }
    let poll = try await program.run("poll")
    #expect(poll.code == 0, "\(poll.errors)")
    #expect((poll.output + poll.errors).contains("its next page lies elsewhere"))
    #expect(!(poll.output + poll.errors).contains("hf_simulated"))
    #expect(!hub.tokenLeaked)
  }

  @Test(arguments: faults.indices)
  func oneBadPage(number: Int) async throws {
    let (fault, words) = Self.faults[number]
    let present = Int(Date().timeIntervalSince1970)
    let hub = try SimulatedHub(
      SimulatedHub.Options(law: HubLaw(seed: 3, models: 600, now: present)) { Date().timeIntervalSince1970 })
    let program = try HouseProgram(
      endpoint: hub.endpoint,
      configuration: "\(HouseProgram.card)\n[watch]\nfirst_days = 3650\ndescribe = 0\nrecheck = 0\n")
    hub.inject(fault, atRequest: 1)
    let poll = try await program.run("poll")
    #expect(poll.code == 0, "\(poll.errors)")
    let told = poll.output + poll.errors
    #expect(told.contains(words), "\(told)")
    #expect(!told.contains("\u{1B}") && told.utf8.count < 4000)
    // The other passes go over the same models.
    let digest = try await program.run("digest", "--json")
    let story = try #require(try JSONSerialization.jsonObject(with: Data(digest.output.utf8)) as? [String: Any])
    let gaps = try #require(story["gaps"] as? [String])
    #expect(gaps.contains { $0.contains(words) }, "\(gaps)")
    let counts = try #require(story["counts"] as? [String: Int])
    #expect((counts["polled"] ?? 0) > 500, "\(counts)")
    // The next poll makes up for what is missing.
    #expect(try await program.run("poll").code == 0)
    let known = try await program.run("list", "--all", "--limit", "10000", "--json")
    let list = try #require(try JSONSerialization.jsonObject(with: Data(known.output.utf8)) as? [String: Any])
    let ids = try #require(list["models"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    let expected = (0..<hub.count).map { hub.model($0) }.filter(\.isVisible).map(\.id)
    #expect(Set(ids) == Set(expected) && ids.count == expected.count)
  }
}
