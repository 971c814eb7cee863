import Domain
import FoundationEssentials

/// Whether a repository's files may be had by everybody.
public enum Gating: Sendable, Hashable {
  /// By everybody.
  case open
  /// After accepting terms: `auto`, `manual`, or a word that the hub adds one day.
  case gated(String)
}

/// What the hub says of one model: a row of a listing, or the answer for the model itself.
///
/// Which members are there depends on what was asked for; all but the id may be absent. Counts are checked to lie
/// within 0 … 2^46. Source: recorded answers of 2025 and 2026.
public struct ModelListing: Sendable, Hashable {
  /// What the hub read out of a GGUF file of the repository; it does not say which file.
  public struct GGUFSummary: Sendable, Hashable {
    /// `general.architecture`.
    public let architecture: String?
    /// Elements of all tensors.
    public let parameters: Int64?
    /// The context length in tokens; the hub's own sign that llama.cpp can run it.
    public let contextLength: Int64?
    /// Bytes of that file, or of its set of shards.
    public let fileBytes: Int64?
  }

  /// The hub's excerpt of config.json.
  public struct ConfigSummary: Sendable, Hashable {
    /// `model_type`.
    public let modelType: String?
    /// `architectures`.
    public let architectures: [String]
    /// `quantization_config.quant_method`.
    public let quantizationMethod: String?
  }

  /// The base models and how this one came from them.
  public struct BaseModels: Sendable, Hashable {
    /// `quantized`, `finetune`, `adapter` or `merge`.
    public let relation: String?
    /// Their ids.
    public let ids: [RepoID]
  }

  /// The repository; after a rename its new id.
  public let id: RepoID
  /// The hub's own key, 24 hexadecimal digits, which survives a rename.
  public let objectID: String?
  /// The user or organisation.
  public let author: String?
  /// When the repository was created, not its files.
  public let createdAt: Date?
  /// The last change, of the card too.
  public let lastModified: Date?
  /// The commit that `main` means.
  public let sha: CommitHash?
  /// All tags.
  public let tags: [String]
  /// Whether terms have to be accepted; nil when the hub was not asked.
  public let gating: Gating?
  /// Whether the hub has disabled it.
  public let isDisabled: Bool?
  /// Whether it is private.
  public let isPrivate: Bool?
  /// Downloads of about 30 days.
  public let downloads: Int64?
  /// Likes.
  public let likes: Int64?
  /// The hub's measure of attention; may have a fraction.
  public let trendingScore: Double?
  /// The task, such as `text-generation`.
  public let pipelineTag: String?
  /// The library, such as `transformers`.
  public let libraryName: String?
  /// By `expand=gguf`.
  public let gguf: GGUFSummary?
  /// By `expand=config`.
  public let config: ConfigSummary?
  /// Elements of all safetensors tensors as stored, by `expand=safetensors`.
  public let safetensorsParameters: Int64?
  /// By `expand=baseModels`.
  public let baseModels: BaseModels?
  /// File names by `expand=siblings`; foreign text, not checked.
  public let siblings: [String]
}
