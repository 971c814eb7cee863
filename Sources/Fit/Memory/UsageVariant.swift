import Domain

/// What a model needs beside its weights when it is used in one way, at any context.
struct UsageVariant: Sendable {
  let request: FitRequest
  let cache: KVCache
  let buffer: ComputeBuffer

  init(shape: ModelShape, request: FitRequest, engine: Engine) {
    self.request = request
    cache = KVCache(shape: shape, type: request.kvType)
    buffer = ComputeBuffer(shape: shape, request: request, engine: engine, cache: cache)
  }

  /// Bytes beside weights and overhead on one card, margin included.
  func bytes(_ request: FitRequest) -> Int64 {
    let compute = buffer.device(request)
    return cache.bytes(request) + cache.stateBytes(request) + compute + Self.margin(compute)
  }

  /// Allocators lose up to 12 % of the compute buffer; the rest is for what nobody foresees.
  static func margin(_ compute: Int64) -> Int64 { compute * 12 / 100 + 128 << 20 }

  /// The largest context, a multiple of the cache's step, whose needs are no more than `budget`; at most `limit`.
  ///
  /// The need is piecewise linear in the context: each stage of the graph gives a bound, of which the smallest holds.
  /// What rounding does to it is put right by trying the neighbours.
  func largestContext(within budget: Int64, limit: Int) -> Int {
    func fits(_ context: Int) -> Bool { bytes(request.with { $0.context = context }) <= budget }
    if fits(limit) { return limit }
    let step = KVCache.cellStep
    let most = limit / step
    var steps = min(most, max(0, Int(clamping: estimatedContext(within: budget)) / step))
    var tries = 0
    while steps > 0, tries < 4, !fits(steps * step) { (steps, tries) = (steps - 1, tries + 1) }
    while steps < most, tries < 4, fits((steps + 1) * step) { (steps, tries) = (steps + 1, tries + 1) }
    let isRight = (steps == 0 || fits(steps * step)) && (steps == most || !fits((steps + 1) * step))
    if !isRight { steps = bisected(most, step: step, fits) }
    return steps * step
  }

  private func bisected(_ most: Int, step: Int, _ fits: (Int) -> Bool) -> Int {
    var (low, high) = (0, most)
    while low < high {
      let middle = (low + high + 1) / 2
      if fits(middle * step) { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private func estimatedContext(within budget: Int64) -> Int64 {
    let streams = Double(request.streams)
    let full = CacheCells(request.with { $0.context = 1 << 26 }, window: buffer.window)
    let window = Double(full.window)
    let slides = buffer.window > 0 && full.window < full.stream
    let room = Double(budget - cache.stateBytes(request) - Self.margin(0))
    // Contexts shorter than a batch are rare, and their neighbours are tried.
    let stages = buffer.stages(tokens: request.batch)
    func solve(saturated: Bool) -> Double {
      let kept = saturated && slides
      var least = Double.infinity
      for stage in stages {
        let maskCells = buffer.window > 0 ? (kept ? 1.0 : 2.0) : 1.0
        let slope =
          Double(cache.fullRow) + (kept ? 0 : Double(cache.slidingRow))
          + 1.12 * (Double(stage.perCell) + maskCells * Double(stage.perMaskCell)) / streams
        let constant =
          (kept ? window * streams * Double(cache.slidingRow) : 0)
          + 1.12 * (Double(stage.constant) + (kept ? window * Double(stage.perMaskCell) : 0))
        least = min(least, slope > 0 ? (room - constant) / slope : room >= constant ? 0x1p40 : 0)
      }
      return least
    }
    let far = solve(saturated: true)
    let context = slides && far < window * streams ? solve(saturated: false) : far
    return Int64(max(0, min(context, 0x1p40)))
  }
}
