import HTTP
import Testing

/// A small generator with a seed (SplitMix64), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A text out of some of these pieces.
  mutating func text(of pieces: [String], upTo count: Int) -> String {
    (0..<Int.random(in: 0...count, using: &self)).map { _ in pieces.randomElement(using: &self) ?? "" }
      .joined()
  }
}

@Suite("Content-Range")
struct ContentRangeTests {
  @Test(arguments: [
    ("bytes 0-99/1234", 0..<100 as Range<Int64>?, 1234 as Int64?), ("BYTES 5-5/6", 5..<6, 6),
    ("bytes 7-9/*", 7..<10, nil),
    ("bytes */0", nil, 0), (" bytes */1234 ", nil, 1234),
  ])
  func good(_ text: String, _ range: Range<Int64>?, _ total: Int64?) throws {
    let parsed = try #require(ContentRange(text))
    #expect(parsed.range == range)
    #expect(parsed.total == total)
  }

  @Test(arguments: [
    "", "bytes", "bytes 0-99", "bytes 5-4/10", "bytes 0-10/10", "bytes -5/10", "bytes 0-/10", "items 0-1/2",
    "bytes */*", "bytes=0-1/2", "bytes 0-1/2/3", "bytes +0-1/2", "bytes 0-1/9999999999999999999",
    "bytes  0-1/2",
    "bytes 0x0-1/2", "bytes 0-99999999999999999999/*", "bytes ٠-١/٢",
  ])
  func bad(_ text: String) { #expect(ContentRange(text) == nil) }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func whatIsWrittenIsRead(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<100 {
      let total = Int64.random(in: 1...1 << 46, using: &random)
      let first = Int64.random(in: 0..<total, using: &random)
      let last = Int64.random(in: first..<total, using: &random)
      let parsed = ContentRange("bytes \(first)-\(last)/\(total)")
      #expect(parsed?.isExactly(first..<last + 1, of: total) == true)
      #expect(parsed?.isExactly(first..<last + 2, of: total) == false)
      #expect(parsed?.isExactly(first..<last + 1, of: total + 1) == false)
    }
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func noiseDoesNoHarm(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<200 {
      let text = random.text(
        of: ["bytes", " ", "-", "/", "*", "0", "9", "999999999", "é", "\u{0}", "+"], upTo: 12)
      guard let parsed = ContentRange(text) else { continue }
      #expect(
        parsed.range.map { $0.upperBound <= parsed.total ?? .max && !$0.isEmpty } ?? (parsed.total != nil))
    }
  }
}

@Suite("Dates and Retry-After")
struct RetryAfterTests {
  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
  ])
  func theThreeSpellings(_ text: String) { #expect(HTTPDate.seconds(text) == 784_111_777) }

  @Test(
    arguments: [
      (1970, 1, 1, 0), (2000, 2, 29, 951_782_400), (2026, 6, 19, 1_781_827_200), (2100, 3, 1, 4_107_542_400),
      (9999, 12, 31, 253_402_214_400),
    ] as [(Int64, Int64, Int64, Int64)])
  func days(_ year: Int64, _ month: Int64, _ day: Int64, _ seconds: Int64) {
    #expect(HTTPDate.seconds(year: year, month: month, day: day, hour: 0, minute: 0, second: 0) == seconds)
  }

  @Test func everyDayFollowsTheOneBefore() {
    var last: Int64 = -86_400
    for year in 1970...2110 as ClosedRange<Int64> {
      for month in 1...12 as ClosedRange<Int64> {
        for day in 1...31 as ClosedRange<Int64> {
          guard let now = HTTPDate.seconds(year: year, month: month, day: day, hour: 0, minute: 0, second: 0)
          else { continue }
          #expect(now == last + 86_400)
          last = now
        }
      }
    }
    #expect(last == HTTPDate.seconds("Wed, 31 Dec 2110 00:00:00 GMT"))
  }

  @Test(arguments: [
    "", "Sun, 31 Feb 2026 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994", "06 Nov 1994 08:49", "Sun, 06 nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 99999 08:49:37 GMT",
  ])
  func badDates(_ text: String) { #expect(HTTPDate.seconds(text) == nil) }

  @Test func bothForms() {
    #expect(RetryAfter("120") == .seconds(120))
    #expect(RetryAfter(" 0 ")?.wait(now: 5) == 0)
    #expect(RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT")?.wait(now: 784_111_770) == 7)
    #expect(RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT")?.wait(now: 784_111_780) == 0)
    #expect(["", "-1", "1.5", "soon", "1e9", "99999999999999999999"].allSatisfy { RetryAfter($0) == nil })
  }
}

@Suite("Rate limit headers")
struct RateLimitHeaderTests {
  @Test func asTheHubWritesThem() {
    let items = RateLimitHeader.items("\"api\";r=499;t=140")
    #expect(items.map(\.bucket) == ["api"])
    #expect(items.first?.remaining == 499)
    #expect(items.first?.reset == 140)
    let policies = RateLimitPolicyHeader.items("\"fixed window\";\"resolvers\";q=3000;w=300")
    #expect(policies.map(\.bucket) == ["resolvers"])
    #expect(policies.first?.quota == 3000)
    #expect(policies.first?.window == 300)
  }

  @Test func severalItemsAndOddOnes() {
    let items = RateLimitHeader.items("\"a,b;c\";r=1, x; r = 2 ;T=3, \"no\";t=5, ;r=1, \"bad\";r=-1;t=2")
    #expect(items.map(\.bucket) == ["a,b;c", "x"])
    #expect(items.map(\.remaining) == [1, 2])
    #expect(items.map(\.reset) == [nil, 3])
    #expect(RateLimitPolicyHeader.items("\"a\";q=0").isEmpty)
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func noiseDoesNoHarm(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<200 {
      let text = random.text(
        of: ["\"", ";", ",", "=", "r", "t", "q", "5", " ", "\\", "<", ">", "é", "99999999999"], upTo: 20)
      #expect(RateLimitHeader.items(text).allSatisfy { $0.remaining >= 0 && $0.reset ?? 0 >= 0 })
      #expect(RateLimitPolicyHeader.items(text).allSatisfy { $0.quota > 0 })
      if let link = LinkHeader.next(in: [text]) { #expect(text.contains("<\(link)>")) }
    }
  }
}

@Suite("Link headers")
struct LinkHeaderTests {
  @Test(arguments: [
    ("<https://h/a?b=c,d;e>; rel=\"next\"", "https://h/a?b=c,d;e"), ("<x>; rel=next", "x"),
    ("<x>; title=\"a, b; rel=next\"; rel=\"prev NEXT\"", "x"), ("<p>; rel=prev, <n>; REL=next", "n"),
    ("<>; rel=next", ""),
  ])
  func next(_ text: String, _ target: String) {
    #expect(LinkHeader.next(in: ["<z>; rel=other", text]) == target)
  }

  @Test(arguments: [
    "", "<x>", "x; rel=next", "<x>; rel=prev", "<x>; rel=nextish", "<x; rel=next", "<x>; title=next",
  ])
  func none(_ text: String) { #expect(LinkHeader.next(in: [text]) == nil) }
}
