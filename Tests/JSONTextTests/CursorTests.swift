import JSONText
import Testing

@Suite("JSON cursor")
struct CursorTests {
  private func read<Result>(
    _ text: String, limits: JSONLimits = JSONLimits(), _ body: (inout JSONCursor) throws(JSONError) -> Result
  ) throws(JSONError) -> Result {
    try JSONCursor.read(Array(text.utf8), limits: limits, body)
  }

  @Test func membersByName() throws {
    let names = JSONNames(["id", "size", "a-name-longer-than-eight", "a-name-", "", "id"])
    let text = """
      {"size": 7, "x": [{"id": 1}], "\\u0069d": "me", "a-name-longer-than-eigh_": 0, "a-name-longer-than-eight": true,
       "": null, "a-name-": 1}
      """
    let seen = try read(text) { (cursor: inout JSONCursor) throws(JSONError) in
      var seen: [String] = []
      try cursor.enterObject()
      while let match = try cursor.nextKey(among: names) {
        switch match {
        case .known(0): seen.append("id \(try cursor.readString())")
        case .known(1): seen.append("size \(try cursor.readInt())")
        case .known(2): seen.append("long \(try cursor.readBool())")
        case .known(4): seen.append("empty \(try cursor.readNull())")
        case .known(let other):
          seen.append("known \(other)")
          try cursor.skipValue()
        case .unknown(let key):
          seen.append("unknown \(cursor.text(of: key))")
          try cursor.skipValue()
        }
      }
      return seen
    }
    #expect(
      seen == [
        "size 7", "unknown x", "id me", "unknown a-name-longer-than-eigh_", "long true", "empty true", "known 3",
      ])
  }

  @Test func everyNameIsFound() throws {
    let names = (0..<300).map { String(repeating: "n", count: $0 % 13) + "\($0)" }
    let table = JSONNames(names)
    for (index, name) in names.enumerated() {
      let match = try read("{\"\(name)\":0}") { (cursor: inout JSONCursor) throws(JSONError) in
        try cursor.enterObject()
        let match = try cursor.nextKey(among: table)
        try cursor.skipValue()
        guard try cursor.nextKey() == nil else { return JSONNames.Match?.none }
        return match
      }
      #expect(match == .known(index))
    }
  }

  @Test func keysWithoutStrings() throws {
    let isKey = try read("{\"ab\":1}") { (cursor: inout JSONCursor) throws(JSONError) in
      try cursor.enterObject()
      guard let key = try cursor.nextKey() else { return [Bool]() }
      let found = [cursor.isKey(key, "ab"), cursor.isKey(key, "a"), cursor.isKey(key, "ac"), cursor.isKey(key, "")]
      try cursor.skipValue()
      _ = try cursor.nextKey()
      return found
    }
    #expect(isKey == [true, false, false, false])
  }

  @Test func goingBack() throws {
    let text = "[[1, 2], 3]"
    let (sum, rest) = try read(text) { (cursor: inout JSONCursor) throws(JSONError) in
      var sum: Int64 = 0
      try cursor.enterArray()
      _ = try cursor.nextElement()
      let place = cursor.place
      try cursor.enterArray()
      _ = try cursor.nextElement()
      sum += try cursor.readInt()
      cursor.goBack(to: place)
      try cursor.skipValue()
      _ = try cursor.nextElement()
      sum += try cursor.readInt()
      return (sum, try cursor.nextElement())
    }
    #expect(sum == 4)
    #expect(!rest)
  }

  @Test func otherTypesAreToldFromNonsense() {
    func kind(_ text: String, _ body: (inout JSONCursor) throws(JSONError) -> Void) -> JSONError.Kind? {
      do throws(JSONError) {
        try read(text, body)
        return nil
      } catch {
        return error.kind
      }
    }
    for text in ["null", "true", "\"x\"", "{}", "[]", "1.5", "1e2", "9223372036854775808"] {
      #expect(kind(text) { (cursor: inout JSONCursor) throws(JSONError) in _ = try cursor.readInt() } == .wrongType)
    }
    for text in ["null", "true", "1", "{}", "[]"] {
      #expect(kind(text) { (cursor: inout JSONCursor) throws(JSONError) in _ = try cursor.readString() } == .wrongType)
    }
    #expect(kind("1") { (cursor: inout JSONCursor) throws(JSONError) in try cursor.enterArray() } == .wrongType)
    #expect(kind("[]") { (cursor: inout JSONCursor) throws(JSONError) in try cursor.enterObject() } == .wrongType)
    #expect(kind("1") { (cursor: inout JSONCursor) throws(JSONError) in _ = try cursor.readBool() } == .wrongType)
    #expect(
      kind("x") { (cursor: inout JSONCursor) throws(JSONError) in _ = try cursor.readInt() } == .unexpectedByte(120))
    #expect(
      kind("x") { (cursor: inout JSONCursor) throws(JSONError) in try cursor.enterArray() } == .unexpectedByte(120))
    // A value that the reader left where it is stops the document.
    #expect(kind("[1]") { (_: inout JSONCursor) throws(JSONError) in } == .trailingBytes)
    #expect(
      kind("[1,2]") { (cursor: inout JSONCursor) throws(JSONError) in
        try cursor.enterArray()
        while try cursor.nextElement() {}
      } == .unexpectedByte(UInt8(ascii: "1")))
  }

  @Test(arguments: [
    "[01]", "{\"a\" 1}", "[\"\\q\"]", "[1,]", "[tru]", "{\"a\":}", "[\"\u{1}\"]", "[[[[[[[[[1", "[1e]", "[-]", "[{]}",
  ])
  func whatIsSkippedIsChecked(_ text: String) {
    #expect(throws: JSONError.self) {
      try read(text) { (cursor: inout JSONCursor) throws(JSONError) in try cursor.skipValue() }
    }
  }

  @Test func aLongStringIsPassedOver() throws {
    let template = String(repeating: "{% for m in messages %}\\n\\\"{{ m }}\\\" ", count: 1000)
    let last = try read("[\"\(template)\", 5]") { (cursor: inout JSONCursor) throws(JSONError) in
      try cursor.enterArray()
      _ = try cursor.nextElement()
      try cursor.skipValue()
      _ = try cursor.nextElement()
      let last = try cursor.readInt()
      _ = try cursor.nextElement()
      return last
    }
    #expect(last == 5)
  }
}
