import Foundation
import TestSupport
import Testing

@Suite("The demo")
struct DemoTests {
  @Test(.enabled(if: SharedData.smolLM2 != nil, "needs the real model (make model)"))
  func itWalksTheWholeStreetOnRealWeights() async throws {
    let folder = try TemporaryFolder()
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let weights = try #require(SharedData.smolLM2)
    let demo = try await program.run("demo", "--weights", weights, "--folder", "\(folder.path)/demo")
    #expect(demo.code == 0, "\(demo.errors)")
    #expect(
      demo.output.contains("6 models polled, all new: 1 passed, 1 failed, 1 too big, 1 gated, 1 without weights, 1"))
    #expect(demo.output.contains("has block scales that are NaN or infinite"))
    #expect(demo.output.contains("What models can do now"))
    #expect(demo.output.contains("first model within 8 GiB that passes"))
    #expect(demo.output.contains("· practice-tool  v1.1 (new tag) · "))
    #expect(demo.output.contains("$ hubwatch fit --vram 12"))
    // The person's own state and cache are not touched.
    #expect(!FileManager.default.fileExists(atPath: program.home.state))
    #expect(!FileManager.default.fileExists(atPath: program.home.cache))
  }

  @Test func withoutWeightsOrRoomItSaysSo() async throws {
    let folder = try TemporaryFolder()
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    let none = try await program.run("demo", "--weights", "/nonexistent.gguf")
    #expect(none.code == 1 && none.errors.contains("the demo's model is not at /nonexistent.gguf"))
    let file = "\(folder.path)/full"
    try Data(try TinyLlama.bytes()).write(to: URL(fileURLWithPath: file))
    let full = try await program.run("demo", "--weights", file, "--folder", folder.path)
    #expect(full.code == 1 && full.errors.contains("cannot be used for the demo"), "\(full)")
    let other = try await program.run("demo", "--weights", file, "--folder", "\(folder.path)/new")
    #expect(other.code == 65 && other.errors.contains("not the demo's model"), "\(other)")
  }
}
