import Domain
import Foundation
import HubServer
import TestSupport
import Testing

/// The digest as its user runs it: what it says that a command shows, that command shows.
@Suite("The digest on the street")
struct DigestVerbTests {
  private func house() async throws -> PracticeHouse {
    let house = try await PracticeHouse(
      configuration: "\(HouseProgram.card)\nautomatic = false\n[watch]\nmin_parameters = \"0\"\nmute = [\"loud\"]\n")
    for number in 0..<9 {
      try house.addRepo("maker/Fits-\(number)-GGUF", ["m.F16.gguf": try TinyLlama.bytes(seed: UInt64(number + 1))])
    }
    for number in 0..<8 {
      try house.addRepo("shut/Gated-\(number)-GGUF", ["m.F16.gguf": try TinyLlama.bytes(seed: UInt64(number + 20))]) {
        $0.gated = .manual
      }
    }
    for number in 0..<5 {
      try house.addRepo("soon/Empty-\(number)", ["README.md": Array("soon".utf8)]) { $0.tags = ["llama"] }
    }
    for number in 0..<4 { try house.addRepo("loud/Muted-\(number)-GGUF", ["m.F16.gguf": try TinyLlama.bytes()]) }
    #expect(try await house.program.run("poll").code == 0)
    return house
  }

  /// The commands of a text, between backticks.
  private func commands(_ text: String) -> [String] {
    text.replacing(/\n\s*/, with: " ").matches(of: /`(hubwatch digest[^`]*)`/).map { String($0.1) }
  }

  @Test(arguments: [60, 100])
  func whatIsCountedIsListedByTheCommandThatIsNamed(width: Int) async throws {
    let house = try await house()
    var program = house.program
    program.environment["COLUMNS"] = "\(width)"
    // Marked as read at once: the commands have to mean the same time all the same.
    let digest = try await program.run("digest", "--since", "2w", "--mark-read")
    #expect(digest.code == 0, "\(digest.errors)")
    let text = digest.output.replacing(/\n\s*/, with: " ")
    for (count, place, all) in [(5, "fits", 9), (3, "gated", 8), (5, "noWeights", 5), (4, "leftOut", 4)] {
      let command = try #require(commands(digest.output).first { $0.contains(" \(place)") }, "\(digest.output)")
      #expect(
        text.contains(all > count ? "and \(count) more: `\(command)`" : ": \(count), `\(command)`"), "\(digest.output)")
      let words = command.split(separator: " ").dropFirst().map(String.init)
      let listing = try await program.run(words)
      #expect(listing.code == 0, "\(listing.errors)")
      let lines = listing.output.split(separator: "\n")
      #expect(lines.count == all + 1 && lines[0].hasPrefix("\(all) models: "), "\(listing.output)")
      let json = try await program.run(words + ["--json"])
      let story = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      #expect((story["families"] as? [[String: Any]])?.count == all)
    }
    // Nothing is left for the next morning.
    #expect(try await program.run("poll").code == 0)
    let next = try await program.run("digest")
    #expect(
      next.output.split(separator: "\n").count == 1 && next.output.hasSuffix(": nothing new.\n"), "\(next.output)")
    await house.stop()
  }

  @Test func theBeginningCanBeSaidInManyWays() async throws {
    let house = try await house()
    for since in ["last", "yesterday", "1h", "2026-01-01", "2026-01-01T00:00:00Z"] {
      let digest = try await house.program.run("digest", "--since", since)
      #expect(digest.code == 0 && digest.output.contains("26 models polled"), "\(since): \(digest.output)")
      let window = since == "last" ? "" : " --since \(since == "1h" ? "20" : since)"
      #expect(commands(digest.output).contains { $0.hasPrefix("hubwatch digest\(window)") }, "\(digest.output)")
    }
    let future = try await house.program.run("digest", "--since", "2199-01-01T00:00:00Z")
    #expect(future.code == 0 && future.output.contains("Nothing new since"))
    for words in [["--since", "soon"], ["nowhere"], ["fits", "--mark-read"], ["fits", "--format", "html"]] {
      #expect(try await house.program.run(["digest"] + words).code == 64, "\(words)")
    }
    await house.stop()
  }
}
