import Foundation
import TestSupport
import Testing

@testable import Watch

@Suite("How far a pass has come")
struct PassProgressTests {
  /// Whether a moment lies in a gap that is to be read for its own sake.
  private func isOpen(_ progress: PassProgress, _ moment: Double) -> Bool {
    progress.gaps.contains { $0.horizon <= moment && moment <= $0.top }
  }

  @Test(arguments: 0..<60)
  func nothingThatIsToBeReadIsLost(seed: Int) throws {
    var random = Noise.Generator(seed: UInt64(seed) &+ 1)
    var progress = PassProgress(newest: 1000)
    var open: [ClosedRange<Double>] = []
    for number in 0..<30 {
      let horizon = Double(Int.random(in: 0...900, using: &random))
      let top = horizon + Double(Int.random(in: -5...100, using: &random))
      let tries = Int.random(in: 0...3, using: &random) == 0 ? 1 : nil
      // Every page is at one place of the listing.
      let next = Bool.random(using: &random) ? "page-\(number)" : nil
      if next == nil, progress.gaps.contains(where: { $0.next == nil }) { continue }
      progress.add(PassProgress.Gap(next: next, top: top, horizon: horizon, tries: tries))
      if top > horizon { open.append(horizon...top) }
      #expect(progress.gaps.count <= 8)
      #expect(progress.gaps == progress.gaps.sorted { $0.top > $1.top })
      for moment in stride(from: 0.5, to: 1000, by: 7) where open.contains(where: { $0.contains(moment) }) {
        #expect(isOpen(progress, moment), "\(moment) after \(number)")
      }
      #expect(PassProgress(stored: try progress.stored) == progress)
    }
  }

  @Test func theSamePageIsOneGap() {
    var progress = PassProgress()
    progress.add(PassProgress.Gap(next: "a", top: 10, horizon: 5))
    progress.add(PassProgress.Gap(next: "a", top: 10, horizon: 3))
    #expect(progress.gaps == [PassProgress.Gap(next: "a", top: 10, horizon: 3)])
  }

  @Test func theOlderFormIsReadAndRubbishIsNothing() {
    #expect(PassProgress(stored: "1790000000.5") == PassProgress(newest: 1_790_000_000.5))
    for rubbish in [nil, "", "{", "[]", "{\"gaps\":7}", "\u{0}", "🦙"] {
      #expect(PassProgress(stored: rubbish) == PassProgress(), "\(rubbish ?? "nil")")
    }
  }
}

@Suite("The beginning of a card")
struct ModelCardTests {
  private func beginning(_ text: String) -> String? { ModelCard.beginning(Array(text.utf8)) }

  @Test func theFrontMatterIsLeftOut() {
    #expect(beginning("---\nlicense: mit\n---\n\n# A model\n") == "# A model\n")
    #expect(beginning("---\r\nlicense: mit\r\n---\r\n# A model") == "# A model")
    #expect(beginning("# No front matter --- at all") == "# No front matter --- at all")
    #expect(beginning("---\nlicense: mit\nand so on for ever") == nil)
    #expect(beginning("---\nlicense: mit\n---") == nil && beginning("") == nil && beginning(" \n\t") == nil)
  }

  @Test(arguments: 2040...2052)
  func itIsCutAtAWholeCharacter(length: Int) {
    let text = String(repeating: "a", count: length - 4) + "🦙🦙🦙"
    let kept = beginning(text)
    #expect(kept.map { text.hasPrefix($0) && $0.utf8.count <= 2048 && $0.utf8.count > 2040 } == true)
  }

  @Test func brokenBytesAreDropped() {
    #expect(ModelCard.beginning([0x41, 0xFF, 0x00, 0x42, 0xF0, 0x9F]) == "AB")
  }
}
