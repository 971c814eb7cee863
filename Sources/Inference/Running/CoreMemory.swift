import CKernels
import Domain

/// What the bundled core needs beside the weights and the KV cache: the arena of one session.
public struct CoreMemory: EngineMemory {
  /// Threads that work on one session.
  public let threads: Int

  /// The memory of sessions with so many threads.
  public init(threads: Int) { self.threads = max(1, threads) }

  /// Bytes of the arena. Sessions allocate exactly this.
  public func computeBytes(shape: ModelShape, context: Int, batch: Int) -> ByteCount {
    var total: Int64 = 0
    for buffer in ArenaBuffer.allCases {
      let (elements, overflow) = buffer.elements(
        shape: shape, context: context, batch: batch, threads: threads)
      guard !overflow else { return ByteCount(.max) }
      total += Int64(Arena.rounded(Int(clamping: elements) * buffer.elementBytes))
    }
    return ByteCount(total)
  }

  /// Bytes of the KV cache.
  static func cacheBytes(shape: ModelShape, context: Int, type: CacheType) -> Int64 {
    let position = shape.kvHeads.reduce(0) {
      $0 + $1 * (type.bytes(shape.keyLength) + type.bytes(shape.valueLength))
    }
    let (bytes, overflow) = Int64(position).multipliedReportingOverflow(by: Int64(context))
    return overflow || bytes > 1 << 60 ? .max : Int64(Arena.rounded(Int(bytes)))
  }
}

/// The buffers of a session, T = tokens of a batch.
enum ArenaBuffer: CaseIterable {
  case hidden  // [T, embedding]
  case normed  // [T, embedding]
  case query  // [T, heads * keyLength]
  case key  // [T, kvHeads * keyLength]
  case value  // [T, kvHeads * valueLength]
  case attended  // [T, heads * valueLength]
  case gate  // [max(T, experts used), widest feed-forward]
  case up  // [max(T, experts used), widest feed-forward]
  case turns  // [T, keyLength]
  case slidingTurns  // [T, keyLength]
  case routes  // [T, experts]
  case gathered  // [T, embedding], with experts
  case expertOutput  // [T, embedding], with experts
  case mixed  // [T, embedding], with experts
  case high  // [T, widest], bytes
  case low  // [T, widest], bytes
  case wide  // [T, widest], 16 bits
  case meta  // [T, widest / 32, HW_META]
  case scratch  // [threads, scratchLength]
  case rows  // [threads, rowsAtOnce, widest]
  case logits  // [logitsAtOnce, vocabulary]

  /// Weight rows that are decoded at once for float products.
  static let rowsAtOnce = 8
  /// Tokens whose logits are computed at once.
  static let logitsAtOnce = 16

  /// The longest row of any weight.
  static func widest(_ shape: ModelShape) -> Int {
    max(shape.embedding, widestFeedForward(shape), shape.heads * shape.valueLength)
  }

  private static func widestFeedForward(_ shape: ModelShape) -> Int {
    max(shape.feedForward, shape.expertFeedForward ?? 0, shape.sharedFeedForward ?? 0)
  }

  /// What attention needs on one thread.
  static func scratchLength(_ shape: ModelShape, context: Int) -> Int {
    hw_attention_scratch(shape.keyLength, shape.valueLength, context)
  }

  var elementBytes: Int {
    switch self {
    case .high, .low: 1
    case .wide: 2
    default: 4
    }
  }

  func elements(shape: ModelShape, context: Int, batch: Int, threads: Int) -> (Int64, overflow: Bool) {
    let kvHeads = shape.kvHeads.max() ?? 0
    let (count, length) =
      switch self {
      case .hidden, .normed: (batch, shape.embedding)
      case .query: (batch, shape.heads * shape.keyLength)
      case .key: (batch, kvHeads * shape.keyLength)
      case .value: (batch, kvHeads * shape.valueLength)
      case .attended: (batch, shape.heads * shape.valueLength)
      case .gate, .up: (max(batch, shape.expertsUsed), Self.widestFeedForward(shape))
      case .turns: (batch, shape.keyLength)
      case .slidingTurns: (shape.attention == nil ? 0 : batch, shape.keyLength)
      case .routes: (batch, shape.experts)
      case .gathered, .expertOutput, .mixed: (shape.experts > 0 ? batch : 0, shape.embedding)
      case .high, .low, .wide: (batch, Self.widest(shape))
      case .meta: (batch, (Self.widest(shape) + 31) / 32 * Int(HW_META))
      case .scratch: (threads, Self.scratchLength(shape, context: context))
      case .rows: (threads * Self.rowsAtOnce, Self.widest(shape))
      case .logits: (Self.logitsAtOnce, shape.vocabulary)
      }
    let (product, overflow) = Int64(count).multipliedReportingOverflow(by: Int64(length))
    return (product, overflow || product > 1 << 50)
  }
}
