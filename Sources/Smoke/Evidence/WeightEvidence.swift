import Domain
import Foundation
import Inference

/// What the numbers of single tensors say, without computing anything with them.
struct WeightEvidence {
  private let tensors: [TensorStatistics]
  /// Tensors of the same role, by layer.
  private let roles: [(name: String, tensors: [TensorStatistics])]

  init(_ survey: WeightSurvey) {
    tensors = survey.tensors
    roles = Dictionary(grouping: survey.tensors.filter { $0.layer != nil }, by: \.role)
      .map { ($0.key, $0.value.sorted { ($0.layer ?? 0) < ($1.layer ?? 0) }) }
      .sorted { $0.name < $1.name }
  }

  /// Everything that is odd, the worst first.
  var findings: [Finding] { notFinite + empty + outliers + copies + sizes }

  /// NaN and infinity.
  private var notFinite: [Finding] {
    let broken = tensors.filter { $0.notFinite > 0 }
    guard let first = broken.first, let place = first.firstNotFinite else { return [] }
    let kind = first.type.blockElements > 1 ? "block scales that are NaN or infinite" : "NaN or infinite weights"
    var words = "\(first.name) has \(kind), first in row \(place.row), column \(place.column)"
    if first.notFinite > 1 { words += " (\(first.notFinite) weights of it)" }
    if broken.count > 1 { words += "; so have \(broken.count - 1) other tensors" }
    return [.broken(words)]
  }

  /// Tensors and rows of nothing, or of one number.
  private var empty: [Finding] {
    var findings: [Finding] = []
    let zero = tensors.filter { $0.norm == 0 && !$0.role.hasSuffix("bias") && $0.notFinite == 0 }
    if let first = zero.first {
      findings.append(.broken("\(first.name) is all zeros" + Self.more(zero.count)))
    }
    let flat = tensors.filter { tensor in
      guard tensor.norm > 0, tensor.rows > 1 else { return false }
      // Rows of tokens that never occur may well be empty, and widths may be padded to a multiple of a block.
      let allowed = Self.isVocabulary(tensor) ? tensor.rows / 2 : max(2, tensor.rows / 8)
      return tensor.constantRows > allowed
    }
    if let first = flat.first {
      findings.append(
        .suspect(
          "\(first.constantRows) of \(first.rows) rows of \(first.name) are one number throughout"
            + Self.more(flat.count)))
    }
    let constant = roles.compactMap { _, tensors -> TensorStatistics? in
      let flat = tensors.filter { $0.rows == 1 && $0.norm > 0 && $0.columnNorms.min() == $0.columnNorms.max() }
      // What is so in every layer is how the model was made.
      return flat.count * 4 <= tensors.count ? flat.first : nil
    }
    if let first = constant.first {
      findings.append(.suspect("\(first.name) is one number throughout, which it is in no other layer"))
    }
    return findings
  }

  /// Rows far larger than their neighbours: what a flipped bit in a block's scale does.
  private var outliers: [Finding] {
    var worst: (tensor: TensorStatistics, row: Int, times: Double)?
    var count = 0
    for tensor in tensors where tensor.rows >= 16 {
      let middle = Spread.median(tensor.rowNorms.map { Double($0) })
      guard middle > 0, let row = tensor.rowNorms.indices.max(by: { tensor.rowNorms[$0] < tensor.rowNorms[$1] })
      else { continue }
      let times = Double(tensor.rowNorms[row]) / middle
      guard times > (Self.isVocabulary(tensor) ? 64 : 24) else { continue }
      count += 1
      if times > worst?.times ?? 0 { worst = (tensor, row, times) }
    }
    guard let worst else { return [] }
    let words =
      "row \(worst.row) of \(worst.tensor.name) is \(Figures.short(worst.times)) times as large as its other rows: "
      + "a damaged scale"
    return [.suspect(words + Self.more(count))]
  }

  /// The same matrix twice.
  private var copies: [Finding] {
    var known: [UInt64: TensorStatistics] = [:]
    var pairs: [(TensorStatistics, TensorStatistics)] = []
    for tensor in tensors where tensor.rows > 1 && tensor.constantRows < tensor.rows {
      guard let other = known[tensor.fingerprint], other.rows == tensor.rows, other.columns == tensor.columns else {
        known[tensor.fingerprint] = tensor
        continue
      }
      // Embedding and output matrix may be one.
      if Self.isVocabulary(tensor), Self.isVocabulary(other) { continue }
      pairs.append((other, tensor))
    }
    guard let first = pairs.first else { return [] }
    var words = "\(first.1.name) is a copy of \(first.0.name)"
    if pairs.count > 1 { words += ", and \(pairs.count - 1) other matrices are copies" }
    return [.suspect(words + ": a layer was repeated, or written twice")]
  }

  /// Tensors whose size does not go with that of the layers around them.
  private var sizes: [Finding] {
    var odd: [(tensor: TensorStatistics, times: Double)] = []
    for (_, tensors) in roles where tensors.count >= 6 && !tensors[0].role.hasSuffix("bias") {
      let sizes = tensors.map { log2(Double(max($0.norm, .leastNormalMagnitude))) }
      let distances = sizes.indices.map { index in
        let around = (max(0, index - 2)...min(sizes.count - 1, index + 2)).filter { $0 != index }.map { sizes[$0] }
        return sizes[index] - Spread.median(around)
      }
      // Norms behind a part differ more from layer to layer than matrices do.
      let floor = tensors[0].rows > 1 ? Self.sizeLimit : Self.normLimit
      let limit = max(floor, 6 * Spread.deviation(distances))
      let strangers = distances.indices.filter { index in
        // The first layers and the last are a world of their own.
        let isEdge = index < 2 || index >= sizes.count - 2
        return tensors[index].norm > 0 && abs(distances[index]) > (isEdge ? 2.5 * limit : limit)
      }
      // Many of them are a pattern: layers that look near and layers that look far, say.
      guard Pattern.isDamage(strangers.count, of: tensors.count) else { continue }
      odd += strangers.map { (tensors[$0], exp2(distances[$0])) }
    }
    guard let worst = odd.max(by: { abs(log($0.times)) < abs(log($1.times)) }) else { return [] }
    let words =
      "the weights of \(worst.tensor.name) are \(Figures.decimal(worst.times, 2)) times as large as those of the layers around it"
    return [.suspect(words + Self.more(odd.count))]
  }

  /// In powers of two.
  private static let sizeLimit = 0.7
  private static let normLimit = 2.0

  private static func isVocabulary(_ tensor: TensorStatistics) -> Bool {
    ["token_embd.weight", "output.weight"].contains(tensor.name)
  }

  private static func more(_ count: Int) -> String {
    count > 1 ? "; \(count - 1) other tensor\(count == 2 ? " is" : "s are") like that" : ""
  }
}
