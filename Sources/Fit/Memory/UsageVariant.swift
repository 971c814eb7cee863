import Domain

/// What a model needs beside its weights when it is used in one way, at any context.
struct UsageVariant: Sendable {
  let request: FitRequest
  let cache: KVCache
  let buffer: ComputeBuffer
  /// The needs as requested.
  let bytes: Int64
  private let bounds: ContextBounds
  private let limit: Int
  private let limitBytes: Int64

  init(shape: ModelShape, request: FitRequest, engine: Engine) {
    self.request = request
    cache = KVCache(shape: shape, type: request.kvType)
    buffer = ComputeBuffer(shape: shape, request: request, engine: engine, cache: cache)
    bounds = ContextBounds(request, engine: engine, cache: cache, buffer: buffer)
    limit = shape.contextLength
    bytes = Self.bytes(request, cache, buffer)
    limitBytes = Self.bytes(request.with { $0.context = shape.contextLength }, cache, buffer)
  }

  /// Bytes beside weights and overhead on one card, margin included.
  func bytes(_ request: FitRequest) -> Int64 { Self.bytes(request, cache, buffer) }

  private static func bytes(_ request: FitRequest, _ cache: KVCache, _ buffer: ComputeBuffer) -> Int64 {
    let compute = buffer.device(request)
    return cache.bytes(request) + cache.stateBytes(request) + compute + margin(compute)
  }

  /// Allocators lose up to 12 % of the compute buffer; the rest is for what nobody foresees.
  static func margin(_ compute: Int64) -> Int64 { compute * 12 / 100 + 128 << 20 }

  /// The largest context, a multiple of the cache's step, whose needs are no more than `budget`; at most `limit`, the
  /// needs of which are `limitBytes`.
  func largestContext(within budget: Int64) -> Int {
    if limitBytes <= budget { return limit }
    let step = KVCache.cellStep
    if bounds.hold {
      let context = Int(clamping: min(bounds.largest(within: budget), Int64(limit))) / step * step
      if context >= bounds.least { return context }
      // A batch is no longer than the context, so that short ones need less.
      return bisected(min(limit, bounds.least) / step, budget)
    }
    return bisected(limit / step, budget)
  }

  private func bisected(_ most: Int, _ budget: Int64) -> Int {
    let step = KVCache.cellStep
    var (low, high) = (0, max(0, most))
    while low < high {
      let middle = (low + high + 1) / 2
      let bytes = bytes(request.with { $0.context = middle * step })
      if bytes <= budget { low = middle } else { high = middle - 1 }
    }
    return low * step
  }
}
