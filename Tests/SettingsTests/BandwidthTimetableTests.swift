import Domain
import Settings
import Testing

@Suite("Bandwidth by the time of day")
struct BandwidthTimetableTests {
  @Test(arguments: [
    ("20M", 0, Int64(20_000_000)), ("08:00-23:00 5M", 8 * 60, 5_000_000), ("08:00-23:00 5M, 20M", 23 * 60, 20_000_000),
    ("22:00-06:00 0, 1 MB", 60, nil), ("22:00-06:00 0, 1 MB", 6 * 60, 1_000_000), ("0:00-24:00 7k", 1439, 7000),
  ])
  func rates(text: String, minute: Int, rate: Int64?) throws {
    #expect(try #require(BandwidthTimetable(text)).rate(atMinute: minute) == rate)
  }

  @Test func withoutHoursThereIsNoLimit() throws {
    #expect(try #require(BandwidthTimetable("08:00-23:00 5M")).rate(atMinute: 0) == nil)
    #expect(BandwidthTimetable("0") == .unlimited)
    #expect(BandwidthTimetable.unlimited.rate(atMinute: 5) == nil)
  }

  @Test(arguments: ["20M", "08:00-23:00 5M, 20M", "22:00-06:00 0, 1 MB", "0"])
  func theTextReadsAgain(text: String) throws {
    let table = try #require(BandwidthTimetable(text))
    #expect(BandwidthTimetable(table.description) == table)
  }

  @Test(arguments: [
    "", ",", "fast", "08:00-23:00", "8-23 5M", "25:00-26:00 5M", "08:60-09:00 5M", "08:00-08:00 5M", "24:30-1:00 5M",
    "5M,",
    "-5M", "08:00-23:00-24:00 5M",
  ])
  func whatDoesNotRead(text: String) { #expect(BandwidthTimetable(text) == nil) }
}
