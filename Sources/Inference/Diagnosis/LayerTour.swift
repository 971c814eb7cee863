import Glibc

/// What each half of each layer does for predicting one text.
public struct LayerTour: Sendable {
  /// One half of a layer.
  public struct Stop: Sendable {
    /// Which.
    public let part: LayerPart
    /// Root mean square of what it adds, over that of the stream it is added to.
    public let growth: Double
    /// The losses when it is left out, −ln p for each scored token; nil when that was not tried.
    public internal(set) var lossesWithout: [Double]?
  }

  /// −ln p for each scored token with everything in its place.
  public let losses: [Double]
  /// In the order in which they run.
  public internal(set) var stops: [Stop]
  /// The losses when a layer changes places with the next one, by the layer; fewer when the tour ended early.
  public internal(set) var lossesExchanged: [[Double]] = []
  /// After which half of which layer the hidden states were no longer finite; nil when they always were.
  public let firstNotFinite: LayerPart?
}

extension Session {
  /// Runs a short text through the layers once, then once without each half of a layer, and once with each two
  /// neighbouring layers exchanged.
  ///
  /// Begins a new conversation, and leaves none. What was computed before the first change is not computed again, so that
  /// the tour takes about as long as three passes for each two layers. It keeps the hidden states in front of all
  /// halves: 2 · layers · tokens · embedding floats beside the session's own memory.
  ///
  /// - Parameters:
  ///   - tokens: at most one batch.
  ///   - scored: indexes into `tokens`, each with a successor.
  ///   - goesOn: asked before each change; false ends the tour early.
  /// - Throws: as `prefill`, but not `notFinite`.
  public func tour(_ tokens: [Int32], scored: Range<Int>, while goesOn: () -> Bool = { true }) throws -> LayerTour {
    reset()
    try check(tokens)
    guard tokens.count <= graph.batch else {
      throw InferenceError(.limit, "a tour takes at most \(graph.batch) tokens, not \(tokens.count)")
    }
    try graph.apply(GraphChange())
    let count = tokens.count
    let size = count * model.shape.embedding
    let parts = (0..<model.shape.layers).flatMap { layer in
      LayerPart.Kind.allCases.map { LayerPart(layer: layer, kind: $0) }
    }
    graph.embed(tokens[...], start: 0)
    var before: [[Float]] = []
    var stops: [LayerTour.Stop] = []
    for part in parts {
      let states = Array(UnsafeBufferPointer(start: graph.states, count: size))
      try graph.run(part, count: count, start: 0)
      let after = UnsafeBufferPointer(start: graph.states, count: size)
      guard after.allSatisfy(\.isFinite) else {
        return LayerTour(losses: [], stops: stops, firstNotFinite: part)
      }
      stops.append(LayerTour.Stop(part: part, growth: Self.growth(states, after)))
      before.append(states)
    }
    var tour = LayerTour(
      losses: try lossesOfBatch(tokens, scored, start: 0), stops: stops, firstNotFinite: nil)
    /// The losses when only some parts run on the states in front of one.
    func losses(from index: Int, _ rest: [LayerPart]) throws -> [Double] {
      graph.states.update(from: before[index], count: size)
      for part in rest { try graph.run(part, count: count, start: 0) }
      return try lossesOfBatch(tokens, scored, start: 0)
    }
    for index in parts.indices {
      guard goesOn() else { return tour }
      tour.stops[index].lossesWithout = try losses(from: index, Array(parts.dropFirst(index + 1)))
    }
    for layer in 0..<max(0, model.shape.layers - 1) {
      guard goesOn() else { return tour }
      let first = 2 * layer
      let rest = Array(parts[first + 2..<first + 4] + parts[first..<first + 2] + parts[(first + 4)...])
      tour.lossesExchanged.append(try losses(from: first, rest))
    }
    return tour
  }

  private static func growth(_ before: [Float], _ after: UnsafeBufferPointer<Float>) -> Double {
    var (added, stream) = (Float.zero, Float.zero)
    for (old, new) in zip(before, after) {
      added += (new - old) * (new - old)
      stream += old * old
    }
    return Double((added / max(stream, .leastNormalMagnitude)).squareRoot())
  }

  /// How well the model would predict a text if it were put together otherwise; begins a new conversation, and leaves none.
  ///
  /// - Parameters: as `losses`.
  /// - Throws: as `losses`, and `ModelFileError` for a rotation that cannot be.
  public func losses(_ tokens: [Int32], scored: Range<Int>, changed: GraphChange) throws -> [Double] {
    reset()
    try graph.apply(changed)
    defer { reset() }
    do {
      let losses = try losses(tokens, scored: scored)
      try graph.apply(GraphChange())
      return losses
    } catch {
      try graph.apply(GraphChange())
      throw error
    }
  }
}
