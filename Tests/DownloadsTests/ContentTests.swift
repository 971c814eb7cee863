import Domain
import LoopbackServer
import Testing

@testable import Downloads

@Suite("Contradictions of the hub")
struct ContentTests {
  /// An address that tells another size.
  private static func shifted(_ cdn: LoopbackServer, index: Int) -> [LoopbackServer.Step] {
    let facts = FaultyHub.linked(FaultyHub.small).map {
      $0.hasPrefix("X-Linked-Size") ? "X-Linked-Size: \(FaultyHub.small.bytes.count - 1)" : $0
    }
    return LoopbackServer.answer(302, headers: facts + ["Location: \(cdn.address("/blob?n=\(index)"))"])
  }

  @Test("C2 listing and address tell different sizes: listed once more, and nothing is allocated")
  func contradiction() async throws {
    var hub = FaultyHub(content: FaultyHub.small)
    hub.resolve = { index, cdn in Self.shifted(cdn, index: index) }
    let outcome = try await hub.download { ask, content in FaultyHub.right(ask, content) }
    outcome.expectRefusal(.blocked)
    let size = FaultyHub.small.bytes.count
    #expect(outcome.reason?.contains("\(size) bytes") == true && outcome.reason?.contains("\(size - 1) bytes") == true)
    #expect(outcome.asks.isEmpty && outcome.leftovers.isEmpty && outcome.listings == 1 && outcome.resolves == 2)
  }

  @Test("C2 an address that told another size once")
  func passingContradiction() async throws {
    var hub = FaultyHub(content: FaultyHub.small)
    hub.resolve = { index, cdn in index == 0 ? Self.shifted(cdn, index: index) : nil }
    let outcome = try await hub.download { ask, content in FaultyHub.right(ask, content) }
    outcome.expectRight()
    #expect(outcome.listings == 1 && outcome.resolves == 2)
  }

  @Test("C2 a listing that tells another size now")
  func listingChanged() async throws {
    var hub = FaultyHub(content: FaultyHub.small)
    hub.listedSize = FaultyHub.small.bytes.count + 1
    hub.resolve = { index, cdn in index == 0 ? Self.shifted(cdn, index: index) : nil }
    let outcome = try await hub.download { ask, content in FaultyHub.right(ask, content) }
    outcome.expectRefusal(.blocked)
    #expect(outcome.asks.isEmpty && outcome.leftovers.isEmpty)
  }

  @Test("C2 the header of the body tells another size")
  func headerContradicts() async throws {
    let outcome = try await FaultyHub(content: FaultyHub.small).download { _, content in
      LoopbackServer.answer(headers: ["ETag: \"a\""], body: Array(content.bytes.dropLast()))
    }
    outcome.expectRefusal(.blocked)
  }

  @Test("C15 an LFS pointer instead of the content")
  func pointer() async throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:\(FaultyHub.small.hash)\nsize 3000017\n"
    let outcome = try await FaultyHub(content: FaultyHub.small).download { ask, content in
      var body = Array(content.bytes[ask.range])
      if ask.range.lowerBound == 0 { body.replaceSubrange(0..<pointer.utf8.count, with: pointer.utf8) }
      return [.send(FaultyHub.head(ask, content) + body)]
    }
    outcome.expectRefusal(.blocked)
    #expect(outcome.reason?.contains("LFS pointer") == true)
  }
}
