/// What sets a family of models apart from plain llama, as far as its tensors and its cache go: one row of
/// `Architecture.table`.
public struct Architecture: Sendable {
  /// When a bias stands beside the matrices of a part.
  enum Bias: Sendable {
    case never
    case always
    /// When `config.json` has this flag set.
    case stated(String)
  }

  /// How queries, keys and values are made.
  enum Projection: Sendable {
    /// `attn_q`, `attn_k` and `attn_v`.
    case separate
    /// One `attn_qkv`.
    case fused
    /// DeepSeek's compressed rows.
    case latent
  }

  /// Norms of queries and keys.
  enum HeadNorms: Sendable {
    case none
    /// One of a head's length for all heads.
    case oneHead
    /// One as wide as all heads.
    case allHeads
    /// One of a head's length for all heads, when `config.json` has this flag set.
    case statedOneHead(String)
    /// As wide as all heads, when `config.json` has this flag set.
    case statedAllHeads(String)
  }

  /// The feed-forward part of a dense layer, and the experts.
  enum FeedForward: Sendable {
    /// `ffn_gate`, `ffn_up`, `ffn_down`.
    case gated
    /// `ffn_up` of twice the width, and `ffn_down`.
    case fusedGate
    /// `ffn_up` and `ffn_down`.
    case plain
  }

  /// `model_type` of `config.json` and `general.architecture` of GGUF.
  let names: [String]
  var projection = Projection.separate
  var queryKeyValueBias = Bias.never
  var outputBias = Bias.never
  var feedForward = FeedForward.gated
  var feedForwardBias = Bias.never
  var headNorms = HeadNorms.none
  /// Norms of a layer as wide as the model.
  var norms = 2
  /// Whether norms have a bias.
  var normBias = false
  /// Whether there is a norm before the output matrix, which norms without weights are not.
  var finalNorm = true
  /// Whether the output matrix has a bias.
  var outputMatrixBias = false
  /// Whether positions are learned: a matrix of the context's length.
  var learnedPositions = false
  /// Vectors of a layer with one element for each head: attention sinks.
  var headVectors = 0
  /// Vectors of a layer with one element for each routed expert, beside the router: the bias of its scores.
  var expertVectors = 0
  /// Whether routed experts have biases.
  var expertBias = false
  /// Single numbers of a layer.
  var scalars = 0
  /// A window of attention that is meant when nothing is stated, and which layers have it.
  var window: Int?
  /// Of so many layers all but the last slide, when neither `config.json` nor the file list them; nil for none.
  var slidingPeriod: Int?
  /// Whether llama.cpp keeps only the window of sliding layers; Phi-3's window for instance is switched off.
  var keepsWindow = true
  /// Whether the graph keeps queries twice as wide for a moment: Gemma's scaling.
  public internal(set) var scalesQueries = false
  /// Whether full attention has a second part of the queries as wide as they are, which gates its output.
  var hasQueryGate = false
  /// Whether recurrent layers are the gated delta nets of Qwen3-Next.
  var hasDeltaNets = false
  /// Whether a dense part stands beside the experts of a layer, with norms of its own.
  var hasDenseBesideExperts = false
  /// Whether llama.cpp's accounting, files that were published, or the makers' own counts proved our arithmetic for it.
  public internal(set) var isProven = false

  /// The row of a family; nil for one that we do not know.
  public static func named(_ name: String) -> Architecture? { index[name].map { table[$0] } }

  private static let index: [String: Int] = {
    var index: [String: Int] = [:]
    for (row, architecture) in table.enumerated() {
      for name in architecture.names { index[name] = row }
    }
    return index
  }()
}
