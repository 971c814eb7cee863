import Catalog
import Domain

/// Which quantization of a model is taken when nobody names one.
///
/// The order is `Quantization.preference`; the first that fits is taken. At equal size weights that were quantized with
/// an importance matrix go first: they lose less.
public enum Ladder {
  /// `weights` in the order in which they are preferred.
  public static func ordered(_ weights: [WeightsRecord]) -> [WeightsRecord] {
    weights.sorted { left, right in
      let (a, b) = (preference(left), preference(right))
      return a == b ? left.path < right.path : a > b
    }
  }

  /// How much weights are preferred.
  ///
  /// - Parameter repo: the repository, whose tags tell of an importance matrix for all its files; nil when unknown.
  static func preference(_ weights: WeightsRecord, of repo: RepoRecord? = nil) -> Double {
    let name = weights.path.description.lowercased()
    let isInName = ["imat", ".i1-", "-i1-"].contains { name.contains($0) }
    let isTagged = repo?.tags.contains("imatrix") ?? false
    return weights.quantization.preference + (isInName || isTagged ? imatrixGain : 0)
  }

  /// Less than lies between any two steps of the ladder.
  private static let imatrixGain = 0.005

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
