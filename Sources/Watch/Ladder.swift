import Catalog
import Domain

/// Which quantization of a model is taken when nobody names one.
///
/// The one with the most bits a weight that fits, since it loses least. Float weights are taken only when there
/// is nothing else: they double the size for nothing that can be heard. At about equal bits a K-quantization goes before
/// the older ones (`Q4_K_S` before `Q4_0`).
public enum Ladder {
  /// `weights` in the order in which they are preferred.
  public static func ordered(_ weights: [WeightsRecord]) -> [WeightsRecord] {
    weights.sorted { left, right in
      let (a, b) = (rank(left.quantization), rank(right.quantization))
      return a == b ? left.path < right.path : a > b
    }
  }

  /// The most preferred of `weights` for which `fits` says yes.
  public static func best(_ weights: [WeightsRecord], fits: (WeightsRecord) -> Bool) -> WeightsRecord? {
    ordered(weights).first(where: fits)
  }

  /// The order in which headers are worth reading when not all are read: the quantizations that people use most,
  /// the middle of the ladder first.
  public static func readingRank(_ quantization: Quantization) -> Double {
    abs(quantization.bitsPerWeight - 4.85)
  }

  private static func rank(_ quantization: Quantization) -> Double {
    if quantization.isFloat { return -quantization.bitsPerWeight }
    let isLegacy = ["Q4_0", "Q4_1", "Q5_0", "Q5_1"].contains(quantization.description)
    return quantization.bitsPerWeight - (isLegacy ? 0.5 : 0)
  }
}
