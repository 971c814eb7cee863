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
}
