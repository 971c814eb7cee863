import Domain
import ModelFiles

/// The buffers of an engine's graph for one model, as functions of the cells.
///
/// llama.cpp: see `LlamaCppMemory`. PyTorch: the copy of one layer's cache. ExLlama: F16 scores of a chunk, the largest
/// matrix dequantized, and activations, from its list of buffers.
struct ComputeBuffer: Sendable {
  /// Bytes of the attention mask for each token of a batch and cell.
  let maskBytes: Int64
  /// Elements of a token in the attention stage beside the scores.
  private let attentionWidth: Int64
  /// Query heads: scores of a token and cell. 0 with flash attention, which keeps none.
  let scoreHeads: Int64
  private let feedForwardWidth: Int64
  private let logitsWidth: Int64
  private let embedding: Int64
  private let keyWidth: Int64
  private let feedForward: Int64
  /// Bytes of a token in the cache of one layer.
  private let layerRow: Int64
  private let engine: Engine
  let window: Int

  init(shape: ModelShape, request: FitRequest, engine: Engine, cache: KVCache) {
    self.engine = engine
    layerRow = (cache.fullRow + cache.slidingRow) / Int64(max(1, shape.layers))
    feedForward = Int64(shape.feedForward)
    let (heads, kvHeads) = (Int64(shape.heads), Int64(shape.kvHeads.max() ?? 0))
    let (query, key) = (heads * Int64(shape.keyLength), kvHeads * Int64(shape.keyLength))
    embedding = Int64(shape.embedding)
    keyWidth = key
    window = shape.attention?.window ?? 0
    maskBytes = request.flashAttention ? 2 : 4
    let scaled = Architecture.named(shape.architecture)?.scalesQueries == true ? query : 0
    attentionWidth = request.flashAttention ? 0 : 2 * embedding + 2 * query + 2 * key + scaled
    scoreHeads = engine == .exllama ? heads : request.flashAttention ? 0 : heads
    let width = Int64(shape.experts > 0 ? (shape.expertFeedForward ?? shape.feedForward) : shape.feedForward)
    let active = Int64(shape.experts > 0 ? max(1, shape.expertsUsed) : 1)
    feedForwardWidth = 3 * active * width + 3 * embedding
    logitsWidth = Int64(shape.vocabulary) + embedding
  }

  /// A stage's size: a part that grows with the cells of a stream, one with those of the mask (a stream's and its
  /// window's), and one that is constant.
  struct Stage: Sendable {
    var perCell: Int64 = 0
    var perMaskCell: Int64 = 0
    var constant: Int64 = 0
  }

  /// The stages' sizes for a batch.
  func stages(tokens: Int) -> InlineArray<3, Stage> {
    let tokens = Int64(tokens)
    let mask = maskBytes * tokens
    switch engine {
    case .llamaCpp:
      return [
        scoreHeads == 0
          ? Stage()
          : Stage(perCell: 4 * tokens * scoreHeads, perMaskCell: mask, constant: 4 * tokens * attentionWidth),
        Stage(perMaskCell: mask, constant: 4 * tokens * feedForwardWidth), Stage(constant: 4 * tokens * logitsWidth),
      ]
    case .torch: return [Stage(perCell: layerRow), Stage(), Stage()]
    case .exllama:
      return [Stage(perCell: 2 * Self.chunk * scoreHeads, constant: chunkBytes(Self.chunk)), Stage(), Stage()]
    }
  }

  /// Bytes on the card.
  func device(_ request: FitRequest) -> Int64 {
    let cells = CacheCells(request, window: window)
    switch engine {
    case .llamaCpp: break
    case .torch: return layerRow * cells.stream
    case .exllama:
      let chunk = min(Self.chunk, Int64(request.context))
      return 2 * chunk * scoreHeads * Int64(request.context) + chunkBytes(chunk)
    }
    let tokens = Int64(request.tokensAtOnce)
    let mask = maskBytes * tokens * maskCells(cells)
    let attention = scoreHeads == 0 ? 0 : 4 * tokens * (cells.stream * scoreHeads + attentionWidth) + mask
    return max(attention, 4 * tokens * feedForwardWidth + mask, 4 * tokens * logitsWidth)
  }

  /// Tokens of a prompt that ExLlama works on at once.
  private static let chunk: Int64 = 2048

  private func chunkBytes(_ tokens: Int64) -> Int64 {
    2 * embedding * feedForward + 8 * tokens * embedding + 6 * tokens * feedForward
  }

  /// Bytes in main memory while everything is on the card.
  func host(_ request: FitRequest) -> Int64 {
    guard engine == .llamaCpp else { return 0 }
    let cells = CacheCells(request, window: window)
    let tokens = Int64(request.tokensAtOnce)
    let keys = scoreHeads == 0 ? 0 : 8 * tokens * keyWidth * (window > 0 ? 2 : 1)
    return 8 * tokens * embedding + keys + maskBytes * tokens * maskCells(cells)
  }

  /// Bytes of the graph's inputs, which several cards that work in turn keep four times.
  func inputs(_ request: FitRequest) -> Int64 {
    guard engine == .llamaCpp else { return 0 }
    let cells = CacheCells(request, window: window)
    let tokens = Int64(request.tokensAtOnce)
    return maskBytes * tokens * maskCells(cells) + 4 * tokens * embedding
  }

  func maskCells(_ cells: CacheCells) -> Int64 { cells.stream + (window > 0 ? cells.window : 0) }
}
