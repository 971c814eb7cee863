import Digest
import Foundation
import Testing

@testable import hubwatch

@Suite("The beginnings that --since takes")
struct SinceTests {
  private let now = Date(timeIntervalSince1970: 1_795_000_000)

  @Test(arguments: [("12h", 43_200.0), ("7d", 604_800), ("2w", 1_209_600)])
  func ago(text: String, seconds: Double) throws {
    #expect(try #require(Since(text)).moment(before: now) == now - seconds)
  }

  @Test func aDay() throws {
    let moment = try #require(Since("2026-11-23")).moment(before: now)
    #expect(
      Calendar.current.dateComponents([.day, .hour, .minute], from: moment)
        == DateComponents(day: 23, hour: 0, minute: 0))
  }

  @Test(arguments: [
    "", "d", "0d", "-1d", "7", "7m", "1e3d", "99999999999999999999d", "2026-13-01", "2026-02-30", "yesterday", "٧d",
  ])
  func anythingElseIsRefused(text: String) { #expect(Since(text) == nil) }
}

@Suite("Where a digest begins")
struct BeginningTests {
  private let now = Date(timeIntervalSince1970: 1_795_000_000.25)
  private var calendar: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }

  private func moment(_ text: String, lastRead: Date? = nil) throws -> Date? {
    try #require(Beginning(text), "\(text)").moment(before: now, lastRead: lastRead, calendar: calendar)
  }

  @Test func wordsAndMoments() throws {
    #expect(try moment("last") == nil)
    #expect(try moment("last", lastRead: now - 5) == now - 5)
    // 18 November 2026, 11:06 UTC.
    #expect(try moment("yesterday") == Date(timeIntervalSince1970: 1_794_873_600))
    #expect(try moment("12h") == now - 43_200)
    #expect(try moment("2026-11-17T08:00:00Z") == Date(timeIntervalSince1970: 1_794_902_400))
    #expect(try moment("2026-11-17T08:00:00.250Z") == Date(timeIntervalSince1970: 1_794_902_400.25))
  }

  /// The catalog keeps milliseconds, and the words of a moment must mean the same ones.
  @Test func aMomentSurvivesItsWords() throws {
    for number in 0..<2000 {
      let moment = Date(timeIntervalSince1970: 1_795_000_000 + Double(number) * 0.001_7)
      let again = try #require(try self.moment(Beginning.words(moment)))
      let milliseconds = { (date: Date) in (date.timeIntervalSince1970 * 1000 + 1e-3).rounded(.down) }
      #expect(milliseconds(again) == milliseconds(moment), "\(Beginning.words(moment))")
    }
  }

  @Test(arguments: ["", "today", "tomorrow", "0d", "2026-02-30", "2026-11-17T25:00:00Z", "last week", "yesterday "])
  func anythingElseIsRefused(text: String) { #expect(Beginning(text) == nil) }

  @Test func trendsAreToldOnMondaysAndAfterSixDays() throws {
    // 23 November 2026 is a Monday.
    let monday = Date(timeIntervalSince1970: 1_795_420_800)
    func isWeekly(_ since: Date?, _ until: Date) -> Bool {
      DigestVerb.isWeekly(since: since, until: until, calendar: calendar)
    }
    #expect(isWeekly(monday - 86_400, monday + 25_200) && isWeekly(monday + 3600, monday + 25_200))
    for day in 1...6 {
      let moment = monday + Double(day) * 86_400 + 25_200
      #expect(!isWeekly(moment - 86_400, moment) && !isWeekly(moment - 6 * 86_400 + 1, moment))
      #expect(isWeekly(moment - 6 * 86_400, moment) && isWeekly(moment - 30 * 86_400, moment))
    }
    // Before anything was recorded there is nothing to compare.
    #expect(!isWeekly(nil, monday))
  }
}
