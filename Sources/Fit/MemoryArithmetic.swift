import Domain

/// Memory need of a model on a device: pure arithmetic on shape, layout and request.
public struct MemoryArithmetic: Sendable {
  private let shape: ModelShape
  private let layout: WeightLayout
  private let device: Device

  /// - Parameters:
  ///   - shape: the model's dimensions.
  ///   - layout: the bytes of one quantization.
  ///   - device: where it has to go.
  public init(shape: ModelShape, layout: WeightLayout, device: Device) {
    self.shape = shape
    self.layout = layout
    self.device = device
  }

  /// The need as asked for, and the verdict: the first of the ways below that fits, in the order of what they
  /// cost in speed. A context beyond the one that the model was trained for counts as that one.
  public func estimate(_ wish: FitRequest) -> Estimate {
    let request = with(wish) { $0.context = min($0.context, shape.contextLength) }
    var estimate = need(request)
    estimate.maxContext = largestContext(request)
    estimate.gpuLayers = shape.layers + 1
    if fitsFully(request) {
      estimate.verdict = .fits
    } else if request.batch > 128, fitsFully(with(request) { $0.batch = 128 }) {
      estimate.verdict = .smallerBatch
    } else if request.kvType == .f16, request.flashAttention, fitsFully(with(request) { $0.kvType = .q8_0 }) {
      estimate.verdict = .q8kv
    } else if estimate.maxContext >= Self.smallestUsefulContext {
      estimate.verdict = .smallerContext
    } else if !layout.expertBytes.isEmpty, fitsWithExpertsOutside(request) {
      estimate.verdict = .expertsOnCpu
    } else {
      estimate.gpuLayers = largestSplit(request)
      estimate.verdict = estimate.gpuLayers > 1 ? .split : .no
    }
    return estimate
  }

  /// Below this a smaller context is no use to anybody.
  public static let smallestUsefulContext = 1024

  /// The need with everything on the device.
  public func need(_ request: FitRequest) -> Estimate {
    let compute = LlamaCppMemory(flashAttention: request.flashAttention)
      .computeBytes(shape: shape, context: request.context, batch: request.batch)
    let kvCache = KVCache.layerBytes(shape: shape, context: request.context, type: request.kvType).reduce(0, +)
    return Estimate(
      weights: ByteCount(device.source == .mainMemory ? layout.total : layout.onCard),
      kvCache: ByteCount(kvCache), state: ByteCount(0), compute: compute, overhead: device.overhead,
      margin: ByteCount(compute.bytes * 12 / 100) + .mebibytes(128), verdict: .no, maxContext: 0, gpuLayers: 0)
  }

  private func fitsFully(_ request: FitRequest) -> Bool {
    let need = need(request)
    return need.total + need.margin <= device.free
  }

  private func with(_ request: FitRequest, _ change: (inout FitRequest) -> Void) -> FitRequest {
    var changed = request
    change(&changed)
    return changed
  }

  /// The need grows with the context, so that the largest fitting multiple of the cell step is found by halving.
  private func largestContext(_ request: FitRequest) -> Int {
    let step = KVCache.cellStep
    if fitsFully(with(request) { $0.context = shape.contextLength }) { return shape.contextLength }
    var low = 0
    var high = max(1, shape.contextLength / step)
    while low < high {
      let middle = (low + high + 1) / 2
      if fitsFully(with(request) { $0.context = middle * step }) { low = middle } else { high = middle - 1 }
    }
    return low * step <= shape.contextLength ? low * step : 0
  }

  private func fitsWithExpertsOutside(_ request: FitRequest) -> Bool {
    let need = need(request)
    let outside = ByteCount(need.weights.bytes - layout.expertBytes.reduce(0, +))
    return outside + need.kvCache + need.compute + need.overhead + need.margin <= device.free
  }

  /// The most layers on the card, from the last to the first, the output counting as one; 0 for none.
  private func largestSplit(_ request: FitRequest) -> Int {
    guard device.source != .mainMemory else { return 0 }
    let need = need(request)
    let kvBytes = KVCache.layerBytes(shape: shape, context: request.context, type: request.kvType)
    let fixed = need.compute + need.overhead + need.margin
    var used = fixed + ByteCount(layout.onCard - layout.layerBytes.reduce(0, +))
    guard used <= device.free else { return 0 }
    var onCard = 1
    for layer in layout.layerBytes.indices.reversed() {
      let kv = layer < kvBytes.count ? kvBytes[layer] : 0
      used = used + ByteCount(layout.layerBytes[layer] + kv)
      guard used <= device.free else { break }
      onCard += 1
    }
    return onCard
  }
}
