import Testing

@testable import Inference

/// Options that draw from the model's own distribution.
func drawing(seed: UInt64) -> SamplingOptions {
  var options = SamplingOptions()
  (options.temperature, options.seed) = (1, seed)
  return options
}

@Suite("Choosing the next token")
struct SamplerTests {
  /// Probabilities 1/2, 1/4, 1/8, 1/16, 1/16 in an order that is not theirs: tokens 3, 0, 4, 1, 2.
  private static let logits: [Float] = [-1.3863, -2.7726, -2.7726, -0.6931, -2.0794]

  /// How often each token is drawn.
  private func counts(_ draws: Int = 4000, _ change: (inout SamplingOptions) -> Void) -> [Int] {
    var options = drawing(seed: 42)
    change(&options)
    var sampler = Sampler(options)
    var counts = [Int](repeating: 0, count: Self.logits.count)
    for _ in 0..<draws { counts[Int(sampler.next(Self.logits))] += 1 }
    return counts
  }

  @Test func drawingFollowsTheDistribution() {
    let counts = counts { _ in }
    for (count, share) in zip(counts, [0.25, 0.0625, 0.0625, 0.5, 0.125]) {
      #expect(abs(Double(count) / 4000 - share) < 0.03, "\(counts)")
    }
  }

  @Test func withoutATemperatureTheBestIsTaken() {
    #expect(counts { $0.temperature = 0 } == [0, 0, 0, 4000, 0])
  }

  @Test func aLowTemperatureSharpens() {
    // Probabilities to the fourth power: 1, 1/16, 1/256 …
    let counts = counts { $0.temperature = 0.25 }
    #expect(abs(Double(counts[3]) / 4000 - 0.937) < 0.02, "\(counts)")
  }

  @Test func topK() {
    let counts = counts { $0.topK = 2 }
    #expect(counts[0] + counts[3] == 4000 && abs(Double(counts[3]) / 4000 - 0.667) < 0.03, "\(counts)")
    #expect(self.counts { $0.topK = 1 } == [0, 0, 0, 4000, 0])
    #expect(self.counts { $0.topK = 100 }.allSatisfy { $0 > 0 })
  }

  @Test func topP() {
    // 1/2 and 1/4 are less than 0.8, so that the third comes in.
    let counts = counts { $0.topP = 0.8 }
    #expect(counts[1] == 0 && counts[2] == 0 && counts[4] > 0, "\(counts)")
    #expect(self.counts { $0.topP = 0.01 } == [0, 0, 0, 4000, 0], "the best is always in")
  }

  @Test func minP() {
    // 1/8 is a fourth of the best, 1/16 an eighth.
    let counts = counts { $0.minP = 0.2 }
    #expect(counts[1] == 0 && counts[2] == 0 && counts[0] > 0 && counts[4] > 0, "\(counts)")
    #expect(self.counts { $0.minP = 1 } == [0, 0, 0, 4000, 0])
  }

  @Test func repetitions() {
    var options = SamplingOptions()
    (options.repetitionPenalty, options.repetitionWindow) = (2, 2)
    var sampler = Sampler(options)
    let logits: [Float] = [3, 2, -1, -1.5]
    #expect(sampler.next(logits) == 0)
    sampler.see(0)
    #expect(sampler.next(logits) == 1, "3 / 2 is less than 2")
    sampler.see(1)
    #expect(sampler.next(logits) == 0, "3 / 2 is more than 2 / 2")
    sampler.see(3)
    sampler.see(3)
    #expect(sampler.next(logits) == 0, "what was seen long ago is forgotten")
    // A negative logit becomes more negative, and a token that is none is no matter.
    var sad = Sampler(options)
    sad.see(0)
    sad.see(-7)
    #expect(sad.next([-1, -1.5]) == 1)
  }

  @Test func theSameSeedDrawsTheSame() {
    var (first, second) = (Sampler(drawing(seed: 7)), Sampler(drawing(seed: 7)))
    for _ in 0..<100 { #expect(first.next(Self.logits) == second.next(Self.logits)) }
  }

  @Test func numbersWithoutAMeaningAreToldApart() {
    func isValid(_ change: (inout SamplingOptions) -> Void) -> Bool {
      var options = SamplingOptions()
      change(&options)
      return options.isValid
    }
    #expect(isValid { _ in })
    for change: (inout SamplingOptions) -> Void in [
      { $0.temperature = -1 }, { $0.temperature = .nan }, { $0.topK = -1 }, { $0.topP = 0 }, { $0.topP = 1.1 },
      { $0.minP = -0.1 }, { $0.minP = .nan }, { $0.repetitionPenalty = 0 }, { $0.repetitionPenalty = .infinity },
    ] {
      #expect(!isValid(change))
    }
  }
}
