import CKernels
import Domain

/// The forward pass of a llama over batches of tokens.
///
/// Per layer: RMSNorm, query, key and value products, rotation, attention, output product, residual; RMSNorm, gate and
/// up products, SwiGLU, down product, residual. Source: Touvron et al., "LLaMA", section 2.2; names as in GGUF.
final class LlamaGraph {
  private let weights: LlamaWeights
  private let rotation: Rotation
  private let shape: ModelShape
  private let epsilon: Float
  private let kernels: Kernels
  private let exact: Bool
  private let pool: WorkerPool
  private let cache: KeyValueCache
  private let arena: Arena
  private let context: Int

  private let hidden: UnsafeMutablePointer<Float>
  private let normed: UnsafeMutablePointer<Float>
  private let query: UnsafeMutablePointer<Float>
  private let key: UnsafeMutablePointer<Float>
  private let value: UnsafeMutablePointer<Float>
  private let attended: UnsafeMutablePointer<Float>
  private let gate: UnsafeMutablePointer<Float>
  private let up: UnsafeMutablePointer<Float>
  private let turns: UnsafeMutablePointer<Float>
  private let activations: hw_activations
  private let scores: UnsafeMutablePointer<Float>
  private let rows: UnsafeMutablePointer<Float>
  private let logits: UnsafeMutablePointer<Float>

  /// Tokens that one call of `forward` takes at most.
  let batch: Int

  /// Allocates everything that a session will ever need.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is not so much memory.
  init(model: LanguageModel) throws {
    weights = model.weights
    rotation = model.rotation
    shape = model.shape
    epsilon = model.epsilon
    kernels = model.kernels
    exact = model.options.exact
    context = model.contextLength
    batch = model.options.batch
    pool = WorkerPool(count: model.options.threads)
    cache = try KeyValueCache(shape: shape, context: context)
    // The plan counts the wanted threads; the system may have given fewer.
    let threads = model.options.threads
    let plan = CoreMemory(threads: threads).computeBytes(shape: shape, context: context, batch: batch)
    arena = try Arena(size: Int(plan.bytes), purpose: "activations")
    let (arena, shape, context, batch) = (arena, shape, context, batch)
    func floats(_ buffer: ArenaBuffer) -> UnsafeMutablePointer<Float> {
      arena.take(
        Float.self,
        Int(buffer.elements(shape: shape, context: context, batch: batch, threads: threads).0))
    }
    hidden = floats(.hidden)
    normed = floats(.normed)
    query = floats(.query)
    key = floats(.key)
    value = floats(.value)
    attended = floats(.attended)
    gate = floats(.gate)
    up = floats(.up)
    turns = floats(.turns)
    activations = hw_activations(
      high: arena.take(Int8.self, batch * ArenaBuffer.widest(shape)),
      low: arena.take(Int8.self, batch * ArenaBuffer.widest(shape)), meta: floats(.meta))
    scores = floats(.scores)
    rows = floats(.rows)
    logits = floats(.logits)
  }

  /// Computes the hidden states of `tokens` at positions from `start` on, and extends the cache by them.
  ///
  /// At most `batch` tokens, all inside the vocabulary and the context.
  func forward(_ tokens: ArraySlice<Int32>, start: Int) {
    let count = tokens.count
    for (index, token) in tokens.enumerated() {
      kernels.table.dequantize(
        weights.embedding.type.rawValue, weights.embedding.row(Int(token)), shape.embedding,
        hidden + index * shape.embedding)
      rotation.turns(position: start + index, into: turns + index * shape.keyLength)
    }
    for layer in 0..<shape.layers {
      attention(layer, count: count, start: start)
      feedForward(weights.layers[layer], count: count)
    }
  }

  private func attention(_ index: Int, count: Int, start: Int) {
    let layer = weights.layers[index]
    let kvHeads = shape.kvHeads[index]
    let (keyWidth, valueWidth) = (kvHeads * shape.keyLength, kvHeads * shape.valueLength)
    let queryWidth = shape.heads * shape.keyLength
    norm(hidden, layer.attentionNorm, count: count)
    multiply(
      [Product(layer.query, query), Product(layer.key, key), Product(layer.value, value)], normed,
      count: count)
    pool.forEach(count, piece: 4) { tokens, _ in
      for token in tokens {
        let turns = turns + token * shape.keyLength
        kernels.table.rotate(
          query + token * queryWidth, shape.heads, shape.keyLength, rotation.rotated, turns)
        kernels.table.rotate(key + token * keyWidth, kvHeads, shape.keyLength, rotation.rotated, turns)
        cache.store(
          layer: index, position: start + token, key: key + token * keyWidth,
          value: value + token * valueWidth,
          kernels)
      }
    }
    let group = shape.heads / kvHeads
    pool.forEach(count * shape.heads, piece: count == 1 ? group : shape.heads) { heads, thread in
      for item in heads {
        let (token, head) = item.quotientAndRemainder(dividingBy: shape.heads)
        cache.attend(
          layer: index, kvHead: head / group, shape: shape, query: query + item * shape.keyLength,
          positions: start + token + 1, scores: scores + thread * context,
          out: attended + item * shape.valueLength,
          kernels)
      }
    }
    multiply([Product(layer.attentionOutput, normed)], attended, count: count)
    add(count: count)
  }

  private func feedForward(_ layer: LlamaWeights.Layer, count: Int) {
    norm(hidden, layer.feedForwardNorm, count: count)
    quantize(normed, columns: shape.embedding, count: count, for: [layer.gate, layer.up])
    pool.forEach(shape.feedForward, piece: pieceRows(shape.feedForward, count)) { rows, thread in
      multiply(Product(layer.gate, gate), rows, normed, count: count, thread: thread)
      multiply(Product(layer.up, up), rows, normed, count: count, thread: thread)
      for token in 0..<count {
        let start = token * shape.feedForward + rows.lowerBound
        kernels.table.swiglu(gate + start, up + start, rows.count)
      }
    }
    multiply([Product(layer.down, normed)], gate, count: count)
    add(count: count)
  }

  /// hidden += normed
  private func add(count: Int) {
    kernels.table.add(hidden, normed, count * shape.embedding)
  }

  private func norm(_ x: UnsafeMutablePointer<Float>, _ weight: [Float], count: Int) {
    let width = shape.embedding
    pool.forEach(count, piece: 8) { tokens, _ in
      for token in tokens {
        kernels.table.rms_norm(x + token * width, weight, width, epsilon, normed + token * width)
      }
    }
  }

  /// Computes logits of tokens of the last `forward`, as many at a time as fit, and hands them on.
  ///
  /// - Parameter body: gets the index of the first token and their logits, [tokens, vocabulary].
  func logits(
    _ tokens: Range<Int>, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    var start = tokens.lowerBound
    while start < tokens.upperBound {
      let part = start..<min(start + ArenaBuffer.logitsAtOnce, tokens.upperBound)
      norm(hidden + start * shape.embedding, weights.outputNorm, count: part.count)
      multiply([Product(weights.output, logits)], normed, count: part.count)
      body(part, logits)
      start = part.upperBound
    }
  }

  /// Runs independent pieces of work of the caller on the session's threads.
  func concurrently(_ total: Int, _ body: (Int) -> Void) {
    pool.forEach(total, piece: 1) { items, _ in
      for item in items { body(item) }
    }
  }

  // MARK: Matrix products

  /// A matrix and where its products go: [tokens, rows].
  private struct Product {
    let matrix: Matrix
    let out: UnsafeMutablePointer<Float>

    init(_ matrix: Matrix, _ out: UnsafeMutablePointer<Float>) {
      self.matrix = matrix
      self.out = out
    }
  }

  /// Multiplies all matrices with the same activations `x`, [count, columns], in one round of the pool.
  private func multiply(_ products: [Product], _ x: UnsafeMutablePointer<Float>, count: Int) {
    quantize(x, columns: products[0].matrix.columns, count: count, for: products.map(\.matrix))
    let total = products.reduce(0) { $0 + $1.matrix.rows }
    pool.forEach(total, piece: pieceRows(total, count)) { piece, thread in
      // The rows of all matrices are counted through; a piece may reach over the end of one.
      var first = 0
      for product in products {
        let rows = piece.clamped(to: first..<first + product.matrix.rows)
        if !rows.isEmpty {
          multiply(
            product, rows.lowerBound - first..<rows.upperBound - first, x, count: count, thread: thread)
        }
        first += product.matrix.rows
      }
    }
  }

  /// Rows that a thread takes at a time: few enough to share the work evenly, many enough to be worth it, and for
  /// prompts small enough to stay in the first-level cache.
  private func pieceRows(_ rows: Int, _ count: Int) -> Int {
    count > 1 ? 32 : max(32, rows / (pool.count * 4) / 2 * 2)
  }

  private func usesIntegers(_ matrix: Matrix) -> Bool { !exact && matrix.isQuantized }

  private func quantize(
    _ x: UnsafeMutablePointer<Float>, columns: Int, count: Int, for matrices: [Matrix]
  ) {
    guard matrices.contains(where: usesIntegers) else { return }
    pool.forEach(count, piece: 8) { tokens, _ in
      let first = tokens.lowerBound
      kernels.table.quantize(
        x + first * columns, tokens.count, columns,
        hw_activations(
          high: activations.high + first * columns, low: activations.low + first * columns,
          meta: activations.meta + first * columns / 32 * 2))
    }
  }

  private func multiply(
    _ product: Product, _ range: Range<Int>, _ x: UnsafeMutablePointer<Float>, count: Int, thread: Int
  ) {
    let matrix = product.matrix
    if usesIntegers(matrix) {
      kernels.table.multiply_quantized(
        matrix.type.rawValue, matrix.row(range.lowerBound), range.count, matrix.columns, activations, count,
        product.out + range.lowerBound, matrix.rows)
      return
    }
    let decoded = rows + thread * ArenaBuffer.rowsAtOnce * ArenaBuffer.widest(shape)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: ArenaBuffer.rowsAtOnce) {
      let some = min(ArenaBuffer.rowsAtOnce, range.upperBound - start)
      kernels.table.dequantize(matrix.type.rawValue, matrix.row(start), some * matrix.columns, decoded)
      kernels.table.multiply_float(
        decoded, some, matrix.columns, x, count, product.out + start, matrix.rows)
    }
  }
}
