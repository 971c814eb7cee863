import Foundation
import HubServer
import TestSupport
import Testing

@Suite("What a person picks out of the catalog")
struct ColumnTests {
  @Test func columnsDaysAndCopies() async throws {
    let house = try await PracticeHouse(configuration: "\(HouseProgram.card)\n[watch]\nmin_parameters = \"0\"\n")
    try house.addRepo("maker/Tiny-1B-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()]) {
      $0.tags = ["gguf", "license:mit"]
    }
    #expect(try await house.program.run("poll").code == 0)
    let picked = try await house.program.run("list", "--columns", "licence,model,seen", "--since", "1h")
    let lines = picked.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.first == ["LICENCE", "MODEL", "SEEN"], "\(picked.errors)")
    #expect(lines.last?.prefix(2) == ["mit", "maker/Tiny-1B-GGUF"])
    let tomorrow = Date.now.addingTimeInterval(2 * 86_400).formatted(.iso8601.year().month().day())
    for mode in [["--models"], []] {
      let none = try await house.program.run(["list", "--since", tomorrow] + mode)
      #expect(none.code == 0 && none.output.isEmpty && !none.errors.isEmpty)
    }
    let unknown = try await house.program.run("list", "--columns", "model,nonsense")
    #expect(unknown.code == 64 && unknown.errors.contains("licence, gated"))
    #expect(try await house.program.run("list", "--since", "soon").code == 64)

    #expect(try await house.program.run("pull", "maker/Tiny-1B-GGUF").code == 0)
    let shown = try await house.program.run("show", "maker/Tiny-1B-GGUF")
    #expect(
      shown.output.contains(/copy +F16, .*, commit [0-9a-f]{12}, verified/))
    await house.stop()
  }
}
