import Domain
import ModelFiles

/// What all sessions of a model share: its family, numbers, rotations and weights.
struct ModelCore: Sendable {
  let family: Family
  let numbers: Hyperparameters
  let weights: LlamaWeights
  /// How queries and keys turn.
  let rotation: Rotation
  /// How they turn in layers with a window.
  let slidingRotation: Rotation
  private let header: GGUFHeader
  private let shape: ModelShape
  private let context: Int

  /// Reads a model.
  ///
  /// - Parameter context: tokens that a session can hold, on which some rotations depend.
  /// - Throws: `ModelFileError` for tensors or metadata that contradict each other, `InferenceError.unsupported` for what
  ///   the graph does not run.
  init(_ source: some WeightSource, shape: ModelShape, context: Int) throws {
    guard let family = Family.named(shape.architecture) else {
      throw InferenceError.unsupported("architecture \(shape.architecture)", file: source.name)
    }
    self.family = family
    header = source.header
    self.shape = shape
    self.context = context
    numbers = try Hyperparameters(source.header, shape: shape, family: family)
    weights = try LlamaWeights(source, shape: shape, family: family, experts: numbers.experts)
    let pairs = source.ropePairs ?? family.pairs
    rotation = try Rotation(
      source.header, shape: shape, pairs: pairs, factors: weights.ropeFactors, context: context)
    slidingRotation =
      try family.slidingRope.map {
        try Rotation(source.header, shape: shape, pairs: pairs, sliding: $0, context: context)
      } ?? rotation
  }

  /// How queries and keys turn after a change, and how in layers with a window.
  ///
  /// - Throws: `ModelFileError` for a base that cannot be.
  func rotations(_ change: GraphChange) throws -> (Rotation, sliding: Rotation) {
    guard change.ropeBase != nil || change.exchangesPairs else { return (rotation, slidingRotation) }
    let pairs = change.exchangesPairs ? rotation.pairs.other : rotation.pairs
    let changed = try Rotation(
      header, shape: shape, pairs: pairs, factors: weights.ropeFactors, base: change.ropeBase, context: context)
    let sliding = try family.slidingRope.map {
      try Rotation(header, shape: shape, pairs: pairs, sliding: $0, context: context)
    }
    return (changed, sliding ?? changed)
  }
}
