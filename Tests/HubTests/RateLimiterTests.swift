import FoundationEssentials
import HTTP
import Hub
import Testing

@Suite("The rate limiter")
struct RateLimiterTests {
  private func headers(_ pairs: (String, String)...) -> HTTPHeaders {
    HTTPHeaders(pairs.map { (name: $0.0, value: $0.1) })
  }

  @Test func itKnowsNothingAndHoldsNobodyBack() {
    var limiter = RateLimiter()
    for bucket in RateBucket.allCases {
      for _ in 0..<1000 { #expect(limiter.willSend(bucket, now: 0) == 0) }
    }
  }

  @Test func nothingLeftWaitsForTheWindow() {
    var limiter = RateLimiter()
    limiter.observed(headers(("RateLimit", "\"api\";r=0;t=55")), status: 200, bucket: .api, now: 100)
    #expect(limiter.willSend(.api, now: 100) == 55)
    #expect(limiter.willSend(.api, now: 140) == 15)
    #expect(limiter.willSend(.resolvers, now: 100) == 0)
    #expect(limiter.willSend(.api, now: 155) == 0)
  }

  @Test func whatIsLeftIsCountedDownWithoutAnswers() {
    var limiter = RateLimiter()
    limiter.observed(headers(("RateLimit", "\"api\";r=3;t=60")), status: 200, bucket: .api, now: 0)
    #expect((0..<3).map { _ in limiter.willSend(.api, now: 1) } == [0, 0, 0])
    #expect(limiter.willSend(.api, now: 1) == 59)
  }

  @Test("N12 below a tenth the rest is shared out") func belowATenthTheRestIsSharedOut() {
    var limiter = RateLimiter()
    limiter.observed(
      headers(
        ("RateLimit", "\"api\";r=40;t=200"), ("RateLimit-Policy", "\"fixed window\";\"api\";q=500;w=300")),
      status: 200, bucket: .api, now: 0)
    #expect(limiter.willSend(.api, now: 0) == 0)
    #expect(limiter.willSend(.api, now: 0) == 5)
    #expect(limiter.willSend(.api, now: 5) == 0)
    limiter.observed(headers(("RateLimit", "\"api\";r=400;t=200")), status: 200, bucket: .api, now: 300)
    #expect(limiter.willSend(.api, now: 300) == 0)
    #expect(limiter.willSend(.api, now: 300) == 0)
  }

  @Test(
    "N12 Retry-After in seconds and as a date",
    arguments: [
      ("5", 5.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0), ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
      ("99999", 900.0),
      ("999999999999999999", 900.0), ("soon", 1.0), ("-5", 1.0),
    ])
  func aRefusalWaitsAsToldOrBacksOff(_ text: String, _ wait: Double) {
    let now = 784_111_740.0  // Sun, 06 Nov 1994 08:49:00 GMT
    var limiter = RateLimiter()
    limiter.observed(headers(("Retry-After", text)), status: 429, bucket: .resolvers, now: now)
    #expect(limiter.willSend(.resolvers, now: now) == wait)
    #expect(limiter.willSend(.api, now: now) == 0)
  }

  @Test func refusalsInARowDoubleTheWait() {
    var limiter = RateLimiter()
    var waits: [Double] = []
    var now = 0.0
    for _ in 0..<12 {
      limiter.observed(HTTPHeaders(), status: 429, bucket: .api, now: now)
      waits.append(limiter.willSend(.api, now: now))
      now += waits.last ?? 0
    }
    #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
    limiter.observed(HTTPHeaders(), status: 200, bucket: .api, now: now)
    limiter.observed(HTTPHeaders(), status: 429, bucket: .api, now: now)
    #expect(limiter.willSend(.api, now: now) == 1)
  }

  @Test func aRefusalWithNothingLeftWaitsForTheWindow() {
    var limiter = RateLimiter()
    limiter.observed(headers(("RateLimit", "\"api\";r=0;t=120")), status: 429, bucket: .api, now: 0)
    #expect(limiter.willSend(.api, now: 0) == 120)
  }

  @Test("N12 it is stored and read back") func itIsStoredAndReadBack() throws {
    var limiter = RateLimiter()
    limiter.observed(headers(("RateLimit", "\"api\";r=0;t=55")), status: 429, bucket: .api, now: 100)
    var copy = try JSONDecoder().decode(RateLimiter.self, from: JSONEncoder().encode(limiter))
    #expect(copy == limiter)
    #expect(copy.willSend(.api, now: 101) == 54)
  }

  /// Whatever a server says and however the clock jumps, no wait is negative or longer than 15 minutes, and
  /// somebody who waits as told gets through within three waits.
  @Test(arguments: 0..<200)
  func noSequenceStopsItForGood(seed: UInt64) {
    var random = SplitMix(state: seed)
    var limiter = RateLimiter()
    var now = 1e9
    for _ in 0..<100 {
      let bucket = RateBucket.allCases.randomElement(using: &random) ?? .api
      switch Int.random(in: 0..<4, using: &random) {
      case 0: now += Double.random(in: -2000...2000, using: &random)
      case 1:
        let numbers = (0..<3).map { _ in
          Bool.random(using: &random)
            ? Int64.random(in: 0...600, using: &random) : Int64.random(in: -9...(1 << 60), using: &random)
        }
        limiter.observed(
          headers(
            ("RateLimit", "\"\(bucket.rawValue)\";r=\(numbers[0]);t=\(numbers[1])"),
            ("RateLimit-Policy", "\"w\";\"\(bucket.rawValue)\";q=\(numbers[2]);w=300"),
            ("Retry-After", "\(numbers[2])")),
          status: [200, 429, 503].randomElement(using: &random) ?? 200, bucket: bucket, now: now)
      default:
        var tries = 0
        while true {
          let wait = limiter.willSend(bucket, now: now)
          guard (0...RateLimiter.longestWait).contains(wait) else {
            Issue.record("a wait of \(wait) s")
            return
          }
          if wait == 0 { break }
          now += wait
          tries += 1
          guard tries <= 3 else {
            Issue.record("still waiting")
            return
          }
        }
      }
    }
  }

  /// Against a server that counts: whatever comes in whatever order, no window sees more than was announced.
  @Test(arguments: 0..<100)
  func noWindowSeesMoreThanAnnounced(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let quota = Int.random(in: 3...40, using: &random)
    let length = Int.random(in: 10...300, using: &random)
    var limiter = RateLimiter()
    var now = 1e9
    var counts: [Int: Int] = [:]
    for _ in 0..<400 {
      now += Double.random(in: 0...3, using: &random)
      if Int.random(in: 0..<40, using: &random) == 0 {
        limiter = try JSONDecoder().decode(RateLimiter.self, from: JSONEncoder().encode(limiter))
      }
      let wait = limiter.willSend(.api, now: now)
      guard wait == 0 else {
        now += wait
        continue
      }
      let window = Int(now) / length
      counts[window, default: 0] += 1
      let used = counts[window] ?? 0
      #expect(used <= quota, "\(used) of \(quota)")
      let left = "\"api\";r=\(max(0, quota - used));t=\((window + 1) * length - Int(now))"
      limiter.observed(
        headers(("RateLimit", left), ("RateLimit-Policy", "\"fixed window\";\"api\";q=\(quota);w=\(length)")),
        status: 200, bucket: .api, now: now)
    }
    #expect(counts.values.reduce(0, +) > 100)
  }

  /// Sunday, 6 November 1994, 08:49:00 GMT, on which the dates below lie.
  private static let sunday = 784_111_740.0

  private static func date(_ seconds: Int) -> String {
    let place = 49 * 60 + seconds
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "Sun, 06 Nov 1994 \(two(8 + place / 3600)):\(two(place / 60 % 60)):\(two(place % 60)) GMT"
  }

  /// Whatever was said before, a refusal holds for as long as it says, in seconds or as a date; and a limiter that
  /// was stored and read back lets nobody through earlier than the one that was not.
  @Test(arguments: 0..<100)
  func aRefusalHoldsAlsoAfterARestart(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var limiter = RateLimiter()
    // The dates tell whole seconds only.
    var now = Self.sunday
    var closed: [RateBucket: Double] = [:]
    var refused = 0
    for _ in 0..<300 {
      now += Double(Int.random(in: 0...40, using: &random))
      let bucket = RateBucket.allCases.randomElement(using: &random) ?? .api
      var restored = try JSONDecoder().decode(RateLimiter.self, from: JSONEncoder().encode(limiter))
      let wait = limiter.willSend(bucket, now: now)
      #expect(restored.willSend(bucket, now: now) >= wait)
      if let until = closed[bucket], now < until { #expect(wait >= until - now, "\(wait) s before \(until - now) s") }
      guard wait == 0 else {
        refused += 1
        continue
      }
      let seconds = Int.random(in: 0...200, using: &random)
      let left = (name: "RateLimit", value: "\"\(bucket.rawValue)\";r=\(seconds % 60);t=\(seconds)")
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let isDate = Bool.random(using: &random)
        let text = isDate ? Self.date(Int(now - Self.sunday) + seconds) : "\(seconds)"
        let status = Bool.random(using: &random) ? 429 : 503
        limiter.observed(
          HTTPHeaders([left, (name: "Retry-After", value: text)]), status: status, bucket: bucket, now: now)
        closed[bucket] = now + Double(seconds)
      default: limiter.observed(HTTPHeaders([left]), status: 200, bucket: bucket, now: now)
      }
    }
    #expect(refused > 10)
  }
}

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
}
