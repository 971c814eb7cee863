import Domain

/// A verdict with what makes it true, without the figures.
public struct FitOutcome: Sendable, Equatable {
  /// How it fits.
  public var verdict: FitVerdict
  /// The largest context with everything on the card at the wanted batch and KV type, in tokens; 0 for none.
  public var maxContext: Int
  /// Layers on the card, counting the output layer.
  public var gpuLayers: Int
  /// Layers whose routed experts lie in main memory.
  public var expertLayersOnHost = 0
  /// Bytes that the verdict leaves in main memory.
  var movedToHost: Int64 = 0
  /// The number of the solver's way of using the model with which it fits; nil for as asked, and where none does.
  var way: Int?
  /// The context with which it fits, when another than was asked for.
  var context: Int?
}
