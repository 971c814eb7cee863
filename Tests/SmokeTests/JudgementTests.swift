import Domain
import Testing

@testable import Smoke

@Suite("The verdict on what was seen")
struct JudgementTests {
  private func sound() -> Observations {
    Observations(
      vocabulary: 49_152, perplexity: 19, textTokens: 330, textBytes: 1500, baselineBitsPerByte: 4.2,
      generated: Array(0..<48))
  }

  @Test func aSoundModelPasses() {
    #expect(Judgement.verdict(sound()).0 == .pass)
    #expect(Judgement.verdict(sound()).1.isEmpty)
  }

  @Test func infinitiesAndEmptinessFail() {
    var seen = sound()
    seen.logitsAreFinite = false
    #expect(Judgement.verdict(seen).0 == .fail)
    seen = sound()
    seen.logitsDiffer = false
    #expect(Judgement.verdict(seen).0 == .fail)
  }

  @Test func worseThanGuessingFailsAndNoBetterThanLettersIsSuspect() {
    var seen = sound()
    seen.perplexity = 49_153
    #expect(Judgement.verdict(seen).0 == .fail)
    // log2(700000^…) a token: 330 tokens of 19.2 bits are more than 1500 bytes of 4.2 bits.
    seen.perplexity = 49_000 * 0.99
    seen.textTokens = 600
    let (verdict, reasons) = Judgement.verdict(seen)
    #expect(verdict == .suspect && reasons.count == 1)
  }

  @Test func aToyIsNotHeldAgainstAGrownUpText() {
    var seen = sound()
    seen.vocabulary = 512
    seen.perplexity = 5000
    #expect(Judgement.verdict(seen).0 == .pass)
  }

  @Test func oneTokenForEverIsSuspect() {
    var seen = sound()
    seen.generated = Array(repeating: 7, count: 47) + [3]
    #expect(Judgement.verdict(seen).0 == .suspect)
    seen.generated = [7, 7, 7]
    #expect(Judgement.verdict(seen).0 == .pass)
  }

  @Test func theBaselineIsTheEntropyOfTheBytes() {
    #expect(ReferenceText.unigramBitsPerByte("abababab") == 1)
    #expect(ReferenceText.unigramBitsPerByte("aaaa") == 0)
    #expect((4...4.6).contains(ReferenceText.unigramBitsPerByte(ReferenceText.english)))
  }
}
