import JSONText
import TestSupport
import Testing

@Suite("JSON values")
struct ValueTests {
  @Test func aDocument() throws {
    let value = try parse(
      """
       {"a": [1, -2, 0, 2.5, 1e3, -0.0], "b": {"c": null, "d": true}, "e": "x\\u00e9\\n\\ud83d\\ude00", "": false}
      """)
    #expect(value["a"]?.array?.map(\.double) == [1, -2, 0, 2.5, 1000, -0.0])
    #expect(value["a"]?.array?[0].int == 1)
    #expect(value["a"]?.array?[4].int == nil)
    #expect(value["b"]?["c"]?.isNull == true)
    #expect(value["b"]?["d"]?.bool == true)
    #expect(value["e"]?.string == "xé\n😀")
    #expect(value[""]?.bool == false)
    #expect(value["x"] == nil)
    #expect(value.object?.keys == ["a", "b", "e", ""])
  }

  @Test(arguments: [
    ("9223372036854775807", JSONValue.int(.max)), ("-9223372036854775808", .int(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("-9223372036854775809", .number(-0x1p63)),
    ("-0", .number(-0.0)), ("18446744073709551616", .number(0x1p64)), ("0.1", .number(0.1)),
    ("123456789012345678901234567890", .number(1.2345678901234568e29)), ("1E+2", .number(100)),
    ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-400", .number(0)),
    ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
    ("3.141592653589793238462643", .number(.pi)),
  ])
  func numbers(_ text: String, _ value: JSONValue) throws {
    #expect(try parse(text) == value)
  }

  @Test(arguments: [
    "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "1e999", "-1e999", "1_0", "--1", "1.e3", "NaN", "Infinity",
    "-Infinity", String(repeating: "9", count: 1025), "0." + String(repeating: "0", count: 1 << 20),
  ])
  func noNumbers(_ text: String) {
    #expect(refusal(text) != nil)
    #expect(refusal("[\(text)]") != nil)
  }

  @Test func whatPythonWrites() throws {
    let limits = JSONLimits(allowsNonFinite: true)
    #expect(try parse("[Infinity, -Infinity, 1e999]", limits: limits) == .array([.infinity, -.infinity, .infinity]))
    #expect(try parse("NaN", limits: limits).double?.isNaN == true)
    #expect(refusal("-NaN", limits: limits)?.kind == .unexpectedByte(UInt8(ascii: "N")))
    #expect(refusal("Infinit", limits: limits)?.kind == .truncated)
    #expect(refusal("Nan", limits: limits)?.kind == .unexpectedByte(UInt8(ascii: "n")))
  }

  @Test(arguments: [
    ("", JSONError.Kind.truncated), (" ", .truncated), ("[", .truncated), ("{", .truncated), ("{\"a\"", .truncated),
    ("{\"a\":", .truncated), ("[1", .truncated), ("\"a", .truncated), ("\"\\", .truncated), ("\"\\u12", .truncated),
    ("tru", .truncated), ("-", .truncated), ("[1,]", .unexpectedByte(0x5D)), ("{,}", .unexpectedByte(0x2C)),
    ("{\"a\":1,}", .unexpectedByte(0x7D)), ("[1}", .unexpectedByte(0x7D)), ("{1:2}", .unexpectedByte(0x31)),
    ("[1 2]", .unexpectedByte(0x32)), ("{\"a\" 1}", .unexpectedByte(0x31)), ("nul1", .unexpectedByte(0x31)),
    ("'a'", .unexpectedByte(0x27)), ("// x\n1", .unexpectedByte(0x2F)), ("\u{A0}1", .unexpectedByte(0xC2)),
    ("\u{C}1", .unexpectedByte(12)), ("<html>", .unexpectedByte(0x3C)), ("1 2", .trailingBytes),
    ("{}x", .trailingBytes),
    ("1\0", .trailingBytes), ("\u{FEFF}1", .byteOrderMark), ("\"\n\"", .controlCharacter),
    ("\"\0\"", .controlCharacter),
    ("\"12345678\u{1F}\"", .controlCharacter), ("\"\\x\"", .badEscape), ("\"\\u12g4\"", .badEscape),
    ("{\"a\":1,\"\\u0061\":2}", .duplicateKey("a")),
  ])
  func whatIsNoJSON(_ text: String, _ kind: JSONError.Kind) {
    #expect(refusal(text)?.kind == kind)
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xC3], [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
  func noUTF8(_ bytes: [UInt8]) {
    for padding in 0..<9 {
      let text = [UInt8(ascii: "\"")] + [UInt8](repeating: 97, count: padding) + bytes + [UInt8(ascii: "\"")]
      #expect(refusal(text)?.kind == .invalidUTF8)
      #expect(refusal([UInt8(ascii: "{")] + text + Array(":1}".utf8))?.kind == .invalidUTF8)
    }
  }

  @Test func halvesOfSurrogatePairsAreRepaired() throws {
    #expect(try parse("\"\\ud83d\"").string == "\u{FFFD}")
    #expect(try parse("\"\\ude00x\"").string == "\u{FFFD}x")
    #expect(try parse("\"\\ud83d\\u0041\"").string == "\u{FFFD}A")
    #expect(try parse("\"\\ud83d\\ud83d\\ude00\"").string == "\u{FFFD}😀")
  }

  @Test func depthIsLimited() throws {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(refusal(nested(64)) == nil)
    #expect(refusal(nested(65))?.kind == .tooDeep(limit: 64))
    #expect(refusal(nested(10_000))?.kind == .tooDeep(limit: 64))
    #expect(refusal(String(repeating: "{\"a\":", count: 1 << 20))?.kind == .tooDeep(limit: 64))
    // A caller cannot ask for more than the stack holds.
    let greedy = JSONLimits(maximumDepth: .max)
    #expect(refusal(nested(512), limits: greedy) == nil)
    #expect(refusal(nested(10_000), limits: greedy)?.kind == .tooDeep(limit: 512))
    #expect(refusal("[]", limits: JSONLimits(maximumDepth: -1))?.kind == .tooDeep(limit: 0))
  }

  @Test func bytesAndValuesAreLimited() {
    #expect(refusal("[1]", limits: JSONLimits(maximumBytes: 2))?.kind == .tooLarge(limit: 2))
    #expect(refusal("[1]", limits: JSONLimits(maximumBytes: 3)) == nil)
    #expect(refusal("[1,{\"a\":2}]", limits: JSONLimits(maximumValues: 4)) == nil)
    #expect(refusal("[1,{\"a\":2}]", limits: JSONLimits(maximumValues: 3))?.kind == .tooManyValues(limit: 3))
  }

  @Test func duplicateKeys() throws {
    let many = (0..<30).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    #expect(try parse("{\(many)}")["k29"]?.int == 29)
    #expect(refusal("{\(many),\"k7\":0}")?.kind == .duplicateKey("k7"))
    let value = try parse("{\(many),\"k7\":100}", limits: JSONLimits(refusesDuplicateKeys: false))
    #expect(value["k7"]?.int == 100)
    #expect(value.object?.count == 30)
    // Unicode calls these two equal, as `String` does.
    #expect(refusal("{\"\\u00e9\":1,\"e\\u0301\":2}")?.kind == .duplicateKey("e\u{301}"))
  }

  @Test func errorsSayWhere() {
    #expect(refusal("[1, x]") == JSONError(.unexpectedByte(UInt8(ascii: "x")), at: 4))
    #expect(refusal("[1, x]")?.problem == "no JSON: unexpected byte 120 at byte 4")
    #expect(refusal("[1,")?.exitCode == .badInput)
  }

  @Test(arguments: 1...40)
  func whatIsWrittenIsReadBack(_ seed: UInt64) throws {
    var author = Author(numbers: Noise.Generator(seed: seed))
    for _ in 0..<50 {
      let value = author.value(depth: 5)
      #expect(try parse(author.spell(value)) == value)
    }
  }
}

extension JSONValue {
  fileprivate static let infinity = JSONValue.number(.infinity)
  fileprivate static prefix func - (value: JSONValue) -> JSONValue { .number(-(value.double ?? 0)) }
}
