import Foundation
import HubServer
import Testing

@Suite("A huge sparse file", .timeLimit(.minutes(1)))
struct HugeFileTests {
  static let announced = String(repeating: "ab", count: 32)

  static func fill(_ folder: TestFolder) throws {
    try folder.write("org/huge/huge.gguf", "GGUF")
    let file = try FileHandle(forUpdating: URL(filePath: folder.path + "/org/huge/huge.gguf"))
    try file.truncate(atOffset: 13_000_000_000)
    try file.close()
    try folder.describe("org/huge") { $0.files["huge.gguf"] = .init(sha256: announced) }
  }

  @Test("its announced hash is believed instead of being computed")
  func announcedHash() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let redirect = try await hub.hub.get("/org/huge/resolve/main/huge.gguf")
      #expect(redirect.header("X-Linked-Etag") == "\"\(Self.announced)\"")
      #expect(redirect.header("X-Linked-Size") == "13000000000")
      let target = hub.cdnTarget(of: redirect)
      let tail = try await hub.content.get(target, headers: ["Range: bytes=12999999000-"])
      #expect(tail.body == [UInt8](repeating: 0, count: 1000))
      #expect(try await hub.content.head(target).contentLength == 13_000_000_000)
    }
  }

  @Test("memory stays flat while it is sent")
  func memory() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let target = hub.cdnTarget(of: try await hub.hub.get("/org/huge/resolve/main/huge.gguf"))
      let before = try Self.peakKiB()
      let received = try await hub.content.drain(target, headers: ["Range: bytes=0-999999999"])
      #expect(received > 1_000_000_000)
      // Other tests run beside this one; a body that was held would need ten times as much.
      #expect(try Self.peakKiB() - before < 100 << 10)
    }
  }

  /// The most memory that this process ever held, in KiB.
  private static func peakKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
  }
}
