import Domain
import Foundation
import Inference
import ModelFiles
import TestSupport
import Testing

@testable import Smoke

@Suite("What single checks conclude")
struct EvidenceTests {
  // MARK: Perplexities

  private func reading(_ text: ReferenceText, perplexity: Double, bytesOfToken: Int = 4) -> Reading {
    Reading(text: text, losses: [Double](repeating: log(perplexity), count: 100), bytes: 100 * bytesOfToken)
  }

  private func verdict(_ readings: [Reading], vocabulary: Int = 49_152, parameters: Int64 = 135_000_000) -> [Finding] {
    ReadingEvidence(readings: readings, vocabulary: vocabulary, parameters: parameters).findings
  }

  @Test func aModelThatKnowsItsLanguagePasses() {
    #expect(verdict([reading(.english, perplexity: 19)]).isEmpty)
    // One that knows Chinese only is no worse a model.
    #expect(
      verdict([reading(.english, perplexity: 30_000), reading(.chinese, perplexity: 20, bytesOfToken: 6)]).isEmpty)
  }

  @Test func worseThanGuessingIsBrokenAndNoBetterThanLettersSuspect() {
    #expect(verdict([reading(.english, perplexity: 50_000)]).map(\.gravity) == [.broken])
    #expect(verdict([reading(.english, perplexity: 40_000)]).map(\.gravity) == [.suspect])
    #expect(verdict([reading(.english, perplexity: 300)]).map(\.gravity) == [.suspect])
  }

  @Test func aToyIsNotHeldAgainstAGrownUpText() {
    #expect(verdict([reading(.english, perplexity: 500, bytesOfToken: 1)], vocabulary: 512).isEmpty)
    #expect(
      verdict([reading(.english, perplexity: 500), reading(.story, perplexity: 3, bytesOfToken: 2)], vocabulary: 512)
        .isEmpty)
  }

  @Test func aToyThatHardlyKnowsItsOwnStoriesIsSuspect() {
    let readings = [
      reading(.english, perplexity: 500, bytesOfToken: 1), reading(.story, perplexity: 30, bytesOfToken: 2),
    ]
    #expect(verdict(readings, vocabulary: 105, parameters: 3_000_000).map(\.gravity) == [.suspect])
  }

  @Test func theLimitFallsWithSizeAndStaysWithinReason() {
    let limits = [Int64(1_000_000), 100_000_000, 1_000_000_000, 70_000_000_000].map {
      ReadingEvidence.limit(parameters: $0)
    }
    #expect(limits == limits.sorted(by: >))
    #expect(limits.allSatisfy { (1.0...2.4).contains($0) })
  }

  @Test func theBaselineIsTheEntropyOfTheBytes() {
    #expect(ReferenceText(name: "", text: "abababab").unigramBitsPerByte == 1)
    #expect(ReferenceText(name: "", text: "aaaa").unigramBitsPerByte == 0)
    #expect((4...4.6).contains(ReferenceText.english.unigramBitsPerByte))
  }

  @Test func everyTextIsLongEnoughAndHasANameOfItsOwn() {
    #expect(Set(ReferenceText.all.map(\.name)).count == ReferenceText.all.count)
    for text in ReferenceText.all { #expect(text.text.utf8.count > 300, "\(text.name)") }
  }

  // MARK: Speech

  @Test func circlesAreNoticedOnlyWhenTheyFillTheText() {
    #expect(SpeechEvidence.period([Int32](repeating: 7, count: 32)) == 1)
    #expect(SpeechEvidence.period((0..<32).map { Int32($0 % 3) }) == 3)
    #expect(SpeechEvidence.period((0..<32).map { Int32($0) }) == nil)
    #expect(SpeechEvidence.period((0..<24).map { Int32($0) } + [5, 5, 5, 5, 5, 5]) == nil)
    #expect(SpeechEvidence.period([7, 7, 7]) == nil)
  }

  @Test func oneTokenForEverOrAnotherScriptIsSuspect() {
    let round = [[Int32](repeating: 7, count: 32), [Int32](repeating: 9, count: 32)]
    #expect(SpeechEvidence(continuations: round, texts: ["aaa", "bbb"]).findings.map(\.gravity) == [.suspect])
    let fine = [(0..<32).map { Int32($0) }, [Int32](repeating: 9, count: 32)]
    #expect(SpeechEvidence(continuations: fine, texts: ["one", "bbb"]).findings.isEmpty)
    let cyrillic = String(repeating: "снег лежал ", count: 8)
    #expect(SpeechEvidence(continuations: fine, texts: ["", cyrillic]).findings.map(\.gravity) == [.suspect])
    #expect(SpeechEvidence(continuations: [], texts: []).findings.isEmpty)
  }

  // MARK: Statistics

  @Test func medianAndDeviationAreNotMovedByOneOutlier() {
    #expect(Spread.median([]) == 0)
    #expect(Spread.median([3, 1, 2]) == 2)
    #expect(Spread.median([1, 2, 3, 1000]) == 2.5)
    #expect(Spread.deviation([1, 2, 3, 4, 5, 1000]) < 4)
  }

  @Test func correlationsAreOfLogarithms() throws {
    let up = (1...32).map { Float($0) }
    let squares = up.map { $0 * $0 }
    #expect(try #require(Spread.logCorrelation(up, squares)) > 0.999)
    #expect(try #require(Spread.logCorrelation(up, up.map { 1 / $0 })) < -0.999)
    #expect(Spread.logCorrelation(up, Array(up.dropLast())) == nil)
    #expect(Spread.logCorrelation(up, [Float](repeating: 2, count: 32)) == nil)
    #expect(Spread.logCorrelation(up, [Float](repeating: .nan, count: 32)) == nil)
  }

  @Test func aMeanLiesBelowOnlyWhenChanceDoesNotExplainIt() {
    #expect(Spread.liesBelow(-0.1, sigmas: 3, [Double](repeating: -0.2, count: 20)))
    #expect(!Spread.liesBelow(-0.1, sigmas: 3, [Double](repeating: -0.05, count: 20)))
    #expect(!Spread.liesBelow(-0.1, sigmas: 3, (0..<20).map { $0 % 2 == 0 ? -3 : 2.6 }))
    #expect(!Spread.liesBelow(-0.1, sigmas: 3, [-1, -1]))
  }

  @Test(arguments: [
    (3.14159, 2, "3.14"), (0.05, 1, "0.1"), (-2.5, 1, "-2.5"), (1e300, 1, "infinite"), (-.infinity, 1, "no number"),
    (12.0, 0, "12"), (-0.001, 1, "0.0"), (9.996, 2, "10.00"),
  ])
  func decimalsAreRounded(_ value: Double, _ places: Int, _ text: String) {
    #expect(Figures.decimal(value, places) == text)
  }

  // MARK: Header

  @Test(arguments: [
    ("135M", 135e6), ("Smollm2 135M 8k Lc100K Mix1 Ep2", 135e6), ("Llama-2-6.74b-chat", 6.74e9), ("360m", 360e6),
  ])
  func sizesInNamesAreReadWhenTheyHaveThreeDigits(_ name: String, _ count: Double) throws {
    #expect(try #require(HeaderEvidence.sizeLabel(name)).count == count)
  }

  @Test(arguments: ["7B", "Llama 3.2 1B", "8x7B", "Lc100K", "", "M", "1e9999M", "nanM", "12.3.4M"])
  func coarseOrMadeUpSizesAreNot(_ name: String) {
    #expect(HeaderEvidence.sizeLabel(name) == nil)
  }
}
