import Testing

@testable import HTTP

@Suite("When a transfer is given up")
struct ProgressWatchTests {
  @Test("N1 every phase before the first byte has a limit of its own")
  func phases() {
    var watch = ProgressWatch(limits: HTTPLimits(), now: .seconds(100))
    #expect(watch.nextLook == .seconds(105))
    #expect(watch.verdict(now: .seconds(104)) == nil)
    #expect(watch.verdict(now: .seconds(105))?.detail == "no answer of the name server within 5 s")
    let expected: [(ProgressWatch.Phase, Int, String)] = [
      (.connect, 10, "no connection within 10 s"), (.handshake, 10, "no TLS handshake within 10 s"),
      (.answer, 30, "no first byte within 30 s"),
    ]
    for (phase, seconds, words) in expected {
      watch.entered(phase, now: .seconds(200))
      // Being told twice changes nothing.
      watch.entered(phase, now: .seconds(201))
      #expect(watch.nextLook == .seconds(200 + seconds))
      #expect(watch.verdict(now: .seconds(199 + seconds)) == nil)
      #expect(watch.verdict(now: .seconds(200 + seconds)) == .init(kind: .timeout, detail: words))
    }
  }

  @Test func standingStill() {
    var watch = ProgressWatch(limits: HTTPLimits(), now: .zero)
    watch.received(1, now: .seconds(39))
    let verdicts = (1...8).map { watch.verdict(now: .seconds(39) + .milliseconds(2500) * $0)?.kind }
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
    #expect(watch.verdict(now: .seconds(5))?.kind == .timeout)
  }
}
