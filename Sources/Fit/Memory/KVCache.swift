import Domain

/// The key and value cache of a model, and the state of its recurrent layers.
///
/// A layer keeps rows of `kvHeads × keyLength` and of `kvHeads × valueLength` elements: of every token, or of the
/// window's when it slides. With latent attention the one compressed row is both. Heads that are no whole number of
/// blocks are kept in F16.
public struct KVCache: Sendable {
  /// Cells are allocated in steps of this many tokens (llama.cpp since 2025).
  public static let cellStep = 256

  /// Cells for a context length: the next multiple of `cellStep`.
  public static func cells(context: Int) -> Int {
    max(1, (context + cellStep - 1) / cellStep) * cellStep
  }

  /// Bytes of a token over all layers that keep every token.
  let fullRow: Int64
  /// Bytes of a token over all sliding layers.
  let slidingRow: Int64
  /// Bytes of the states of one sequence.
  let state: Int64
  /// Tokens of sliding layers; 0 when none slides.
  let window: Int

  private let shape: ModelShape
  private let type: KVCacheType

  /// The cache of a model in a type.
  public init(shape: ModelShape, type: KVCacheType) {
    self.shape = shape
    self.type = type
    guard let plan = shape.attention else {
      // Most models have the same heads in every layer.
      let first = shape.kvHeads.first ?? 0
      let row = Self.row(shape, type, layer: 0, heads: first)
      fullRow =
        shape.kvHeads.allSatisfy { $0 == first }
        ? row * Int64(shape.kvHeads.count)
        : shape.kvHeads.reduce(0) { $0 + Self.row(shape, type, layer: 0, heads: $1) }
      (slidingRow, state, window) = (0, 0, 0)
      return
    }
    var (full, sliding, states) = (Int64(0), Int64(0), Int64(0))
    for (layer, attention) in plan.layers.enumerated() {
      let row = Self.row(shape, type, layer: layer, heads: shape.kvHeads[layer])
      switch attention {
      case .full: full += row
      case .both:
        full += row
        states += plan.stateBytes
      case .sliding: sliding += row
      case .recurrent: states += plan.stateBytes
      case .none: break
      }
    }
    (fullRow, slidingRow, state, window) = (full, sliding, states, plan.window)
  }

  /// Bytes of keys and values for a request of this type.
  public func bytes(_ request: FitRequest) -> Int64 {
    let cells = CacheCells(request, window: window)
    return cells.total * fullRow + cells.totalWindow * slidingRow
  }

  /// Bytes of the states for a request.
  public func stateBytes(_ request: FitRequest) -> Int64 { state * Int64(max(1, request.sequences)) }

  /// Bytes of keys, values and states of single layers.
  public func layerBytes(_ request: FitRequest) -> [Int64] {
    let cells = CacheCells(request, window: window)
    let sequences = Int64(max(1, request.sequences))
    return shape.kvHeads.enumerated().map { layer, heads in
      let row = Self.row(shape, type, layer: layer, heads: heads)
      let state = (shape.attention?.stateBytes ?? 0) * sequences
      return switch shape.attention?.layers[layer] ?? .full {
      case .full: row * cells.total
      case .both: row * cells.total + state
      case .sliding: row * cells.totalWindow
      case .recurrent: state
      case .none: 0
      }
    }
  }

  /// Bytes that one layer keeps of one token. `ModelShape.isPlausible` keeps the product small.
  private static func row(_ shape: ModelShape, _ type: KVCacheType, layer: Int, heads: Int) -> Int64 {
    let plan = shape.attention
    let slides = plan?.layers[layer] == .sliding
    let key = slides ? plan?.slidingKeyLength ?? shape.keyLength : shape.keyLength
    let value = slides ? plan?.slidingValueLength ?? shape.valueLength : shape.valueLength
    return Int64(heads) * (headBytes(key, type) + (plan?.isLatent == true ? 0 : headBytes(value, type)))
  }

  private static func headBytes(_ length: Int, _ type: KVCacheType) -> Int64 {
    type.tensorType.bytes(elements: Int64(length), rowLength: Int64(max(1, length))) ?? Int64(length) * 2
  }
}
