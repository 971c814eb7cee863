import Domain

/// What a GGUF header tells about its model beside the dimensions: the publisher's words, cut to sane lengths.
///
/// Keys: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#general-metadata>. All text is foreign: it is
/// escaped before it is printed. A key of the wrong type counts as missing, since nothing rests on it.
public struct GGUFFacts: Sendable, Equatable {
  /// A model from which this one was made.
  public struct BaseModel: Sendable, Equatable {
    /// Its name, such as `Llama 3.1 8B Instruct`.
    public let name: String?
    /// Who published it.
    public let organization: String?
    /// Where it lies, such as `https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct`.
    public let address: String?
  }

  /// How an embedding model makes one vector of a text, with the raw values of llama.cpp (`llama_pooling_type`).
  public enum Pooling: Int, Sendable {
    case none = 0
    case mean = 1
    case first = 2
    case last = 3
    /// A reranker.
    case rank = 4
  }

  /// `general.architecture`.
  public let architecture: String?
  /// `general.type`: `model`, `adapter`, `mmproj` …
  public let kind: String?
  /// `general.name`.
  public let name: String?
  /// `general.basename`.
  public let baseName: String?
  /// `general.size_label`: `8B`, `8x7B` …
  public let sizeLabel: String?
  /// `general.finetune`.
  public let fineTune: String?
  /// `general.organization`.
  public let organization: String?
  /// `general.quantized_by`.
  public let quantizedBy: String?
  /// `general.license`, an SPDX name in lower case or `other`.
  public let licence: String?
  /// `general.license.name`, for `other`.
  public let licenceName: String?
  /// `general.base_model.N.…`, at most 16.
  public let baseModels: [BaseModel]
  /// `general.languages`, at most 64.
  public let languages: [String]
  /// `general.tags`, at most 64.
  public let tags: [String]
  /// `general.file_type`, the number that llama.cpp gives its mixtures of quantizations.
  public let fileType: Int?
  /// Whether the file says how a conversation is written (`tokenizer.chat_template`).
  public let hasChatTemplate: Bool
  /// `<architecture>.pooling_type`; nil for models without.
  public let pooling: Pooling?
  /// What the model takes in. A projector (`clip`) takes no text.
  public let modalities: Set<Modality>

  /// Whether it is the part that turns pictures or sound into tokens, of no use alone.
  public var isProjector: Bool { architecture == "clip" || kind == "mmproj" }

  /// What it is made for; nil for projectors and adapters.
  public var role: ModelRole? {
    if isProjector || kind == "adapter" { return nil }
    switch pooling {
    case .rank: return .classification
    case .mean, .first, .last: return .embedding
    case .some(.none), nil: break
    }
    return architecture.map { name in
      Self.encoders.contains(where: name.contains) ? .embedding : name == "wavtokenizer-dec" ? .other : .generation
    }
  }

  /// Parts of the names of llama.cpp's architectures that make vectors.
  private static let encoders = ["bert", "t5encoder", "embedding"]

  /// The facts of a parsed header; of a split model, of its first part.
  public init(_ header: GGUFHeader) {
    let reader = FactReader(header: header)
    architecture = reader.text("general.architecture", 64)
    kind = reader.text("general.type", 64)
    name = reader.text("general.name", 200)
    baseName = reader.text("general.basename", 200)
    sizeLabel = reader.text("general.size_label", 32)
    fineTune = reader.text("general.finetune", 200)
    organization = reader.text("general.organization", 200)
    quantizedBy = reader.text("general.quantized_by", 200)
    licence = reader.text("general.license", 100)
    licenceName = reader.text("general.license.name", 200)
    baseModels = reader.baseModels()
    languages = reader.list("general.languages", 32)
    tags = reader.list("general.tags", 100)
    fileType = header["general.file_type"]?.int
    hasChatTemplate = reader.text("tokenizer.chat_template", 1) != nil
    pooling = architecture.flatMap { header["\($0).pooling_type"]?.int }.flatMap(Pooling.init(rawValue:))
    var modalities: Set<Modality> = architecture == "clip" || kind == "mmproj" ? [] : [.text]
    if reader.flag("clip.has_vision_encoder") || header["clip.vision.block_count"] != nil { modalities.insert(.vision) }
    if reader.flag("clip.has_audio_encoder") || header["clip.audio.block_count"] != nil { modalities.insert(.audio) }
    self.modalities = modalities
  }
}

/// Reads bounded text.
private struct FactReader {
  let header: GGUFHeader

  /// A string that is not blank, cut to `limit` Unicode scalars.
  func text(_ key: String, _ limit: Int) -> String? {
    guard case .string(let value)? = header[key] else { return nil }
    return cut(value, limit)
  }

  func flag(_ key: String) -> Bool { header[key] == .bool(true) }

  /// At most 64 strings.
  func list(_ key: String, _ limit: Int) -> [String] {
    guard case .array(let array)? = header[key], array.elementType == .string else { return [] }
    return array.strings(first: 64).compactMap { cut($0, limit) }
  }

  func baseModels() -> [GGUFFacts.BaseModel] {
    let count = min(max(header["general.base_model.count"]?.int ?? 0, 0), 16)
    return (0..<count).compactMap { index in
      let key = "general.base_model.\(index)"
      let model = GGUFFacts.BaseModel(
        name: text("\(key).name", 200), organization: text("\(key).organization", 200),
        address: text("\(key).repo_url", 300))
      return model == GGUFFacts.BaseModel(name: nil, organization: nil, address: nil) ? nil : model
    }
  }

  private func cut(_ text: String, _ limit: Int) -> String? {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { !$0.properties.isWhitespace }) else { return nil }
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return text }
    return String(scalars[..<end]) + "…"
  }
}
