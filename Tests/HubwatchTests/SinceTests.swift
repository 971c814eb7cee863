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
