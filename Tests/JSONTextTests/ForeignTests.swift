import Foundation
import JSONText
import TestSupport
import Testing

/// Documents of others, whole and damaged, beside Foundation's reader.
@Suite("Foreign JSON")
struct ForeignTests {
  /// Crafted files that are no JSON, and why.
  private static let refused: [String: JSONError.Kind] = [
    "json/index-bom.json": .byteOrderMark, "json/index-empty.json": .truncated,
    "json/index-html.json": .unexpectedByte(UInt8(ascii: "<")),
    "json/index-lfs-pointer.json": .unexpectedByte(UInt8(ascii: "v")), "json/index-not-utf8.json": .invalidUTF8,
    "json/index-dup-tensor.json": .duplicateKey("a"),
  ]

  struct Crafted: Decodable, CustomTestStringConvertible, Sendable {
    let file: String
    let why: String
    var testDescription: String { "\(file): \(why)" }

    static let all: [Crafted] =
      (try? JSONDecoder().decode([Crafted].self, from: Data(try Shared.bytes("bad/INDEX-json.json")))) ?? []
  }

  @Test(.enabled(if: Shared.has("bad/json"), "needs ../shared/bad"), arguments: Crafted.all)
  func craftedFiles(_ crafted: Crafted) throws {
    let bytes = try Shared.bytes("bad/" + crafted.file)
    #expect(refusal(bytes)?.kind == Self.refused[crafted.file])
    guard let value = try? JSONValue.parse(bytes) else { return }
    #expect(agrees(value, try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)))
  }

  @Test(.enabled(if: Shared.has("bad/safetensors"), "needs ../shared/bad"))
  func headersOfCraftedSafetensors() throws {
    let wanted: [String: JSONError.Kind?] = [
      "j01-not-utf8": .unexpectedByte(0xFF), "j03-array": nil, "j06-nul-bytes": .trailingBytes,
      "j07-trailing-garbage": .trailingBytes, "j09-nan": .unexpectedByte(UInt8(ascii: "N")), "j10-bom": .byteOrderMark,
      "s03-valid-trailing-space": nil, "n05-20000-aliases": nil, "j12-dup-key": .duplicateKey("test"),
    ]
    for (name, kind) in wanted {
      let bytes = try Shared.bytes("bad/safetensors/\(name).safetensors")
      let count = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      #expect(refusal(Array(bytes.dropFirst(8).prefix(count)))?.kind == kind, "\(name)")
    }
  }

  @Test(.enabled(if: Shared.has("hub/recorded/api"), "needs ../shared/hub"), arguments: Self.recorded)
  func recordedAnswersAsFoundationReadsThem(_ name: String) throws {
    let bytes = try Shared.bytes("hub/recorded/api/" + name)
    let value = try JSONValue.parse(bytes)
    #expect(agrees(value, try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)))
  }

  @Test(.enabled(if: Shared.has("hub/recorded/api"), "needs ../shared/hub"), arguments: 1...12)
  func damagedAnswers(_ seed: UInt64) throws {
    var numbers = Noise.Generator(seed: seed)
    let files = try Self.recorded.map { try Shared.bytes("hub/recorded/api/" + $0) }.filter { $0.count < 20_000 }
    for _ in 0..<60 {
      var bytes = try #require(files.randomElement(using: &numbers))
      mutate(&bytes, &numbers)
      check(bytes)
    }
  }

  @Test(arguments: 1...20)
  func damagedSmallDocuments(_ seed: UInt64) {
    var author = Author(numbers: Noise.Generator(seed: seed))
    for _ in 0..<100 {
      var bytes = Array(author.spell(author.value(depth: 3)).utf8)
      mutate(&bytes, &author.numbers)
      check(bytes)
    }
  }

  /// Whatever the bytes are, there is no crash; and whoever accepts them reads what the other one reads.
  private func check(_ bytes: [UInt8]) {
    let ours = try? JSONValue.parse(bytes, limits: JSONLimits(maximumDepth: 512, refusesDuplicateKeys: false))
    let skipped: Void? = try? JSONCursor.read(bytes, limits: JSONLimits(maximumDepth: 512)) {
      (cursor: inout JSONCursor) throws(JSONError) in try cursor.skipValue()
    }
    #expect((ours == nil) == (skipped == nil), "skipping and reading disagree")
    let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    let text = String(decoding: bytes, as: UTF8.self)
    if let ours, let theirs {
      let isSame = agrees(ours, theirs)
      #expect(isSame, "we read \(text) as \(ours)")
    }
    if ours != nil, theirs == nil {
      // Foundation refuses halves of surrogate pairs.
      #expect(text.lowercased().contains("\\ud"), "only we accept \(text)")
    }
    if ours == nil, theirs != nil {
      // Foundation looks for UTF-16 and byte order marks.
      #expect(bytes.contains(0) || bytes.starts(with: [0xEF]), "only Foundation accepts \(text)")
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ numbers: inout some RandomNumberGenerator) {
    let tokens = ["\"", "\\", "{", "}", "[", "]", ",", ":", "-", "e", ".", "0", "null", "\\u", "\\ud800", "\u{1}", "é"]
    for _ in 0..<Int.random(in: 1...3, using: &numbers) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &numbers)
      switch Int.random(in: 0..<5, using: &numbers) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: Array((tokens.randomElement(using: &numbers) ?? "").utf8), at: place)
      case 3: bytes.removeLast(min(bytes.count, Int.random(in: 1...40, using: &numbers)))
      default:
        let end = min(bytes.count, place + Int.random(in: 1...30, using: &numbers))
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      }
    }
  }

  private func agrees(_ ours: JSONValue, _ theirs: Any) -> Bool {
    switch ours {
    case .null: return theirs is NSNull
    case .bool(let flag): return theirs as? Bool == flag
    case .int(let number): return theirs as? Int64 == number || theirs as? Double == Double(number)
    case .number(let number):
      // Foundation reads long numbers by way of Decimal, which costs the last digits.
      return (theirs as? Double).map { abs($0 - number) <= abs(number) * 1e-14 } ?? false
    case .string(let text): return theirs as? String == text
    case .array(let elements):
      guard let others = theirs as? [Any], others.count == elements.count else { return false }
      return zip(elements, others).allSatisfy { agrees($0, $1) }
    case .object(let object):
      guard let others = theirs as? [String: Any], others.count == object.count else { return false }
      return object.members.allSatisfy { member in others[member.key].map { agrees(member.value, $0) } ?? false }
    }
  }

  private static let recorded: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: Shared.path("hub/recorded/api"))) ?? [])
    .filter { $0.hasSuffix(".json") }.sorted()
}
