import Testing

@testable import HubServer

@Suite("JSON documents")
struct JSONTests {
  @Test("members keep their order and texts are escaped")
  func writing() {
    let document = JSON.members([
      ("z", .string("a\"b\\\u{1}\n")), ("a", .number(0.5)), ("left out", nil), ("n", .number(12)),
      ("list", .array([.null, .bool(true), .integer(-3)])),
    ])
    #expect(
      String(decoding: document.encoded(), as: UTF8.self)
        == #"{"z":"a\"b\\\u0001\n","a":0.5,"n":12,"list":[null,true,-3]}"#)
  }

  @Test("what was written reads back")
  func roundTrip() {
    let document = JSON.members([
      ("a", .integer(9_007_199_254_740_993)), ("b", .array([.string("ü\u{7f}"), .number(1.25)])),
    ])
    #expect(JSON(parsing: document.encoded()) == document)
    #expect(JSON(parsing: Array("{\"a\":".utf8)) == nil)
  }
}
