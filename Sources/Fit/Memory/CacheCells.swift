/// How many tokens the caches hold.
///
/// Source: llama.cpp's `llama_kv_cache` and `llama_kv_cache_iswa` since 2025.
struct CacheCells: Sendable, Equatable {
  /// Of one stream.
  let stream: Int64
  /// Of one stream in sliding layers; the same as `stream` without a window.
  let window: Int64
  /// Independent streams.
  let streams: Int64

  /// - Parameters:
  ///   - request: the wish.
  ///   - window: tokens of sliding layers; 0 when no layer slides.
  init(_ request: FitRequest, window: Int) {
    let share = (request.context + request.streams - 1) / request.streams
    stream = Int64(KVCache.cells(context: share))
    streams = Int64(request.streams)
    guard window > 0, !request.keepsWindowsWhole else {
      self.window = stream
      return
    }
    let sequences = request.sharesCache ? max(1, request.sequences) : 1
    let (wanted, overflow) = window.multipliedReportingOverflow(by: sequences)
    let kept = overflow ? request.context : min(request.context, wanted + request.tokensAtOnce)
    self.window = min(stream, Int64(KVCache.cells(context: kept)))
  }

  var total: Int64 { stream * streams }
  var totalWindow: Int64 { window * streams }
}
