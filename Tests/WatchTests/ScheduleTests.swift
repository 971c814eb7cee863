import Testing
import Watch

@Suite("When the next cycle is due")
struct ScheduleTests {
  @Test func theFirstIsDueAtOnceAndThenByItsStart() {
    var schedule = Schedule(interval: 3600, now: 100)
    #expect(schedule.wait(now: 100) == 0)
    schedule.begin(now: 100)
    schedule.end(reachedHub: true, jitter: 0, now: 700)
    #expect(schedule.wait(now: 700) == 3000)
    #expect(schedule.wait(now: 5000) == 0)
  }

  @Test func aLongCycleIsFollowedAtOnce() {
    var schedule = Schedule(interval: 60, now: 0)
    schedule.begin(now: 0)
    schedule.end(reachedHub: true, jitter: 0, now: 1000)
    #expect(schedule.wait(now: 1000) == 0)
  }

  @Test func aHubThatIsDownIsTriedSoonerAndThenLessOften() {
    var schedule = Schedule(interval: 3600, now: 0)
    var waits: [Double] = []
    var now = 0.0
    for _ in 0..<9 {
      schedule.begin(now: now)
      schedule.end(reachedHub: false, jitter: 0, now: now)
      waits.append(schedule.wait(now: now))
      now += schedule.wait(now: now)
    }
    #expect(waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
    schedule.begin(now: now)
    schedule.end(reachedHub: true, jitter: 0, now: now)
    #expect(schedule.failures == 0 && schedule.wait(now: now) == 3600)
  }

  @Test func jitterAddsAtMostATenth() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<1000 {
      var schedule = Schedule(interval: 1000, now: 0)
      schedule.begin(now: 0)
      schedule.end(reachedHub: Bool.random(using: &random), jitter: Double.random(in: 0..<1), now: 0)
      #expect((60...1100).contains(schedule.wait(now: 0)))
    }
  }
}
