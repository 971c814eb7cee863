import CKernels
import Domain

/// A matrix and where its products go: [tokens, rows].
struct Product {
  let matrix: Matrix
  let out: UnsafeMutablePointer<Float>

  init(_ matrix: Matrix, _ out: UnsafeMutablePointer<Float>) {
    self.matrix = matrix
    self.out = out
  }
}

/// The matrix products of a session, shared out among its threads.
///
/// Activations are quantized once for all matrices that they are multiplied with; in exact arithmetic, and for types that
/// have no integer kernel, weights are decoded some rows at a time and multiplied in floats.
final class MatrixMultiplier {
  private let kernels: Kernels
  private let exact: Bool
  private let pool: WorkerPool
  private let widest: Int
  private let activations: hw_activations
  private let rows: UnsafeMutablePointer<Float>

  /// Takes its buffers from an arena that was planned for them.
  init(kernels: Kernels, exact: Bool, pool: WorkerPool, shape: ModelShape, batch: Int, threads: Int, arena: Arena) {
    self.kernels = kernels
    self.exact = exact
    self.pool = pool
    widest = ArenaBuffer.widest(shape)
    func length(_ buffer: ArenaBuffer) -> Int {
      Int(buffer.elements(shape: shape, context: 0, batch: batch, threads: threads).0)
    }
    activations = hw_activations(
      high: arena.take(Int8.self, length(.high)), low: arena.take(Int8.self, length(.low)),
      wide: arena.take(Int16.self, length(.wide)),
      meta: arena.take(Float.self, length(.meta)))
    rows = arena.take(Float.self, length(.rows))
  }

  /// Multiplies all matrices with the same activations `x`, [count, columns], in one round of the pool for each order of
  /// columns.
  func multiply(_ products: [Product], _ x: UnsafeMutablePointer<Float>, count: Int) {
    guard Self.haveOneOrder(products) else {
      for product in products { multiply([product], x, count: count) }
      return
    }
    quantize(x, columns: products[0].matrix.columns, count: count, for: products.map(\.matrix))
    let total = products.reduce(0) { $0 + wholePanels($1.matrix.rows) }
    pool.forEach(total, piece: pieceRows(total, count)) { piece, thread in
      // The rows of all matrices are counted through, in whole panels; a piece may reach over the end of one.
      var first = 0
      for product in products {
        let rows = piece.clamped(to: first..<first + product.matrix.rows)
        if !rows.isEmpty {
          multiply(
            product, rows.lowerBound - first..<rows.upperBound - first, x, count: count, thread: thread)
        }
        first += wholePanels(product.matrix.rows)
      }
    }
  }

  /// Multiplies matrices of as many rows each with the same activations, and hands on each range of rows, when all have
  /// it, to the thread that computed them.
  func multiplyTogether(
    _ products: [Product], _ x: UnsafeMutablePointer<Float>, count: Int, then body: (Range<Int>) -> Void
  ) {
    let total = products[0].matrix.rows
    guard Self.haveOneOrder(products) else {
      multiply(products, x, count: count)
      pool.forEach(total, piece: pieceRows(total, count)) { rows, _ in body(rows) }
      return
    }
    quantize(x, columns: products[0].matrix.columns, count: count, for: products.map(\.matrix))
    pool.forEach(total, piece: pieceRows(total, count)) { rows, thread in
      for product in products { multiply(product, rows, x, count: count, thread: thread) }
      body(rows)
    }
  }

  /// Rows that a thread takes at a time: few enough to share the work evenly, many enough to be worth it, and for
  /// prompts small enough to stay in the first-level cache.
  private func pieceRows(_ rows: Int, _ count: Int) -> Int {
    count > 1 ? Self.panelRows : max(Self.panelRows, rows / (pool.count * 16) / Self.panelRows * Self.panelRows)
  }

  /// A multiple of the rows of every set's panels.
  private static let panelRows = 32

  private func wholePanels(_ rows: Int) -> Int {
    (rows + Self.panelRows - 1) / Self.panelRows * Self.panelRows
  }

  private static func haveOneOrder(_ products: [Product]) -> Bool {
    products.allSatisfy { $0.matrix.columnOrder === products[0].matrix.columnOrder }
  }

  private func usesIntegers(_ matrix: Matrix) -> Bool { !exact && matrix.isQuantized }

  private func quantize(
    _ x: UnsafeMutablePointer<Float>, columns: Int, count: Int, for matrices: [Matrix]
  ) {
    guard matrices.contains(where: usesIntegers) else { return }
    let order = matrices[0].columnOrder
    pool.forEach(count, piece: 8) { tokens, thread in
      guard let order else {
        quantize(x + tokens.lowerBound * columns, tokens, columns: columns)
        return
      }
      let gathered = scratch(thread)
      for token in tokens {
        for (index, column) in order.columns.enumerated() { gathered[index] = x[token * columns + Int(column)] }
        quantize(gathered, token..<token + 1, columns: columns)
      }
    }
  }

  /// Quantizes tokens out of [tokens, columns].
  private func quantize(_ x: UnsafePointer<Float>, _ tokens: Range<Int>, columns: Int) {
    let first = tokens.lowerBound * columns
    kernels.table.quantize(
      x, tokens.count, columns,
      hw_activations(
        high: activations.high + first, low: activations.low + first, wide: activations.wide + first,
        meta: activations.meta + first / 32 * Int(HW_META)))
  }

  /// Room for `rowsAtOnce` rows that only this thread uses.
  private func scratch(_ thread: Int) -> UnsafeMutablePointer<Float> {
    rows + thread * ArenaBuffer.rowsAtOnce * widest
  }

  private func multiply(
    _ product: Product, _ range: Range<Int>, _ x: UnsafeMutablePointer<Float>, count: Int, thread: Int
  ) {
    let matrix = product.matrix
    if usesIntegers(matrix) {
      if let panel = matrix.panel(from: range.lowerBound) {
        kernels.table.multiply_panels(
          matrix.type.rawValue, panel, range.count, matrix.columns, activations, count, product.out + range.lowerBound,
          matrix.rows)
        return
      }
      kernels.table.multiply_quantized(
        matrix.type.rawValue, matrix.row(range.lowerBound), range.count, matrix.columns, activations, count,
        product.out + range.lowerBound, matrix.rows)
      return
    }
    let decoded = scratch(thread)
    // Rows in an order of their own are decoded into the second half and put in order into the first.
    let atOnce = matrix.columnOrder == nil ? ArenaBuffer.rowsAtOnce : ArenaBuffer.rowsAtOnce / 2
    for start in stride(from: range.lowerBound, to: range.upperBound, by: atOnce) {
      let some = min(atOnce, range.upperBound - start)
      let place = matrix.columnOrder == nil ? decoded : decoded + atOnce * widest
      kernels.table.dequantize(matrix.type.rawValue, matrix.row(start), some * matrix.columns, place)
      if let order = matrix.columnOrder { order.restore(place, rows: some, into: decoded) }
      kernels.table.multiply_float(
        decoded, some, matrix.columns, x, count, product.out + start, matrix.rows)
    }
  }
}
