import Domain
import Fit

/// A fit verdict as a person reads it.
enum VerdictWords {
  static func of(_ estimate: Estimate) -> String {
    switch estimate.verdict {
    case .fits: "fits"
    case .smallerBatch: "fits with --batch 128"
    case .q8kv: "fits with --kv q8_0"
    case .smallerContext: "fits at context \(estimate.maxContext)"
    case .expertsOnCpu: "experts in main memory"
    case .split: "\(estimate.gpuLayers) layers on the card"
    case .no: "no"
    }
  }

  /// Without the numbers that only a fresh estimate has.
  static func of(_ verdict: FitVerdict) -> String {
    switch verdict {
    case .fits: "fits"
    case .smallerBatch: "fits with a smaller batch"
    case .q8kv: "fits with the KV cache in Q8_0"
    case .smallerContext: "fits at a smaller context"
    case .expertsOnCpu: "experts in main memory"
    case .split: "some layers in main memory"
    case .no: "no"
    }
  }
}
