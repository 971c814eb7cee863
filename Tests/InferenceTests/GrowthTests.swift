import Foundation
import Glibc
import TestSupport
import Testing

@testable import Inference

/// What a daemon that tests one model after the other must not do: grow. Each test has a process of its own, since others
/// would change what it counts.
@Suite("Nothing grows", .serialized)
struct GrowthTests {
  @Test func aThousandModelsComeAndGo() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = "\(folder.path)/m.gguf"
      try TinyLlama().writer().write(to: path)
      func comeAndGo() throws {
        let model = try LanguageModel(file: path, options: .init(threads: 2, contextLength: 64))
        let session = try model.session()
        _ = try session.prefill([1, 5, 7])
        _ = try session.decode(9)
      }
      for _ in 0..<100 { try comeAndGo() }
      let before = try Footprint.current()
      for _ in 0..<1000 { try comeAndGo() }
      try Footprint.current().expectNoGrowth(since: before)
    }
  }

  @Test func tenThousandTokensOfOneSession() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = "\(folder.path)/m.gguf"
      try TinyLlama().writer().write(to: path)
      let model = try LanguageModel(file: path, options: .init(threads: 2, contextLength: 512))
      var tokens = 0
      func continueText() throws {
        // The context ends the text.
        let result = try model.generate(prompt: "the", options: .init(maxTokens: 1000, ignoresEnd: true))
        tokens += result.ids.count
      }
      for _ in 0..<2 { try continueText() }
      let before = try Footprint.current()
      while tokens < 11_000 { try continueText() }
      try Footprint.current().expectNoGrowth(since: before)
    }
  }

  @Test func modelsThatCannotBeRunLeaveNothing() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = "\(folder.path)/m.gguf"
      var model = TinyLlama()
      model.isHollow = true
      var writer = try model.writer()
      writer.set("general.architecture", .string("unheard of"))
      try writer.write(to: path)
      func refuse() { #expect(throws: (any Error).self) { try LanguageModel(file: path) } }
      for _ in 0..<100 { refuse() }
      let before = try Footprint.current()
      for _ in 0..<1000 { refuse() }
      try Footprint.current().expectNoGrowth(since: before)
    }
  }
}

/// What this process holds.
struct Footprint {
  /// Bytes in memory.
  let resident: Int
  let threads: Int
  let descriptors: Int
  let mappings: Int

  static func current() throws -> Footprint {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return Footprint(
      resident: (Int(pages[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))),
      threads: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count,
      descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count,
      mappings: try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").count)
  }

  /// A page for every fourth of a thousand rounds would be too much; the allocator takes some for itself.
  func expectNoGrowth(since other: Footprint) {
    #expect(resident - other.resident < 1 << 20)
    #expect(threads <= other.threads && descriptors <= other.descriptors)
    #expect(mappings <= other.mappings + 8)
  }
}
