/// Half a layer: what one of the two sums into the residual stream.
public struct LayerPart: Sendable, Hashable {
  /// Which half, in the order in which they run.
  public enum Kind: Sendable, CaseIterable {
    case attention
    case feedForward
  }

  /// The layer, from 0.
  public let layer: Int
  /// Which half of it.
  public let kind: Kind

  /// Half a layer.
  public init(layer: Int, kind: Kind) {
    self.layer = layer
    self.kind = kind
  }
}

/// The same weights put together otherwise than the file says: for asking whether a model would predict better so.
///
/// A sound model does not, since it was trained as it is.
public struct GraphChange: Sendable, Equatable {
  /// What adds nothing to the residual stream.
  public var leavesOut: Set<LayerPart> = []
  /// A layer that changes places with the next one.
  public var exchangedLayer: Int?
  /// The base of the rotation; nil: the file's.
  public var ropeBase: Double?
  /// Whether the pairs that turn lie the other way: neighbours instead of halves, or halves instead of neighbours.
  public var exchangesPairs = false
  /// What norms add to the mean square; nil: the file's.
  public var epsilon: Float?

  /// No change.
  public init() {}

  /// The layer that runs at a place.
  func layer(at place: Int) -> Int {
    switch place {
    case exchangedLayer: place + 1
    case exchangedLayer.map { $0 + 1 }: place - 1
    default: place
    }
  }
}
