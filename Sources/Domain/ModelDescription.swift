/// What is known of a model beside its shape: what a person wants to know before trying it.
///
/// Gathered from the listing, config.json, safetensors and GGUF headers and file names; whatever nobody states is
/// nil or empty. Texts are foreign.
public struct ModelDescription: Sendable, Hashable, Codable {
  /// A weight format that is no GGUF quantization, with what it takes.
  public struct Form: Sendable, Hashable, Codable {
    /// The file format.
    public var format: WeightFormat
    /// The layout of the weights in it: `gptq 4-bit`; nil for plain numbers.
    public var layout: String?
    /// Bytes of its weight files.
    public var bytes: Int64
    /// How many files: its shards, as a rule.
    public var files: Int

    /// A form.
    public init(format: WeightFormat, layout: String? = nil, bytes: Int64, files: Int) {
      self.format = format
      self.layout = layout
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
  /// What goes in and out; more than text for multi-modal models.
  public var modalities: Set<Modality> = [.text]
  /// What it is made for; nil when nothing says so.
  public var role: ModelRole?
  /// Forms other than GGUF.
  public var forms: [Form] = []
  /// Whether its weights can be loaded without running foreign code.
  public var safety: WeightSafety = .none
  /// Who made the quantization, as the header says.
  public var quantizedBy: String?
  /// Why no shape could be told; nil when one is known.
  public var shapeTrouble: String?

  /// What predictions of further quantizations rest on; nil when nothing tells, or an older hubwatch looked at it.
  public var basis: WeightBasis?

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
    modalities = try row.decodeIfPresent(Set<Modality>.self, forKey: .modalities) ?? [.text]
    role = try row.decodeIfPresent(ModelRole.self, forKey: .role)
    forms = try row.decodeIfPresent([Form].self, forKey: .forms) ?? []
    safety = try row.decodeIfPresent(WeightSafety.self, forKey: .safety) ?? .none
    quantizedBy = try row.decodeIfPresent(String.self, forKey: .quantizedBy)
    basis = try row.decodeIfPresent(WeightBasis.self, forKey: .basis)
    shapeTrouble = try row.decodeIfPresent(String.self, forKey: .shapeTrouble)
  }
}
