import FortnightSupport
import Foundation
import TestSupport
import Testing

/// Kills, full disks, wrong clocks, a hub that is down for two days and nights in which the machine sleeps: nothing is
/// lost, nothing is told twice, no digest is missing, and everything that waits says why.
///
/// It lives through two fortnights; `HUBWATCH_SEED=17` through that one.
@Suite("A fortnight in which everything goes wrong", .enabled(if: Toys.folder != nil, "needs ../shared/models"))
struct FaultyFortnightTests {
  private static let seeds: [UInt64] =
    ProcessInfo.processInfo.environment["HUBWATCH_SEED"].flatMap(UInt64.init).map { [$0] } ?? [1, 2]

  @Test(arguments: seeds)
  func nothingIsLostAndNothingToldTwice(seed: UInt64) async throws {
    var life = try FaultyLife(seed: seed, disk: try await FullDisk())
    try await life.live()
  }
}
