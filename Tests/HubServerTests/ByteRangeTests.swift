import HubServer
import Testing

@testable import HubServer

@Suite("Range headers (RFC 9110, section 14)")
struct ByteRangeTests {
  @Test(
    "table",
    arguments: [
      (nil, 10, ByteRange.whole),
      ("bytes=0-3", 10, .part(0..<4)), ("bytes=9-9", 10, .part(9..<10)), ("bytes=4-", 10, .part(4..<10)),
      ("bytes=-3", 10, .part(7..<10)), ("bytes=-30", 10, .part(0..<10)), ("bytes=5-500", 10, .part(5..<10)),
      ("Bytes=0-0", 10, .part(0..<1)), ("bytes= 2-3 ", 10, .part(2..<4)), ("bytes=,2-3,", 10, .part(2..<4)),
      ("bytes=0-99999999999999999999999", 10, .part(0..<10)),
      ("bytes=0-9223372036854775807", 10, .part(0..<10)),
      // Outside the file.
      ("bytes=10-", 10, .unsatisfiable), ("bytes=10-20", 10, .unsatisfiable),
      ("bytes=-0", 10, .unsatisfiable),
      ("bytes=99999999999999999999999-", 10, .unsatisfiable), ("bytes=0-", 0, .unsatisfiable),
      ("bytes=-5", 0, .whole),
      // Malformed, other units, several: the whole.
      ("bytes=5-4", 10, .whole), ("bytes=a-b", 10, .whole), ("bytes=-", 10, .whole), ("bytes=", 10, .whole),
      ("bytes=1", 10, .whole), ("bytes=--1", 10, .whole), ("bytes=+1-2", 10, .whole),
      ("bytes=1-2-3", 10, .whole),
      ("bytes=0x1-2", 10, .whole), ("items=0-1", 10, .whole), ("0-1", 10, .whole), ("bytes:0-1", 10, .whole),
      ("bytes=0-1,3-4", 10, .whole), ("bytes=٣-٤", 10, .whole),
    ] as [(String?, Int64, ByteRange)])
  func table(header: String?, size: Int64, expected: ByteRange) {
    #expect(ByteRange.requested(header, size: size) == expected)
  }

  @Test("random ranges cut the slice that the RFC's words describe")
  func property() {
    var random = SplitMix(seed: 7)
    for _ in 0..<20_000 {
      let size = Int64.random(in: 0...40, using: &random)
      let first = Int64.random(in: 0...50, using: &random)
      let last = Int64.random(in: 0...50, using: &random)
      let bytes = Array(0..<size)
      // The reference picks each byte by the definition, without arithmetic on bounds.
      let cases: [(String, [Int64], isValid: Bool)] = [
        ("bytes=\(first)-\(last)", bytes.filter { $0 >= first && $0 <= last }, first <= last),
        ("bytes=\(first)-", bytes.filter { $0 >= first }, true),
        ("bytes=-\(last)", bytes.filter { $0 + last >= size }, true),
      ]
      for (header, slice, isValid) in cases {
        switch ByteRange.requested(header, size: size) {
        case .whole: #expect(!isValid || (size == 0 && last > 0), "\(header) of \(size)")
        case .part(let range):
          #expect(isValid && Array(range) == slice && !slice.isEmpty, "\(header) of \(size)")
        case .unsatisfiable: #expect(isValid && slice.isEmpty, "\(header) of \(size)")
        }
      }
    }
  }

  @Test("entity tags: weak comparison for If-None-Match, strong for If-Range")
  func entityTags() {
    #expect(EntityTag.ifNoneMatch("\"a\", W/\"b\"", matches: "b"))
    #expect(EntityTag.ifNoneMatch("*", matches: "b"))
    #expect(!EntityTag.ifNoneMatch("\"a\"", matches: "b"))
    #expect(!EntityTag.ifNoneMatch(nil, matches: "b"))
    #expect(EntityTag.ifRange(nil, matches: "b"))
    #expect(EntityTag.ifRange("\"b\"", matches: "b"))
    #expect(!EntityTag.ifRange("W/\"b\"", matches: "b"))
    #expect(!EntityTag.ifRange("Fri, 19 Jun 2026 09:40:33 GMT", matches: "b"))
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
