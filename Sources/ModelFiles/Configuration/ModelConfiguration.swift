import Domain
import JSONText

/// The facts of a `config.json`, as its publisher states them. Nothing here is proven by the weights.
///
/// Format: what `save_pretrained` of transformers writes; families differ in the names, see `ConfigurationField`. Facts
/// that are missing or impossible are nil; `shape()` says what is wrong with them.
public struct ModelConfiguration: Sendable {
  /// The ranks of latent attention (DeepSeek's MLA), which keeps one compressed row a token instead of keys and values.
  public struct LatentAttention: Sendable, Hashable {
    /// Elements of the compressed row (`kv_lora_rank`).
    public let keyValueRank: Int
    /// Elements beside it that carry the position (`qk_rope_head_dim`).
    public let rotatedLength: Int
    /// Elements of the compressed query (`q_lora_rank`); nil when queries are not compressed.
    public let queryRank: Int?
    /// Elements of a key head without position, once expanded (`qk_nope_head_dim`).
    public let plainLength: Int?
    /// Elements of a value head, once expanded (`v_head_dim`).
    public let valueLength: Int?
  }

  /// Bytes of a `config.json`. Lists of layers that are left unquantized make some of 1 MB.
  public static let byteLimit = 8 << 20

  /// The file as the caller named it, for messages.
  public let name: String
  /// The class names, at most 16, outermost first. Foreign text.
  public let architectures: [String]
  /// `model_type` of the whole model. Foreign text.
  public let modelType: String?
  /// `model_type` of the language model inside of it; the same as `modelType` for a plain one. Foreign text.
  public let textModelType: String?
  /// The element type that is stated (`torch_dtype` or `dtype`), such as `bfloat16`; it may differ from the weights'.
  public let statedType: String?
  /// How the weights were quantized; nil when nothing is stated.
  public let quantization: QuantizationScheme?
  /// The context for which it was trained, in tokens; see `shape()`.
  public let contextLength: Int?
  /// The window of sliding attention in tokens; nil without one, and when it is no shorter than the context.
  public let slidingWindow: Int?
  /// Whether the output matrix is the token embedding.
  public let tiedEmbeddings: Bool
  /// Rows of the token embedding.
  public let vocabulary: Int?
  /// Routed experts of a mixture layer; 0 for dense models.
  public let experts: Int
  /// Routed experts that one token uses; 0 for dense models.
  public let expertsUsed: Int
  /// Elements of one attention head as stated; nil when it follows from the hidden size.
  public let headLength: Int?
  /// The ranks of latent attention; nil for any other.
  public let latentAttention: LatentAttention?
  /// What goes in and out.
  public let modalities: Set<Modality>

  let reader: ConfigurationReader
  private let writesText: Bool

  /// Reads a `config.json`.
  ///
  /// - Parameter name: the file, for messages.
  /// - Throws: `malformed` when it is no JSON object within the limits. `Infinity` and `NaN` are read, since Python
  ///   writes them.
  public init(_ bytes: [UInt8], name: String) throws(ModelFileError) {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue.parse(bytes, limits: JSONLimits(maximumBytes: Self.byteLimit, allowsNonFinite: true))
    } catch {
      throw ModelFileError(.malformed, file: name, "is no usable JSON: \(error.problem)")
    }
    guard let whole = json.object else { throw ModelFileError(.malformed, file: name, "is no JSON object") }
    let reader = ConfigurationReader(whole, file: name)
    self.name = name
    self.reader = reader
    let classes =
      (whole["architectures"]?.array ?? []) + (reader.isNested ? reader.text["architectures"]?.array ?? [] : [])
    architectures = classes.prefix(16).compactMap(Self.name)
    modelType = whole["model_type"].flatMap(Self.name)
    textModelType = reader.family.flatMap { Self.name(.string($0)) }
    statedType =
      ["dtype", "torch_dtype"].lazy
      .compactMap { reader.text[$0].flatMap(Self.name) ?? whole[$0].flatMap(Self.name) }.first
    quantization = reader.quantization()
    contextLength = reader.told { reader throws(ModelFileError) in try reader.context() }
    slidingWindow = reader.told { reader throws(ModelFileError) in try reader.window() }
    tiedEmbeddings = reader.isTied
    vocabulary = reader.told { reader throws(ModelFileError) in try reader.vocabulary() }
    experts = reader.told { reader throws(ModelFileError) in try reader.int(.experts) } ?? 0
    expertsUsed =
      experts > 0 ? reader.told { reader throws(ModelFileError) in try reader.int(.expertsUsed) } ?? 0 : 0
    headLength = reader.told { reader throws(ModelFileError) in try reader.int(.headLength) }
    latentAttention = reader.told { reader throws(ModelFileError) in try reader.latentAttention() }
    let keys = Set(whole.members.lazy.filter { Self.isSet($0.value) }.map(\.key))
    let thinking = whole["thinker_config"]?.object?.members.lazy.filter { Self.isSet($0.value) }.map(\.key)
    modalities = Modality.stated(architectures: architectures, keys: keys.union(thinking.map(Set.init) ?? []))
    writesText = whole["auto_map"]?["AutoModelForCausalLM"] != nil
  }

  /// What the model is made for, from its classes and what its repository says; nil when nothing tells.
  public func role(pipelineTag: String? = nil, tags: [String] = []) -> ModelRole? {
    ModelRole.stated(architectures: architectures, pipelineTag: pipelineTag, tags: tags, writesText: writesText)
  }

  /// A string that may be a name; no name has more than 128 bytes.
  private static func name(_ value: JSONValue) -> String? {
    value.string.flatMap { (1...128).contains($0.utf8.count) ? $0 : nil }
  }

  private static func isSet(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false), .string(""): false
    case .array(let items): !items.isEmpty
    case .object(let object): object.count > 0
    default: true
    }
  }
}

extension ConfigurationReader {
  /// A fact that is only told: nil instead of an error, which `shape()` throws when it needs the fact.
  func told<Value>(_ read: (ConfigurationReader) throws(ModelFileError) -> Value?) -> Value? {
    do throws(ModelFileError) { return try read(self) } catch { return nil }
  }
}
