import Domain
import ModelFiles

/// Takes tensors out of a source, each with exactly the dimensions that the graph will rely on, and keeps count of them.
struct TensorCollector {
  let source: any WeightSource
  private var taken: Set<String> = []

  init(_ source: any WeightSource) { self.source = source }

  /// A matrix of `rows` rows of `columns` elements.
  ///
  /// - Throws: `ModelFileError` of kind `badTensors` for other dimensions, or the source's error.
  mutating func matrix(_ name: String, rows: Int, columns: Int) throws -> Matrix {
    let matrix = try source.matrix(name)
    guard matrix.rows == rows, matrix.columns == columns else {
      throw bad(name, "has \(matrix.rows) rows of \(matrix.columns), expected \(rows) of \(columns)")
    }
    taken.insert(name)
    return matrix
  }

  /// A vector of `count` floats.
  ///
  /// - Throws: as `matrix`.
  mutating func vector(_ name: String, count: Int) throws -> [Float] {
    let vector = try source.floats(name)
    guard vector.count == count else { throw bad(name, "has \(vector.count) elements, expected \(count)") }
    taken.insert(name)
    return vector
  }

  /// A vector that a model may leave out.
  mutating func optionalVector(_ name: String, count: Int) throws -> [Float]? {
    source.has(name) ? try vector(name, count: count) : nil
  }

  /// A vector whose length its user checks; every layer may have a copy of it.
  mutating func factors(_ name: String) throws -> [Float] {
    let vector = try source.floats(name)
    taken.insert(name)
    return vector
  }

  /// The matrix `<part>.weight` with its bias.
  mutating func projection(_ part: String, rows: Int, columns: Int, needsBias: Bool = false) throws -> Projection {
    let bias = part + ".bias"
    return Projection(
      matrix: try matrix(part + ".weight", rows: rows, columns: columns),
      bias: needsBias ? try vector(bias, count: rows) : try optionalVector(bias, count: rows))
  }

  /// A tensor that the graph would leave out means a different model: better none than nonsense.
  ///
  /// - Throws: `InferenceError.unsupported`, with the name of the first such tensor.
  func refuseRest() throws {
    for name in source.tensorNames where !taken.contains(name) && !Self.isDerived(name) {
      throw InferenceError.unsupported("tensor \(name.prefix(80).debugDescription)", file: source.name)
    }
  }

  /// Frequencies that old converters stored, though they follow from the base, and copies of the first layer's factors.
  private static func isDerived(_ name: String) -> Bool {
    let parts = ["attn_rot_embd", "attn_rot_embd.weight", "rope_freqs.weight"]
    return name.hasPrefix("blk.") && parts.contains { name.hasSuffix("." + $0) }
  }

  private func bad(_ name: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badTensors, file: source.name, "the tensor '\(name)' \(reason)")
  }
}
