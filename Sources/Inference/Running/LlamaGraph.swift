import Domain

/// The forward pass of a decoder of the llama kind over batches of tokens.
///
/// Per layer: norm, query, key and value products, rotation, attention, output product, residual; norm, gate and up
/// products, activation, down product, residual. What differs between architectures is data: a norm or bias that a model
/// does not have is nil, a factor is 1. Source: Touvron et al., "LLaMA", section 2.2; names as in GGUF.
final class LlamaGraph {
  private let core: ModelCore
  private let numbers: Hyperparameters
  private let shape: ModelShape
  private let kernels: Kernels
  private let elementwise: Elementwise
  private let pool: WorkerPool
  private let cache: KeyValueCache
  /// The memory of all buffers; all of it is taken.
  let arena: Arena

  private let hidden: UnsafeMutablePointer<Float>
  private let normed: UnsafeMutablePointer<Float>
  private let query: UnsafeMutablePointer<Float>
  private let key: UnsafeMutablePointer<Float>
  private let value: UnsafeMutablePointer<Float>
  private let attended: UnsafeMutablePointer<Float>
  private let turns: UnsafeMutablePointer<Float>
  private let slidingTurns: UnsafeMutablePointer<Float>
  private let scratch: UnsafeMutablePointer<Float>
  private let scratchLength: Int
  private let products: MatrixMultiplier
  private let networks: NetworkRunner
  private let experts: ExpertMixer?
  private let logits: UnsafeMutablePointer<Float>

  // What a diagnosis may change; see `GraphChange`.
  private var rotation: Rotation
  private var slidingRotation: Rotation
  private var epsilon: Float
  private var change = GraphChange()

  /// Tokens that one call of `forward` takes at most.
  let batch: Int

  /// Allocates everything that a session will ever need.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is not so much memory.
  init(model: LanguageModel) throws {
    core = model.core
    numbers = core.numbers
    rotation = core.rotation
    slidingRotation = core.slidingRotation
    epsilon = core.numbers.epsilon
    shape = model.shape
    kernels = model.kernels
    elementwise = kernels.elementwise
    let context = model.contextLength
    batch = model.options.batch
    pool = WorkerPool(count: model.options.threads)
    cache = try KeyValueCache(shape: shape, context: context, type: model.options.cacheType)
    // The plan counts the wanted threads; the system may have given fewer.
    let threads = model.options.threads
    let plan = CoreMemory(threads: threads).computeBytes(shape: shape, context: context, batch: batch)
    arena = try Arena(size: Int(plan.bytes), purpose: "activations")
    let (arena, shape, batch) = (arena, shape, batch)
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
    turns = floats(.turns)
    slidingTurns = floats(.slidingTurns)
    scratch = floats(.scratch)
    scratchLength = ArenaBuffer.scratchLength(shape, context: context)
    logits = floats(.logits)
    products = MatrixMultiplier(
      kernels: kernels, exact: model.options.exact, pool: pool, shape: shape, batch: batch, threads: threads,
      arena: arena)
    let networks = NetworkRunner(
      kernels: kernels, activation: core.family.activation, products: products, gate: floats(.gate), up: floats(.up))
    self.networks = networks
    let (kernels, products) = (kernels, products)
    experts = numbers.experts.map {
      ExpertMixer(
        kernels: kernels, products: products, networks: networks, numbers: $0, width: shape.embedding, floats: floats)
    }
  }

  /// Computes the hidden states of `tokens` at positions from `start` on, and extends the cache by them.
  ///
  /// At most `batch` tokens, all inside the vocabulary and the context.
  ///
  /// - Throws: `InferenceError` of kind `cancelled`, soon after the task was cancelled; the cache is then as if these
  ///   tokens had not come.
  func forward(_ tokens: ArraySlice<Int32>, start: Int) throws {
    embed(tokens, start: start)
    try run(0..<shape.layers, count: tokens.count, start: start)
  }

  /// The first step of `forward`: the embeddings, and how their positions turn.
  func embed(_ tokens: ArraySlice<Int32>, start: Int) {
    let count = tokens.count
    let embedding = core.weights.embedding
    for (index, token) in tokens.enumerated() {
      embedding.decode(row: Int(token), into: hidden + index * shape.embedding, kernels)
      rotation.turns(position: start + index, into: turns + index * shape.keyLength)
      if shape.attention != nil {
        slidingRotation.turns(position: start + index, into: slidingTurns + index * shape.keyLength)
      }
    }
    if numbers.embeddingScale != 1 {
      elementwise.table.scale(hidden, numbers.embeddingScale, count * shape.embedding)
    }
  }

  /// The hidden states of the last batch, [count, embedding]: what the next layer reads.
  var states: UnsafeMutablePointer<Float> { hidden }

  /// The other steps: some layers, on the hidden states that are there.
  ///
  /// - Throws: as `forward`.
  func run(_ layers: Range<Int>, count: Int, start: Int) throws {
    for place in layers {
      let layer = change.layer(at: place)
      for kind in LayerPart.Kind.allCases {
        try run(LayerPart(layer: layer, kind: kind), count: count, start: start)
      }
    }
  }

  /// One step: attention or the feed-forward part of one layer, unless it is left out.
  ///
  /// - Throws: as `forward`.
  func run(_ part: LayerPart, count: Int, start: Int) throws {
    guard !change.leavesOut.contains(part) else { return }
    switch part.kind {
    case .attention: attention(part.layer, count: count, start: start)
    case .feedForward: feedForward(core.weights.layers[part.layer].feedForward, count: count)
    }
    try Self.checkCancellation()
  }

  /// From now on, the graph is put together so; what the cache holds was computed otherwise.
  ///
  /// - Throws: `ModelFileError` for a rotation that cannot be.
  func apply(_ change: GraphChange) throws {
    guard change != self.change else { return }
    (rotation, slidingRotation) = try core.rotations(change)
    epsilon = change.epsilon ?? numbers.epsilon
    self.change = change
  }

  /// The pool leaves work undone when the task is cancelled; nothing of it may be used then.
  private static func checkCancellation() throws {
    if Task.isCancelled { throw InferenceError(.cancelled, "the work was cancelled") }
  }

  private func attention(_ index: Int, count: Int, start: Int) {
    let layer = core.weights.layers[index].attention
    let input = normalised(layer.norm, count: count)
    products.multiply(
      [Product(layer.query.matrix, query), Product(layer.key.matrix, key), Product(layer.value.matrix, value)], input,
      count: count)
    keep(index, layer, count: count, start: start)
    attend(index, count: count, start: start)
    products.multiply([Product(layer.output.matrix, normed)], attended, count: count)
    join(normed, bias: layer.output.bias, norm: layer.postNorm, count: count)
  }

  /// Biases, norms and rotation of queries and keys; keys and values go into the cache.
  private func keep(_ index: Int, _ layer: LlamaWeights.Attention, count: Int, start: Int) {
    let kvHeads = shape.kvHeads[index]
    let (queryWidth, keyWidth) = (shape.heads * shape.keyLength, kvHeads * shape.keyLength)
    let valueWidth = kvHeads * shape.valueLength
    let isSliding = shape.attention != nil && numbers.windows[index] > 0
    let turns = isSliding ? slidingTurns : turns
    pool.forEach(count, piece: 4) { tokens, _ in
      for token in tokens {
        let query = query + token * queryWidth
        let key = key + token * keyWidth
        let value = value + token * valueWidth
        add(layer.query.bias, to: query)
        add(layer.key.bias, to: key)
        add(layer.value.bias, to: value)
        normaliseHeads(query, width: queryWidth, layer.queryNorm)
        normaliseHeads(key, width: keyWidth, layer.keyNorm)
        if numbers.turns[index] {
          turn(query, heads: shape.heads, turns + token * shape.keyLength)
          turn(key, heads: kvHeads, turns + token * shape.keyLength)
        }
        if let temperature = numbers.temperature {
          elementwise.table.scale(query, temperature.factor(start + token), queryWidth)
        }
        cache.store(layer: index, position: start + token, shape: shape, key: key, value: value, kernels)
      }
    }
  }

  private func attend(_ index: Int, count: Int, start: Int) {
    let kvHeads = shape.kvHeads[index]
    // Sixteen tokens at a time for each key head: their queries share the keys that are read.
    let blocks = (count + 15) / 16
    pool.forEach(blocks * kvHeads, piece: 1) { items, thread in
      for item in items {
        let (block, kvHead) = item.quotientAndRemainder(dividingBy: kvHeads)
        let tokens = block * 16..<min(block * 16 + 16, count)
        cache.attend(
          layer: index, kvHead: kvHead, shape: shape,
          query: query + tokens.lowerBound * shape.heads * shape.keyLength, tokens: tokens.count,
          start: start + tokens.lowerBound, window: numbers.windows[index], scale: numbers.attentionScale,
          softcap: numbers.attentionCap, scratch: scratch + thread * scratchLength,
          out: attended + tokens.lowerBound * shape.heads * shape.valueLength, kernels)
      }
    }
  }

  private func feedForward(_ layer: LlamaWeights.FeedForward, count: Int) {
    let input = normalised(layer.norm, count: count)
    var output = normed
    switch layer.kind {
    case .dense(let network): networks.run(network, input, out: output, count: count)
    case .mixture(let mixture): if let experts { output = experts.run(mixture, input, count: count) }
    }
    join(output, bias: nil, norm: layer.postNorm, count: count)
  }

  /// The residual stream through a norm, or itself without one.
  private func normalised(_ weight: [Float]?, count: Int) -> UnsafeMutablePointer<Float> {
    guard let weight else { return hidden }
    norm(hidden, weight, into: normed, count: count)
    return normed
  }

  /// Adds the output of a part to the residual stream.
  private func join(_ output: UnsafeMutablePointer<Float>, bias: [Float]?, norm weight: [Float]?, count: Int) {
    if let bias {
      for token in 0..<count { add(bias, to: output + token * shape.embedding) }
    }
    if let weight { norm(output, weight, into: output, count: count) }
    if numbers.residualScale == 1 {
      kernels.table.add(hidden, output, count * shape.embedding)
    } else {
      elementwise.table.add_scaled(hidden, output, numbers.residualScale, count * shape.embedding)
    }
  }

  private func add(_ bias: [Float]?, to x: UnsafeMutablePointer<Float>) {
    if let bias { kernels.table.add(x, bias, bias.count) }
  }

  /// A norm of a head's length goes over each head, a longer one over all of them.
  private func normaliseHeads(_ x: UnsafeMutablePointer<Float>, width: Int, _ weight: [Float]?) {
    guard let weight else { return }
    for start in stride(from: 0, to: width, by: weight.count) {
      kernels.table.rms_norm(x + start, weight, weight.count, epsilon, x + start)
    }
  }

  private func turn(_ x: UnsafeMutablePointer<Float>, heads: Int, _ turns: UnsafeMutablePointer<Float>) {
    let rotated = rotation.rotated
    switch rotation.pairs {
    case .interleaved: kernels.table.rotate(x, heads, shape.keyLength, rotated, turns)
    case .halves: elementwise.table.rotate_halves(x, heads, shape.keyLength, rotated, turns)
    }
  }

  private func norm(
    _ x: UnsafeMutablePointer<Float>, _ weight: [Float], into out: UnsafeMutablePointer<Float>, count: Int
  ) {
    let width = shape.embedding
    pool.forEach(count, piece: 8) { tokens, _ in
      for token in tokens {
        kernels.table.rms_norm(x + token * width, weight, width, epsilon, out + token * width)
      }
    }
  }

  /// Computes logits of tokens of the last `forward`, as many at a time as fit, and hands them on.
  ///
  /// - Parameter body: gets the index of the first token and their logits, [tokens, vocabulary].
  /// - Throws: as `forward`.
  func logits(
    _ tokens: Range<Int>, _ body: (Range<Int>, UnsafeMutablePointer<Float>) throws -> Void
  ) throws {
    var start = tokens.lowerBound
    while start < tokens.upperBound {
      let part = start..<min(start + ArenaBuffer.logitsAtOnce, tokens.upperBound)
      norm(
        hidden + start * shape.embedding, core.weights.outputNorm, into: normed, count: part.count)
      let output = core.weights.output
      products.multiply([Product(output.matrix, logits)], normed, count: part.count)
      for token in 0..<part.count { finish(logits + token * shape.vocabulary, bias: output.bias) }
      try Self.checkCancellation()
      try body(part, logits)
      start = part.upperBound
    }
  }

  private func finish(_ logits: UnsafeMutablePointer<Float>, bias: [Float]?) {
    add(bias, to: logits)
    if numbers.logitScale != 1 { elementwise.table.scale(logits, numbers.logitScale, shape.vocabulary) }
    if numbers.logitCap != 0 { elementwise.table.soft_cap(logits, numbers.logitCap, shape.vocabulary) }
  }

  /// Runs independent pieces of work of the caller on the session's threads.
  ///
  /// - Throws: as `forward`; then not all of it was done.
  func concurrently(_ total: Int, _ body: (Int) -> Void) throws {
    pool.forEach(total, piece: 1) { items, _ in
      for item in items { body(item) }
    }
    try Self.checkCancellation()
  }
}
