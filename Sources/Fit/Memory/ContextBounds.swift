/// The largest context for which a need stays within a budget, without trying contexts.
///
/// For contexts that are multiples of the cache's step and no shorter than a batch, with one stream, the need is a sum
/// and a maximum of straight lines: the cache's, and one for each stage of the graph; they bend once, where windows are
/// full. Each line bounds the context, and the smallest bound holds. All of it is whole numbers, so that nothing is lost
/// to rounding.
struct ContextBounds: Sendable {
  /// One stage together with the cache: need × 100 = slope × context + constant.
  private struct Line: Sendable {
    let slope: Int64
    let constant: Int64

    /// The largest context whose need is no more than `budget`; Int64.max when none is too large.
    func largest(within budget: Int64) -> Int64 {
      // ⌊need⌋ ≤ budget, where only the margin's hundredths are cut off.
      let room = 100 * budget + 99 - constant
      if room < 0 { return -1 }
      return slope > 0 ? room / slope : .max
    }
  }

  /// Before windows are full, and after.
  private let short: InlineArray<3, Line>
  private let long: InlineArray<3, Line>
  /// Where windows are full; 0 without one.
  private let bend: Int64

  /// Contexts below this are tried one by one.
  let least: Int

  /// Whether the need is made of such lines at all: with llama.cpp, and one sequence.
  let hold: Bool

  init(_ request: FitRequest, engine: Engine, cache: KVCache, buffer: ComputeBuffer) {
    let mayHold = engine == .llamaCpp && request.sequences <= 1
    let window = buffer.window > 0 && !request.keepsWindowsWhole ? buffer.window : 0
    let kept = window > 0 ? KVCache.cells(context: min(window + request.batch, 1 << 27)) : 0
    bend = Int64(kept)
    least = request.batch
    let stages = buffer.stages(tokens: request.batch)
    let masks: Int64 = buffer.window > 0 ? 2 : 1
    // Shapes that nobody has made could take these products beyond 64 bits: their contexts are found by trying.
    var widest = Double(kept) * Double(cache.slidingRow) + Double(cache.stateBytes(request))
    for index in stages.indices {
      widest = max(widest, Double(stages[index].constant) + Double(kept) * Double(stages[index].perMaskCell))
    }
    hold = mayHold && 256 * widest < 0x1p61
    guard hold else {
      short = InlineArray(repeating: Line(slope: 0, constant: 0))
      long = short
      return
    }
    let fixed = 100 * (cache.stateBytes(request) + UsageVariant.margin(0))
    short = InlineArray { index in
      let stage = stages[index]
      return Line(
        slope: 100 * (cache.fullRow + cache.slidingRow) + 112 * (stage.perCell + masks * stage.perMaskCell),
        constant: fixed + 112 * stage.constant)
    }
    long = InlineArray { index in
      let stage = stages[index]
      return Line(
        slope: 100 * cache.fullRow + 112 * (stage.perCell + stage.perMaskCell),
        constant: fixed + 100 * Int64(kept) * cache.slidingRow
          + 112 * (stage.constant + Int64(kept) * stage.perMaskCell))
    }
  }

  /// The largest context in tokens; negative when even none is too much.
  func largest(within budget: Int64) -> Int64 {
    var context = Int64.max
    for index in short.indices { context = min(context, short[index].largest(within: budget)) }
    guard bend > 0, context >= bend else { return context }
    var far = Int64.max
    for index in long.indices { far = min(far, long[index].largest(within: budget)) }
    return max(bend, far)
  }
}
