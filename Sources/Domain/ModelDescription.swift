/// What is known of a model beside its shape: what a person wants to know before trying it.
///
/// Gathered from the listing, config.json, safetensors and GGUF headers and file names; whatever nobody states is
/// nil or empty. Texts are foreign.
public struct ModelDescription: Sendable, Hashable, Codable {
  /// A weight format that is no GGUF quantization, with what it takes.
  public struct Form: Sendable, Hashable, Codable {
    /// `safetensors`, `gptq 4-bit`, `awq 4-bit`, `mlx 4-bit`, `pickle` …
    public var name: String
    /// Bytes of its weight files.
    public var bytes: Int64
    /// How many files.
    public var files: Int

    /// A form.
    public init(name: String, bytes: Int64, files: Int) {
      self.name = name
      self.bytes = bytes
      self.files = files
    }
  }

  /// The element type in which most weights are stored, or which config.json states: `BF16`.
  public var elementType: String?
  /// The context length in tokens.
  public var contextLength: Int64?
  /// The hub's name of the licence: `llama3.1`.
  public var licence: String?
  /// Two-letter codes.
  public var languages: [String] = []
  /// Whether a chat template is there; nil when nothing tells.
  public var hasChatTemplate: Bool?
  /// `text`, `vision`, `audio`: what goes in.
  public var modalities: [String] = ["text"]
  /// `generation`, `embedding`, `classification` or `other`.
  public var role = "generation"
  /// Forms other than GGUF.
  public var forms: [Form] = []
  /// Whether every weight file is of a format that can run code when it is loaded.
  public var isPickleOnly = false
  /// Why no shape could be told; nil when one is known.
  public var shapeTrouble: String?

  /// Nothing known.
  public init() {}

  /// Members that are missing, because an older hubwatch stored the description, count as not known.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    elementType = try row.decodeIfPresent(String.self, forKey: .elementType)
    contextLength = try row.decodeIfPresent(Int64.self, forKey: .contextLength)
    licence = try row.decodeIfPresent(String.self, forKey: .licence)
    languages = try row.decodeIfPresent([String].self, forKey: .languages) ?? []
    hasChatTemplate = try row.decodeIfPresent(Bool.self, forKey: .hasChatTemplate)
    modalities = try row.decodeIfPresent([String].self, forKey: .modalities) ?? ["text"]
    role = try row.decodeIfPresent(String.self, forKey: .role) ?? "generation"
    forms = try row.decodeIfPresent([Form].self, forKey: .forms) ?? []
    isPickleOnly = try row.decodeIfPresent(Bool.self, forKey: .isPickleOnly) ?? false
    shapeTrouble = try row.decodeIfPresent(String.self, forKey: .shapeTrouble)
  }
}
