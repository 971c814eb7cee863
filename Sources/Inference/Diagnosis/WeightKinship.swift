import CKernels
import Glibc

/// Whether the weights that meet in a layer point in kindred directions.
///
/// A neuron reads the residual stream with a row of `gate` and one of `up`, and writes it with a column of `down`; a
/// dimension of a head does so with rows of `query` and `key`, or with a row of `value` and a column of `output`. Training
/// leaves the vectors of a neuron at angles that are far from random, and any mix-up of rows or columns makes them random.
/// What is measured is the mean |cosine| of such vectors, over the mean of random directions, √(2 / (π · width)).
public struct WeightKinship: Sendable {
  /// Which vectors meet.
  public enum Pair: String, Sendable, CaseIterable {
    case gateUp = "ffn_gate and ffn_up"
    case upDown = "ffn_up and ffn_down"
    case gateDown = "ffn_gate and ffn_down"
    case queryKey = "attn_q and attn_k"
    case valueOutput = "attn_v and attn_output"
  }

  /// By layer: 1 for random directions, more for kindred ones; nothing for what holds no numbers.
  public let layers: [[Pair: Double]]

  /// Neurons, or dimensions of heads, that are looked at in each layer.
  private static let sample = 256

  /// Looks at all layers, and lets the kernel forget what lies in a mapped file.
  init(_ weights: LlamaWeights, heads: Int, kernels: Kernels, threads: Int) {
    var layers = [[Pair: Double]](repeating: [:], count: weights.layers.count)
    layers.withUnsafeMutableBufferPointer { layers in
      let layers = layers
      // Every piece writes a layer of its own.
      WorkerPool(count: threads).forEach(layers.count, piece: 1) { items, _ in
        for item in items { layers[item] = Self.pairs(weights.layers[item], heads: heads, kernels) }
      }
    }
    self.layers = layers
  }

  private static func pairs(_ layer: LlamaWeights.Layer, heads: Int, _ kernels: Kernels) -> [Pair: Double] {
    var pairs: [Pair: Double] = [:]
    let network: LlamaWeights.Network? =
      switch layer.feedForward.kind {
      case .dense(let network): network
      case .mixture(let mixture): mixture.experts.first
      }
    if let network {
      let neurons = chosen(of: network.up.matrix.rows)
      let gate = rows(neurons, of: network.gate.matrix, kernels)
      let up = rows(neurons, of: network.up.matrix, kernels)
      let down = columns(neurons, of: network.down.matrix, kernels)
      pairs[.gateUp] = kinship(gate, up)
      pairs[.upDown] = kinship(up, down)
      pairs[.gateDown] = kinship(gate, down)
    }
    let attention = layer.attention
    let (query, key) = (attention.query.matrix, attention.key.matrix)
    let (value, output) = (attention.value.matrix, attention.output.matrix)
    // Several query heads share a key head and a value head.
    let keyLength = query.rows / max(1, heads)
    let dimensions = chosen(of: query.rows)
    let keys = dimensions.map { keyRow($0, length: keyLength, heads: heads, rows: key.rows) }
    pairs[.queryKey] = kinship(rows(dimensions, of: query, kernels), rows(keys, of: key, kernels))
    let valueLength = output.columns / max(1, heads)
    let places = chosen(of: output.columns)
    let values = places.map { keyRow($0, length: valueLength, heads: heads, rows: value.rows) }
    pairs[.valueOutput] = kinship(rows(values, of: value, kernels), columns(places, of: output, kernels))
    return pairs
  }

  /// The row of keys, or of values, for a dimension of a query head.
  private static func keyRow(_ dimension: Int, length: Int, heads: Int, rows: Int) -> Int {
    let (head, place) = dimension.quotientAndRemainder(dividingBy: max(1, length))
    let keyHeads = max(1, rows / max(1, length))
    return min(rows - 1, head / max(1, heads / keyHeads) * length + place)
  }

  private static func chosen(of count: Int) -> [Int] {
    let size = min(sample, count)
    return (0..<size).map { $0 * count / size }
  }

  /// Some rows as unit vectors.
  private static func rows(_ chosen: [Int], of matrix: Matrix, _ kernels: Kernels) -> [[Float]] {
    let rows = chosen.map { decoded($0, of: matrix, kernels) }
    matrix.forgetPages(0..<matrix.rows)
    return rows
  }

  /// Some columns as unit vectors; every row is decoded for them.
  private static func columns(_ chosen: [Int], of matrix: Matrix, _ kernels: Kernels) -> [[Float]] {
    var columns = [[Float]](repeating: [Float](repeating: 0, count: matrix.rows), count: chosen.count)
    for row in 0..<matrix.rows {
      let floats = decoded(row, of: matrix, kernels)
      for (index, column) in chosen.enumerated() { columns[index][row] = floats[column] }
    }
    matrix.forgetPages(0..<matrix.rows)
    return columns
  }

  /// A row out of its blocks, not out of panels, which are not written yet.
  private static func decoded(_ row: Int, of matrix: Matrix, _ kernels: Kernels) -> [Float] {
    let floats = [Float](unsafeUninitializedCapacity: matrix.columns) { buffer, count in
      kernels.table.dequantize(matrix.type.rawValue, matrix.row(row), matrix.columns, buffer.baseAddress)
      count = matrix.columns
    }
    return matrix.columnOrder?.restored(floats) ?? floats
  }

  /// nil when some product is no number, or nothing is there to compare.
  private static func kinship(_ left: [[Float]], _ right: [[Float]]) -> Double? {
    guard let width = left.first?.count, width > 1, right.first?.count == width else { return nil }
    var sum = 0.0
    for (a, b) in zip(left, right) {
      var (product, sizes) = (Float.zero, (Float.zero, Float.zero))
      for index in a.indices {
        product += a[index] * b[index]
        sizes.0 += a[index] * a[index]
        sizes.1 += b[index] * b[index]
      }
      let size = (sizes.0 * sizes.1).squareRoot()
      if size > 0 { sum += Double(abs(product) / size) }
    }
    let mean = sum / Double(left.count)
    return mean.isFinite ? mean / (2 / (.pi * Double(width))).squareRoot() : nil
  }
}
