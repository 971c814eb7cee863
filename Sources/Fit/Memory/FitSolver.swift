import Domain

/// Judges the quantizations of one model for one request: what does not depend on the weights is computed once.
public struct FitSolver: Sendable {
  private let shape: ModelShape
  private let asked: UsageVariant
  /// Other ways of using the model, with the verdict that each stands for, in the order in which they are tried.
  private let remedies: [(verdict: FitVerdict, variant: UsageVariant, bytes: Int64)]
  private let cacheBytes: Int64
  private let stateBytes: Int64
  private let computeBytes: Int64
  private let inputBytes: Int64
  private let hostBytes: Int64

  /// - Parameters:
  ///   - shape: the model's dimensions.
  ///   - request: the wish; a context beyond the one that the model was trained for counts as that one.
  ///   - engine: what runs it.
  public init(shape: ModelShape, request: FitRequest, engine: Engine = .llamaCpp) {
    self.init(shape: shape, request: request, engine: engine, isLimited: true)
  }

  init(shape: ModelShape, request: FitRequest, engine: Engine, isLimited: Bool) {
    self.shape = shape
    let request = isLimited ? request.with { $0.context = min($0.context, shape.contextLength) } : request
    let asked = UsageVariant(shape: shape, request: request, engine: engine)
    self.asked = asked
    cacheBytes = asked.cache.bytes(request)
    stateBytes = asked.cache.stateBytes(request)
    computeBytes = asked.buffer.device(request)
    inputBytes = asked.buffer.inputs(request)
    hostBytes = asked.buffer.host(request)
    var remedies: [(verdict: FitVerdict, variant: UsageVariant, bytes: Int64)] = []
    func offer(_ verdict: FitVerdict, _ change: (inout FitRequest) -> Void) {
      let variant = UsageVariant(shape: shape, request: request.with(change), engine: engine)
      remedies.append((verdict, variant, variant.bytes(variant.request)))
    }
    let mayShrink = engine == .llamaCpp && request.batch > MemoryArithmetic.smallBatch
    let mayQuantize =
      engine != .torch && request.kvType == .f16 && request.flashAttention
      && asked.cache.fullRow + asked.cache.slidingRow > 0
    if mayShrink { offer(.smallerBatch) { $0.batch = MemoryArithmetic.smallBatch } }
    if mayQuantize {
      offer(.q8kv) { $0.kvType = .q8_0 }
      if mayShrink {
        offer(.q8kv) {
          $0.kvType = .q8_0
          $0.batch = MemoryArithmetic.smallBatch
        }
      }
    }
    self.remedies = remedies
  }

  // MARK: As asked

  /// The need with everything on the device, without a verdict.
  public func need(_ weights: WeightSums, on device: Device) -> Estimate {
    let cards = Int64(device.cards.count)
    // Cards that work in turn keep the graph's inputs four times.
    let compute = cards > 1 ? cards * (computeBytes + 3 * inputBytes) : computeBytes
    let margin = cards * UsageVariant.margin(computeBytes)
    let onDevice = device.isUnified ? weights.total : weights.onCard
    return Estimate(
      weights: ByteCount(onDevice), kvCache: ByteCount(cacheBytes), state: ByteCount(stateBytes),
      compute: ByteCount(compute), overhead: device.overhead, margin: ByteCount(margin),
      host: ByteCount(device.isUnified ? 0 : weights.onHost + hostBytes), verdict: .no, remedy: nil, maxContext: 0,
      gpuLayers: 0, expertLayersOnHost: 0, tokensPerSecond: nil)
  }

  /// The need as asked for, with the verdict.
  ///
  /// - Parameters:
  ///   - weights: the sums of a quantization.
  ///   - device: where it has to go.
  ///   - layout: the same quantization layer by layer, asked for only when something has to be left out of a card.
  public func estimate(_ weights: WeightSums, on device: Device, layout: () -> WeightLayout) -> Estimate {
    var estimate = need(weights, on: device)
    estimate.gpuLayers = shape.layers + 1
    if device.cards.count == 1 {
      judge(&estimate, weights, device, layout)
    } else {
      judgeSeveral(&estimate, weights, device, layout())
    }
    estimate.tokensPerSecond = bound(estimate, weights, device)
    return estimate
  }

  // MARK: One card

  private func judge(
    _ estimate: inout Estimate, _ weights: WeightSums, _ device: Device, _ layout: () -> WeightLayout
  ) {
    let room = device.free.bytes - estimate.overhead.bytes - estimate.weights.bytes
    estimate.maxContext = asked.largestContext(within: room, limit: shape.contextLength)
    if cacheBytes + stateBytes + computeBytes + estimate.margin.bytes <= room {
      estimate.verdict = .fits
      return
    }
    for remedy in remedies where remedy.bytes <= room {
      estimate.verdict = remedy.verdict
      estimate.remedy = remedy.variant.request
      return
    }
    let smallest = min(MemoryArithmetic.smallestUsefulContext, shape.contextLength)
    for variant in [asked] + remedies.map(\.variant) {
      let context = variant.largestContext(within: room, limit: shape.contextLength)
      guard context >= smallest else { continue }
      estimate.verdict = .smallerContext
      estimate.remedy = variant.request.with { $0.context = context }
      return
    }
    // There is nowhere else to go from a memory that processor and card share.
    guard !device.isUnified else {
      estimate.gpuLayers = 0
      return
    }
    let beside = estimate.total.bytes + estimate.margin.bytes - estimate.weights.bytes
    if weights.experts > 0, beside + weights.onCard - weights.experts <= device.free.bytes {
      moveExperts(&estimate, layout(), free: device.free.bytes - beside)
      return
    }
    split(&estimate, layout(), room: device.free.bytes - beside + cacheBytes + stateBytes)
  }

  /// Leaves the experts of the first layers in main memory, of as few as will do.
  private func moveExperts(_ estimate: inout Estimate, _ layout: WeightLayout, free: Int64) {
    var onCard = layout.onCard
    for (layer, bytes) in layout.expertBytes.enumerated() {
      onCard -= bytes
      guard onCard <= free else { continue }
      estimate.verdict = .expertsOnCpu
      estimate.expertLayersOnHost = layer + 1
      estimate.host = estimate.host + ByteCount(layout.onCard - onCard)
      return
    }
  }

  /// Puts as many layers on the card as `room` has for their weights and their cache, from the last to the first, the
  /// output before them.
  private func split(_ estimate: inout Estimate, _ layout: WeightLayout, room: Int64) {
    let cache = asked.cache.layerBytes(asked.request)
    let layerSum = layout.layerBytes.reduce(0, +)
    var used = layout.onCard - layerSum
    estimate.gpuLayers = 0
    guard used <= room else { return }
    var (onCard, bytes) = (1, Int64(0))
    for layer in layout.layerBytes.indices.reversed() {
      let next = layout.layerBytes[layer] + (layer < cache.count ? cache[layer] : 0)
      guard used + next <= room else { break }
      used += next
      bytes += layout.layerBytes[layer]
      onCard += 1
    }
    guard onCard > 1 else { return }
    estimate.verdict = .split
    estimate.gpuLayers = onCard
    let cacheOnHost = cache.prefix(shape.layers + 1 - onCard).reduce(0, +)
    estimate.host = estimate.host + ByteCount(layerSum - bytes + cacheOnHost)
  }

  // MARK: Several cards

  /// Layers lie on cards as wholes, in their order, and each card pays for its context and its buffers: the sum of what
  /// is free says little.
  private func judgeSeveral(
    _ estimate: inout Estimate, _ weights: WeightSums, _ device: Device, _ layout: WeightLayout
  ) {
    func fits(_ variant: UsageVariant, _ context: Int) -> Bool {
      placed(layout, device, variant, variant.request.with { $0.context = context }) == layout.layerBytes.count
    }
    func largest(_ variant: UsageVariant) -> Int {
      if fits(variant, shape.contextLength) { return shape.contextLength }
      var (low, high) = (0, shape.contextLength / KVCache.cellStep)
      while low < high {
        let middle = (low + high + 1) / 2
        if fits(variant, middle * KVCache.cellStep) { low = middle } else { high = middle - 1 }
      }
      return low * KVCache.cellStep
    }
    estimate.maxContext = largest(asked)
    let context = asked.request.context
    if fits(asked, context) {
      estimate.verdict = .fits
      return
    }
    for remedy in remedies where fits(remedy.variant, context) {
      estimate.verdict = remedy.verdict
      estimate.remedy = remedy.variant.request
      return
    }
    for variant in [asked] + remedies.map(\.variant) {
      let context = largest(variant)
      guard context >= min(MemoryArithmetic.smallestUsefulContext, shape.contextLength) else { continue }
      estimate.verdict = .smallerContext
      estimate.remedy = variant.request.with { $0.context = context }
      return
    }
    for count in layout.expertBytes.indices {
      var lighter = layout
      for layer in 0...count { lighter.layerBytes[layer] -= layout.expertBytes[layer] }
      guard placed(lighter, device, asked, asked.request) == layout.layerBytes.count else { continue }
      estimate.verdict = .expertsOnCpu
      estimate.expertLayersOnHost = count + 1
      estimate.host = estimate.host + ByteCount(layout.expertBytes[...count].reduce(0, +))
      return
    }
    let layers = placed(layout, device, asked, asked.request)
    estimate.gpuLayers = layers > 0 ? layers + 1 : 0
    guard layers > 0 else { return }
    estimate.verdict = .split
    let cache = asked.cache.layerBytes(asked.request)
    let outside = layout.layerBytes.prefix(shape.layers - layers).reduce(0, +)
    estimate.host = estimate.host + ByteCount(outside + cache.prefix(shape.layers - layers).reduce(0, +))
  }

  /// How many layers find a place, from the last to the first, filling one card after the other; the output goes to the
  /// last card.
  private func placed(
    _ layout: WeightLayout, _ device: Device, _ variant: UsageVariant, _ request: FitRequest
  ) -> Int {
    let cache = variant.cache.layerBytes(request)
    let compute = variant.buffer.device(request)
    let fixed = compute + 3 * variant.buffer.inputs(request) + UsageVariant.margin(compute)
    var layer = layout.layerBytes.count - 1
    for (index, card) in device.cards.reversed().enumerated() {
      var room = card.free.bytes - card.overhead.bytes - fixed
      if index == 0 { room -= layout.onCard - layout.layerBytes.reduce(0, +) }
      guard room >= 0 else {
        if index == 0 { return 0 }
        continue
      }
      while layer >= 0 {
        let next = layout.layerBytes[layer] + (layer < cache.count ? cache[layer] : 0)
        guard next <= room else { break }
        room -= next
        layer -= 1
      }
    }
    return layout.layerBytes.count - 1 - layer
  }

  // MARK: Speed

  /// Bytes a second that main memory gives: two channels of DDR4-3200.
  private static let hostBandwidth = 51.2e9

  /// Every weight that takes part in a token is read once for it, and so is what the cache holds.
  private func bound(_ estimate: Estimate, _ weights: WeightSums, _ device: Device) -> Double? {
    guard estimate.verdict != .no else { return nil }
    let request = estimate.remedy ?? asked.request
    let all = estimate.remedy == nil ? cacheBytes : KVCache(shape: shape, type: request.kvType).bytes(request)
    let cache = all / Int64(request.streams)
    let share = shape.experts > 0 ? Double(max(1, shape.expertsUsed)) / Double(shape.experts) : 1
    let active = Double(weights.onCard - weights.experts) + Double(weights.experts) * share
    let outside =
      switch estimate.verdict {
      case .split: 1 - Double(estimate.gpuLayers) / Double(shape.layers + 1)
      case .expertsOnCpu:
        Double(weights.experts) * share * Double(estimate.expertLayersOnHost) / Double(shape.layers) / active
      default: 0.0
      }
    let read = active + Double(cache)
    guard read > 0 else { return nil }
    var seconds = read * outside / Self.hostBandwidth
    let free = Double(device.free.bytes)
    for card in device.cards {
      guard let bandwidth = card.bandwidth, bandwidth > 0, free > 0 else { return nil }
      seconds += read * (1 - outside) * Double(card.free.bytes) / free / (bandwidth * 1e9)
    }
    return seconds > 0 ? 1 / seconds : nil
  }
}
