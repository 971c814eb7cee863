import Foundation
import TestSupport
import Testing

@Suite("Logs for programs")
struct LogFormatTests {
  @Test func everyLineOfARunIsAnObject() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    try house.program.home.write(configuration: HouseProgram.card + "\n[log]\nformat = \"json\"\nlevel = \"info\"\n")
    var program = house.program
    program.environment["JOURNAL_STREAM"] = "1:2"
    let run = try await program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    var messages: [String] = []
    for line in run.errors.split(separator: "\n") {
      // journald takes the priority away.
      let match = try #require(line.wholeMatch(of: /<[2-7]>(\{.*\})/), "\(line)")
      let object = try JSONSerialization.jsonObject(with: Data(match.1.utf8))
      let fields = try #require(object as? [String: String])
      #expect(fields["time"] != nil && fields["level"] != nil)
      messages.append(fields["message"] ?? "")
      if fields["message"] == "fetched" { #expect(fields["model"] == "tiny/llama-GGUF") }
    }
    for message in ["listed", "described", "chosen", "fetched", "tested"] {
      #expect(messages.contains(message), "\(messages)")
    }
    await house.stop()
  }
}
