import HTTP
import LoopbackServer
import Testing

@Suite("Compressed bodies")
struct CompressionTests {
  /// `[1,2,3]` ten times, by gzip.
  private static let small = bytes("1f8b08000000000002038b36d431d2318e8da68c020059f7630246000000")
  /// The beginning of eight MiB of zeros by gzip; each further zero byte stands for about 1,000 of them.
  private static let bomb =
    bytes("1f8b0800000000000203ecc101010000008090feafee080a") + [UInt8](repeating: 0, count: 1 << 16)

  private static func bytes(_ digits: String) -> [UInt8] {
    let nibbles = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: nibbles.count, by: 2).map { UInt8(nibbles[$0] * 16 + nibbles[$0 + 1]) }
  }

  private static func server(_ body: [UInt8]) -> LoopbackServer {
    LoopbackServer { _ in LoopbackServer.answer(headers: ["Content-Encoding: gzip"], body: body) }
  }

  @Test(
    "C7 what was not asked for is not unpacked",
    arguments: ["zstd", "br", "deflate", "gzip, gzip", "gzip,zstd"])
  func otherEncodings(name: String) async throws {
    let server = LoopbackServer { _ in
      LoopbackServer.answer(headers: ["Content-Encoding: \(name)"], body: [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 1, 0, 0])
    }
    let client = try makeClient()
    await #expect {
      _ = try await client.data(for: HTTPRequest(.get, server.url()))
    } throws: { ($0 as? HTTPError)?.kind == .malformed }
  }

  @Test func gzipIsUndone() async throws {
    let server = Self.server(Self.small)
    let response = try await makeClient().data(for: HTTPRequest(.get, server.url()))
    #expect(String(decoding: response.body, as: UTF8.self) == String(repeating: "[1,2,3]", count: 10))
  }

  @Test("C7 a gzip bomb is refused by its ratio") func aBombIsRefusedByItsRatio() async throws {
    let server = Self.server(Self.bomb)
    var request = HTTPRequest(.get, try server.url())
    request.limits.body = 1 << 40
    let client = try makeClient()
    await #expect {
      _ = try await client.data(for: request)
    } throws: { error in
      let error = error as? HTTPError
      return error?.kind == .tooLarge && error?.detail.contains("200 times") == true
    }
  }

  @Test("C7 the cap counts what comes out") func theCapCountsWhatComesOut() async throws {
    let server = Self.server(Self.bomb)
    var request = HTTPRequest(.get, try server.url())
    request.limits.body = 100_000
    let client = try makeClient()
    await #expect {
      _ = try await client.data(for: request)
    } throws: { error in
      let error = error as? HTTPError
      return error?.kind == .tooLarge && error?.detail.contains("200 times") == false
    }
  }
}
