import Catalog
import Digest
import Domain
import Fit
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Page

@Suite("What is looked for in the catalog")
struct FilterTests {
  @Test func anAddressSaysWhatIsChosenAndNothingElse() throws {
    let path =
      "/models?q=a%20b&state=gated&org=maker&arch=llama&license=mit&gated=yes&size=m&fits=1&verdict=pass&sort=likes&after=7"
    let filter = ModelsFilter(try request(path), devices: 2)
    #expect(filter.path == path)
    #expect(filter.fromStart.path == String(path.dropLast("&after=7".count)))
    #expect(ModelsFilter(try request("/models"), devices: 0).path == "/models")
    let query = filter.query([.card(gibibytes: 8), .card(gibibytes: 24)], limit: 50)
    #expect(query.words == "a b" && query.states == [.gated] && query.owner == "maker" && query.gated == true)
    #expect(query.minParameters == 4_000_000_000 && query.belowParameters == 9_000_000_000)
    #expect(query.neededBytes == 24 << 30 && query.verdict == .pass && query.order == .likes && query.after == 7)
    #expect(filter.chosen([.card(gibibytes: 8), .card(gibibytes: 24)]).count == 9)
  }

  @Test func whatMakesNoSenseCountsAsNotSaid() throws {
    let rubbish = "/models?state=nothing&org=a%2Fb&gated=maybe&size=huge&fits=9&verdict=x&sort=y&after=z&q=%20%20"
    #expect(ModelsFilter(try request(rubbish), devices: 2) == ModelsFilter())
    #expect(ModelsFilter(try request("/models?fits=-1"), devices: 2).device == nil)
    #expect(
      ModelsFilter(try request("/models?q=\(String(repeating: "a", count: 900))"), devices: 0).words?.count == 200)
  }
}

@Suite("Fit as a grid")
struct FitGridTests {
  @Test func everyCellIsWhatTheSolverSays() throws {
    let sheet = try Rooms.sheet()
    let devices = [Device.card(gibibytes: 8), .card(gibibytes: 24)]
    let grids = FitGrid.all(sheet, devices: devices, request: FitRequest())
    #expect(grids.map(\.device) == devices)
    for grid in grids {
      #expect(grid.contexts == [4096, 8192, 16_384, 32_768, 65_536, 131_072])
      #expect(grid.lines.map(\.quantization) == ["Q8_0", "Q4_K_M", "Q2_K"])
      for line in grid.lines {
        let offer = try #require(sheet.offers.first { $0.quantization == line.quantization })
        for (context, cell) in zip(grid.contexts, line.cells) {
          let estimate = FitSolver(shape: sheet.shape, request: FitRequest(context: context))
            .estimate(WeightSums(offer.layout), on: grid.device) { LayerStack(offer.layout) }
          #expect(cell.verdict == estimate.verdict && cell.bytes == (estimate.total + estimate.margin).bytes)
        }
      }
    }
    #expect(grids[0].lines[0].cells.contains { $0.verdict != .fits } && grids[1].lines[2].cells[0].verdict == .fits)
  }

  @Test func whatItCostsIsBounded() throws {
    var sheet = try Rooms.sheet()
    let offer = try #require(sheet.offers.first)
    sheet.offers = (0..<500).map {
      var one = offer
      one.quantization = "Q\($0)"
      return one
    }
    let grids = FitGrid.all(
      sheet, devices: (1...40).map { .card(gibibytes: Double($0)) }, request: FitRequest(context: 1_000_000))
    #expect(grids.count == FitGrid.mostDevices)
    #expect(grids.allSatisfy { $0.lines.count == FitGrid.mostLines && $0.contexts.count <= 6 })
  }

  @Test func contextsEndWhereTheModelDoes() throws {
    var sheet = try Rooms.sheet()
    sheet.shape.contextLength = 6000
    #expect(
      FitGrid.all(sheet, devices: [.card(gibibytes: 8)], request: FitRequest(context: 2048))[0].contexts
        == [2048, 4096, 6000])
    sheet.shape.contextLength = 1
    #expect(FitGrid.all(sheet, devices: [.card(gibibytes: 8)], request: FitRequest())[0].contexts == [1])
  }

  @Test func whereNobodyPublishedItIsSaidWhatCouldBeMade() throws {
    var sheet = try Rooms.sheet()
    for index in sheet.offers.indices { sheet.offers[index].isPublished = false }
    let grid = FitGrid.all(sheet, devices: [.card(gibibytes: 8)], request: FitRequest())[0]
    #expect(grid.lines.count == 3 && grid.lines.allSatisfy { !$0.isPublished })
    sheet.offers[0].isPublished = true
    #expect(
      FitGrid.all(sheet, devices: [.card(gibibytes: 8)], request: FitRequest())[0].lines.map(\.quantization) == ["Q8_0"]
    )
  }
}

@Suite("Numbers on the page")
struct NumberTests {
  @Test func ratesAreMeasuredBetweenLooks() {
    let start = Date(timeIntervalSince1970: 1_800_000_000)
    var meter = RateMeter()
    #expect(meter.rate(1, bytes: 1000, at: start) == nil)
    #expect(meter.rate(1, bytes: 5000, at: start + 4) == 1000)
    // Too soon to say anything new.
    #expect(meter.rate(1, bytes: 9000, at: start + 4.1) == 1000)
    #expect(meter.rate(1, bytes: 5000, at: start + 8) == 0)
    // Begun anew, or not looked at for long.
    #expect(meter.rate(1, bytes: 10, at: start + 12) == nil)
    #expect(meter.rate(1, bytes: 20, at: start + 1000) == nil)
    // A clock that was set back.
    #expect(meter.rate(1, bytes: 30, at: start) == nil)
    #expect(meter.rate(1, bytes: 32, at: start + 2) == 1)
    meter.keep(only: [])
    #expect(meter.rate(1, bytes: 99, at: start + 4) == nil)
  }

  @Test func chartsEndAtRoundNumbers() {
    #expect(ChartView.roof(5.3 * 1_073_741_824, .bytes) == 6 * 1_073_741_824)
    #expect(ChartView.roof(1_100_000, .parameters) == 2_000_000)
    #expect(ChartView.roof(7735, .models) == 8000 && ChartView.roof(1, .models) == 1)
    #expect(ChartView.roof(0, .models) == 1 && ChartView.roof(.nan, .bytes) == 1)
    var random = Noise.Generator(seed: 9)
    for unit in [Trends.Chart.Unit.bytes, .parameters, .models] {
      for _ in 0..<300 {
        let value = pow(10, Double.random(in: 0...14, using: &random))
        let roof = ChartView.roof(value, unit)
        #expect(roof >= value && roof <= value * 10.3, "\(value) \(roof)")
      }
    }
  }

  @Test func numbersReadWell() {
    #expect(Words.count(1_234_567) == "1,234,567" && Words.count(999) == "999" && Words.count(1000) == "1,000")
    #expect(Words.count(1, "model") == "1 model" && Words.count(2, "repository", "repositories") == "2 repositories")
    #expect(
      [0, 999, 1000, 12_345, 999_999, 1_200_000, 45_000_000].map(Words.short) == [
        "0", "999", "1.0 k", "12 k", "999 k", "1.2 M", "45 M",
      ])
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    #expect(Words.ago(now - 10, now) == "just now" && Words.ago(now - 300, now) == "5 min ago")
    #expect(Words.ago(now + 7200, now) == "in 2 h" && Words.ago(now - 86_400 * 12, now) == "12 days ago")
    #expect(
      Words.duration(.infinity) == "for ever" && Words.context(131_072) == "128 k" && Words.context(1000) == "1000")
    #expect(Words.gibibytes(5_905_580_032) == "5.5" && Words.gibibytes(200 << 30) == "200")
  }

  @Test func whatTakesLongIsFoundOutOnce() async throws {
    let made = Mutex(0)
    let quick = Kept<Int, Int>(seconds: 3600) { key in
      made.withLock { $0 += 1 }
      return key * 2
    }
    #expect(try quick.value(4) == 8 && quick.value(4) == 8 && made.withLock { $0 } == 1)
    quick.forget(4)
    #expect(try quick.value(4) == 8 && made.withLock { $0 } == 2)
    // More keys than are kept: the oldest is found out again.
    for key in 10..<20 { _ = try quick.value(key) }
    _ = try quick.value(4)
    #expect(made.withLock { $0 } == 13)
    struct Trouble: Error {}
    let failing = Kept<Int, Int>(seconds: 3600) { _ in throw Trouble() }
    #expect(throws: Trouble.self) { try failing.value(1) }
  }

  @Test func whoeverAsksAgainIsGivenTheOldValueWhileTheNewOneIsMade() async throws {
    let made = Mutex(0)
    // Nothing is fresh, and everything is slow.
    let slow = Kept<Int, Int>(seconds: -1) { _ in
      usleep(60_000)
      return made.withLock {
        $0 += 1
        return $0
      }
    }
    #expect(try slow.value(0) == 1)
    #expect(try slow.value(0) == 1)
    while made.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
    // The thread may not have put it down yet.
    while try slow.value(0) < 2 { try await Task.sleep(for: .milliseconds(5)) }
  }
}
