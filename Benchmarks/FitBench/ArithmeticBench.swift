import Domain
import Fit
import Foundation
import Glibc

/// Every quantization of a catalog's models judged against three devices.
struct ArithmeticBench {
  private let models: [(shape: ModelShape, inventory: TensorInventory)]
  private let count: Int

  static let devices = [Device.card(gibibytes: 12), .card(gibibytes: 24), .card(gibibytes: 48)]

  /// Every recipe of llama-quantize.
  static let quantizations = GGUFRecipe.allCases.count

  /// - Parameter count: how many models are judged, each with other dimensions.
  init(models count: Int) {
    self.count = count
    models = (0..<count).compactMap(Self.model)
  }

  /// A llama between some hundred million and seventy billion parameters, like no other.
  private static func model(_ number: Int) -> (shape: ModelShape, inventory: TensorInventory)? {
    let layers = 16 + number % 65
    let hidden = 1024 + 128 * (number / 65 % 56)
    let inner = hidden * 3 + 256 * (number / 3640 % 28)
    let vocabulary = 32000 + number
    let (heads, kvHeads, head) = (hidden / 128, max(1, hidden / 512), 128)
    let shape = ModelShape(
      architecture: "llama", layers: layers, embedding: hidden, feedForward: inner, heads: heads,
      kvHeads: Array(repeating: kvHeads, count: layers), keyLength: head, valueLength: head, vocabulary: vocabulary,
      contextLength: 131_072)
    let (e, f, k) = (Int64(hidden), Int64(inner), Int64(kvHeads * head))
    let layer: [TensorInventory.Tensor] = [
      .init(.attentionQuery, e, e), .init(.attentionKey, e, k), .init(.attentionValue, e, k),
      .init(.attentionOutput, e, e), .init(.feedForwardGate, e, f), .init(.feedForwardUp, e, f),
      .init(.feedForwardDown, f, e), .init(.vector, e, 1), .init(.vector, e, 1),
    ]
    let v = Int64(vocabulary)
    return TensorInventory(
      common: [.init(.tokenEmbedding, e, v), .init(.output, e, v), .init(.vector, e, 1)],
      layers: Array(repeating: layer, count: layers)
    ).map { (shape, $0) }
  }

  /// Processor time of one round.
  func seconds() -> Double {
    let request = FitRequest()
    var fitting = 0
    let start = Self.processorTime()
    var stack = LayerStack()
    for number in 0..<count {
      let (shape, inventory) = models[number % models.count]
      let predictor = WeightPredictor(inventory: inventory, shape: shape)
      let solver = FitSolver(shape: shape, request: request)
      for recipe in GGUFRecipe.allCases {
        let sums = predictor.sums(recipe)
        var isFilled = false
        for device in Self.devices {
          let outcome = solver.outcome(sums, on: device) {
            if !isFilled { predictor.fill(&stack, recipe) }
            isFilled = true
            return stack
          }
          if outcome.verdict == .fits { fitting += 1 }
        }
      }
    }
    let seconds = Self.processorTime() - start
    // What was computed is used, so that nothing can be left out.
    precondition(fitting > 0)
    return seconds
  }

  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
