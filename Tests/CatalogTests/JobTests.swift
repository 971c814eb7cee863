import Foundation
import TestSupport
import Testing

@testable import Catalog

@Suite("What the daemon was at")
struct JobTests {
  @Test("P13 deaths at a job") func deathsInARowAreCounted() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(folder: folder.path)
    #expect(try catalog.jobDeaths().isEmpty)
    // Each life begins the job and dies at it.
    for life in 1...5 {
      try catalog.beginJob("smoke")
      #expect(try catalog.jobDeaths() == ["smoke": life])
    }
    // What was asked for is not asked for twice.
    #expect(try catalog.jobDeaths() == ["smoke": 5])
    try catalog.beginJob("smoke")
    try catalog.beginJob("poll")
    try catalog.endJob("smoke")
    #expect(try catalog.jobDeaths() == ["poll": 1], "an end, good or bad, begins anew")
  }

  @Test("P2 a power failure is nobody's fault") func anotherBootDoesNotCount() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(folder: folder.path)
    try catalog.setMark("job.pull", "2 another-boot")
    try catalog.setMark("job.gc", "rubbish of any kind")
    #expect(try catalog.jobDeaths() == ["pull": 2])
  }

  @Test func aCycleThatGoesOnKeepsItsTroubles() throws {
    let folder = try TemporaryFolder()
    let catalog = try Catalog(folder: folder.path)
    func at(_ second: Double) -> Date { Date(timeIntervalSince1970: 1_800_000_000 + second) }
    #expect(try catalog.lastCycleID() == nil)
    #expect(try !catalog.extendCycle(7, trouble: "x", at: at(0)))
    let id = try catalog.beginCycle(at: at(0))
    #expect(try catalog.lastCycleID() == id)
    // While it is under way, only its troubles grow.
    try catalog.extendCycle(id, trouble: "no room", at: at(1))
    #expect(try catalog.lastCycle() == CycleRecord(startedAt: at(0), endedAt: nil, trouble: "no room"))
    try catalog.endCycle(id, trouble: "a gap", at: at(2))
    #expect(try catalog.lastCycle() == CycleRecord(startedAt: at(0), endedAt: at(2), trouble: "no room; a gap"))
    try catalog.extendCycle(id, trouble: nil, at: at(3))
    #expect(try catalog.lastCycle() == CycleRecord(startedAt: at(0), endedAt: at(3), trouble: "no room; a gap"))
  }
}
