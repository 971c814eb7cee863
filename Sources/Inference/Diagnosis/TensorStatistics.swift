import Domain

/// What one pass over a tensor shows of it.
public struct TensorStatistics: Sendable {
  /// GGUF's name of the tensor.
  public let name: String
  /// How its elements are stored.
  public let type: TensorType
  /// Rows; 1 for a vector.
  public let rows: Int
  /// Elements of a row.
  public let columns: Int
  /// Root mean square of each row.
  public let rowNorms: [Float]
  /// Root mean square of each column, in the order of the activations that it multiplies.
  public let columnNorms: [Float]
  /// The largest magnitude of a finite element.
  public let largest: Float
  /// Elements that are NaN or infinite.
  public let notFinite: Int64
  /// The first of them, row and column.
  public let firstNotFinite: (row: Int, column: Int)?
  /// Rows of one and the same number, zero or not; 0 for a vector.
  public let constantRows: Int
  /// Equal for two tensors of the same bytes; otherwise different, as far as chance goes.
  public let fingerprint: UInt64

  /// Root mean square of all elements.
  public var norm: Float {
    let squares = rowNorms.reduce(0.0) { $0 + Double($1) * Double($1) }
    return Float((squares / Double(max(1, rows))).squareRoot())
  }

  /// The layer whose tensor this is; nil for one of the whole model.
  public var layer: Int? {
    guard name.hasPrefix("blk.") else { return nil }
    return Int(name.dropFirst(4).prefix { $0 != "." })
  }

  /// The name within its layer, `ffn_down.weight`, or the whole name.
  public var role: String { layer == nil ? name : String(name.dropFirst(4).drop { $0 != "." }.dropFirst()) }
}
