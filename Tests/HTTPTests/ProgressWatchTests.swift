import Testing

@testable import HTTP

@Suite("When a transfer is given up")
struct ProgressWatchTests {
  @Test func theFirstByte() {
    var watch = ProgressWatch(limits: HTTPLimits(), now: .seconds(100))
    #expect(watch.verdict(now: .seconds(139)) == nil)
    #expect(watch.nextLook == .seconds(140))
    #expect(watch.verdict(now: .seconds(140)) == .timeout)
  }

  @Test func standingStill() {
    var watch = ProgressWatch(limits: HTTPLimits(), now: .zero)
    watch.received(1, now: .seconds(39))
    let verdicts = (1...8).map { watch.verdict(now: .seconds(39) + .milliseconds(2500) * $0) }
    #expect(verdicts == [nil, nil, nil, nil, nil, nil, nil, .stalled])
  }

  @Test func oneGoodSliceBeginsAnew() {
    var watch = ProgressWatch(limits: HTTPLimits(), now: .zero)
    for slice in 1...100 {
      watch.received(slice % 7 == 0 ? 2560 : 100, now: .milliseconds(2500) * slice)
      #expect(watch.verdict(now: .milliseconds(2500) * slice) == nil)
    }
  }

  @Test func aThreadThatWasHeldUpDoesNotBlameTheServer() {
    var watch = ProgressWatch(limits: HTTPLimits(), now: .zero)
    watch.received(1, now: .zero)
    for minute in 1...7 { #expect(watch.verdict(now: .seconds(60 * minute)) == nil) }
  }

  @Test func everythingTogether() {
    var limits = HTTPLimits()
    limits.total = .seconds(5)
    var watch = ProgressWatch(limits: limits, now: .zero)
    watch.received(1 << 20, now: .seconds(4))
    #expect(watch.nextLook == .seconds(5))
    #expect(watch.verdict(now: .seconds(5)) == .timeout)
  }
}
