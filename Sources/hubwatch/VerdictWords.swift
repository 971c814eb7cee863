import Domain
import Fit

/// A fit verdict as a person reads it.
enum VerdictWords {
  static func of(_ estimate: Estimate) -> String {
    switch estimate.verdict {
    case .fits: "fits"
    case .smallerBatch, .q8kv, .smallerContext: "fits with \(changes(estimate))"
    case .expertsOnCpu: "experts of \(estimate.expertLayersOnHost) layers in main memory"
    case .split: "\(estimate.gpuLayers) layers on the card"
    case .no: "no"
    }
  }

  /// A few words for a narrow column; `layers` counts the output as one.
  static func short(_ estimate: Estimate, layers: Int) -> String {
    switch estimate.verdict {
    case .fits: "fits"
    case .smallerBatch: "batch \(estimate.remedy?.batch ?? 0)"
    case .q8kv: "q8_0 KV"
    case .smallerContext: "ctx \(estimate.remedy?.context ?? estimate.maxContext)"
    case .expertsOnCpu: "\(estimate.expertLayersOnHost) layers' experts out"
    case .split: "\(estimate.gpuLayers)/\(layers + 1) layers"
    case .no: "no"
    }
  }

  /// The options with which it fits.
  private static func changes(_ estimate: Estimate) -> String {
    guard let remedy = estimate.remedy else { return "less" }
    var words: [String] = []
    if estimate.verdict == .smallerContext { words.append("--ctx \(remedy.context)") }
    if remedy.kvType != .f16 { words.append("--kv \(remedy.kvType.rawValue)") }
    if remedy.batch == MemoryArithmetic.smallBatch { words.append("--batch \(remedy.batch)") }
    return words.joined(separator: " ")
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
