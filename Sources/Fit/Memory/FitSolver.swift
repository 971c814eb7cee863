import Domain

/// Judges the quantizations of one model for one request: what does not depend on the weights is computed once.
public struct FitSolver: Sendable {
  private let shape: ModelShape
  private let asked: UsageVariant
  /// Other ways of using the model, with the verdict that each stands for, in the order in which they are tried.
  private let remedies: [(verdict: FitVerdict, variant: UsageVariant)]
  /// What each of them needs beside the weights.
  private let remedyBytes: [Int64]
  /// Bytes of the caches of the last so many layers as asked for, from none to all.
  private let lastCaches: [Int64]
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
    var lastCaches: [Int64] = [0]
    lastCaches.reserveCapacity(shape.layers + 1)
    var sum: Int64 = 0
    for bytes in asked.cache.layerBytes(request).reversed() {
      sum += bytes
      lastCaches.append(sum)
    }
    self.lastCaches = lastCaches
    var remedies: [(verdict: FitVerdict, variant: UsageVariant)] = []
    func offer(_ verdict: FitVerdict, _ change: (inout FitRequest) -> Void) {
      remedies.append((verdict, UsageVariant(shape: shape, request: request.with(change), engine: engine)))
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
    remedyBytes = remedies.map(\.variant.bytes)
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
  /// - Parameters: as those of `outcome`.
  public func estimate(_ weights: WeightSums, on device: Device, layers: () -> LayerStack) -> Estimate {
    let outcome = outcome(weights, on: device, layers: layers)
    var estimate = need(weights, on: device)
    estimate.verdict = outcome.verdict
    estimate.maxContext = outcome.maxContext
    estimate.gpuLayers = outcome.gpuLayers
    estimate.expertLayersOnHost = outcome.expertLayersOnHost
    estimate.host = estimate.host + ByteCount(outcome.movedToHost)
    if let way = outcome.way {
      estimate.remedy = variant(way).request.with { if let context = outcome.context { $0.context = context } }
    }
    estimate.tokensPerSecond = bound(estimate, weights, device)
    return estimate
  }

  /// The verdict alone, for whole catalogs.
  ///
  /// - Parameters:
  ///   - weights: the sums of a quantization.
  ///   - device: where it has to go.
  ///   - layers: the same quantization layer by layer, asked for only when something has to be left out of a card, or
  ///     there are several cards.
  public func outcome(_ weights: WeightSums, on device: Device, layers: () -> LayerStack) -> FitOutcome {
    device.cards.count == 1
      ? judge(weights, device.cards[0], isUnified: device.isUnified, layers) : judgeSeveral(weights, device, layers())
  }

  /// A way of using the model: as asked for, or the remedy with this number less one.
  private func variant(_ way: Int) -> UsageVariant { way == 0 ? asked : remedies[way - 1].variant }

  // MARK: One card

  private func judge(
    _ weights: WeightSums, _ card: Device.Memory, isUnified: Bool, _ layers: () -> LayerStack
  ) -> FitOutcome {
    let budget = card.free.bytes - card.overhead.bytes
    let room = budget - (isUnified ? weights.total : weights.onCard)
    var outcome = FitOutcome(verdict: .fits, maxContext: 0, gpuLayers: shape.layers + 1)
    if room > 0 { outcome.maxContext = asked.largestContext(within: room) }
    if asked.bytes <= room { return outcome }
    if let index = remedyBytes.firstIndex(where: { $0 <= room }) {
      outcome.verdict = remedies[index].verdict
      outcome.way = index + 1
      return outcome
    }
    let smallest = min(MemoryArithmetic.smallestUsefulContext, shape.contextLength)
    if room > 0 {
      for way in 0...remedies.count {
        let context = way == 0 ? outcome.maxContext : remedies[way - 1].variant.largestContext(within: room)
        guard context >= smallest else { continue }
        outcome.verdict = .smallerContext
        (outcome.way, outcome.context) = (way, context)
        return outcome
      }
    }
    outcome.verdict = .no
    outcome.gpuLayers = 0
    // There is nowhere else to go from a memory that processor and card share.
    if isUnified { return outcome }
    // What is left for weights when all else is on the card, and what is left for layers with their cache.
    let forWeights = budget - asked.bytes
    if weights.experts > 0, weights.onCard - weights.experts <= forWeights {
      moveExperts(&outcome, layers(), least: weights.onCard - forWeights)
      return outcome
    }
    let forLayers = forWeights + cacheBytes + stateBytes - weights.beside
    if forLayers > 0 { split(&outcome, layers(), room: forLayers) }
    return outcome
  }

  /// Leaves the experts of the first layers in main memory, of as few as make up `least` bytes.
  private func moveExperts(_ outcome: inout FitOutcome, _ layers: LayerStack, least: Int64) {
    guard let count = layers.firstExperts.firstIndex(where: { $0 >= least }) else { return }
    outcome.verdict = .expertsOnCpu
    outcome.gpuLayers = shape.layers + 1
    outcome.expertLayersOnHost = count
    outcome.movedToHost = layers.firstExperts[count]
  }

  /// Puts as many layers on the card as `room` has for their weights and their cache, from the last to the first.
  private func split(_ outcome: inout FitOutcome, _ layers: LayerStack, room: Int64) {
    // Both sums grow with the layers.
    var (low, high) = (0, min(layers.last.count, lastCaches.count) - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if layers.last[middle] + lastCaches[middle] <= room { low = middle } else { high = middle - 1 }
    }
    guard low > 0, let all = layers.last.last, let caches = lastCaches.last else { return }
    outcome.verdict = .split
    outcome.gpuLayers = low + 1
    outcome.movedToHost = all - layers.last[low] + caches - lastCaches[low]
  }

  // MARK: Several cards

  /// Layers lie on cards as wholes, in their order, and each card pays for its context and its buffers: the sum of what
  /// is free says little.
  private func judgeSeveral(_ weights: WeightSums, _ device: Device, _ layers: LayerStack) -> FitOutcome {
    let all = layers.last.count - 1
    func fits(_ variant: UsageVariant, _ context: Int) -> Bool {
      placed(weights, layers, device, variant, variant.request.with { $0.context = context }) == all
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
    var outcome = FitOutcome(verdict: .fits, maxContext: largest(asked), gpuLayers: shape.layers + 1)
    let context = asked.request.context
    if fits(asked, context) { return outcome }
    for (index, remedy) in remedies.enumerated() where fits(remedy.variant, context) {
      outcome.verdict = remedy.verdict
      outcome.way = index + 1
      return outcome
    }
    for way in 0...remedies.count {
      let context = way == 0 ? outcome.maxContext : largest(variant(way))
      guard context >= min(MemoryArithmetic.smallestUsefulContext, shape.contextLength) else { continue }
      outcome.verdict = .smallerContext
      (outcome.way, outcome.context) = (way, context)
      return outcome
    }
    for count in layers.firstExperts.indices.dropFirst() {
      let lighter = layers.withoutExperts(ofFirst: count)
      guard placed(weights, lighter, device, asked, asked.request) == all else { continue }
      outcome.verdict = .expertsOnCpu
      outcome.expertLayersOnHost = count
      outcome.movedToHost = layers.firstExperts[count]
      return outcome
    }
    let onCards = placed(weights, layers, device, asked, asked.request)
    outcome.verdict = onCards > 0 ? .split : .no
    outcome.gpuLayers = onCards > 0 ? onCards + 1 : 0
    guard onCards > 0 else { return outcome }
    outcome.movedToHost = layers.last[all] - layers.last[onCards] + lastCaches[all] - lastCaches[onCards]
    return outcome
  }

  /// How many layers find a place, from the last to the first, filling one card after the other; the output goes to the
  /// last card.
  private func placed(
    _ weights: WeightSums, _ layers: LayerStack, _ device: Device, _ variant: UsageVariant, _ request: FitRequest
  ) -> Int {
    let cache = variant.cache.layerBytes(request)
    let compute = variant.buffer.device(request)
    let fixed = compute + 3 * variant.buffer.inputs(request) + UsageVariant.margin(compute)
    var count = 0
    for (index, card) in device.cards.reversed().enumerated() {
      var room = card.free.bytes - card.overhead.bytes - fixed
      if index == 0 { room -= weights.beside }
      guard room >= 0 else {
        if index == 0 { return 0 }
        continue
      }
      while count < layers.last.count - 1 {
        let layer = cache.count - 1 - count
        let next = layers.last[count + 1] - layers.last[count] + (cache.indices.contains(layer) ? cache[layer] : 0)
        guard next <= room else { break }
        room -= next
        count += 1
      }
    }
    return count
  }

  // MARK: Speed

  /// Bytes a second that main memory gives: two channels of DDR4-3200.
  private static let hostBandwidth = 51.2e9

  /// Every weight that takes part in a token is read once for it, and so is what the cache holds.
  private func bound(_ estimate: Estimate, _ weights: WeightSums, _ device: Device) -> Double? {
    guard estimate.verdict != .no, !device.cards.contains(where: { $0.bandwidth == nil }) else { return nil }
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
