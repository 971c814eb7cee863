import Catalog
import Domain

/// Which quantization of a model is taken when nobody names one.
///
/// The order is `Quantization.preference`; the first that fits is taken.
public enum Ladder {
  /// `weights` in the order in which they are preferred.
  public static func ordered(_ weights: [WeightsRecord]) -> [WeightsRecord] {
    weights.sorted { left, right in
      let (a, b) = (left.quantization.preference, right.quantization.preference)
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
}
