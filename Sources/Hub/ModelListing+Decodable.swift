import Domain
import FoundationEssentials

extension ModelListing: Decodable {
  private enum Key: String, CodingKey {
    case id, modelId, author, createdAt, lastModified, sha, tags, gated, disabled, downloads, likes
    case trendingScore, gguf, config, safetensors, baseModels, siblings
    case objectID = "_id"
    case isPrivate = "private"
    case pipelineTag = "pipeline_tag"
    case libraryName = "library_name"
  }

  /// Decodes the hub's object.
  ///
  /// - Throws: `DecodingError` naming the member, for a wrong id, hash, date, count or type. The big optional
  ///   members (gguf, config, safetensors, baseModels, siblings) count as absent when they make no sense.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    let idText =
      try row.decodeIfPresent(String.self, forKey: .id) ?? row.decode(String.self, forKey: .modelId)
    id = try Self.checked(RepoID(idText), row, .id)
    objectID = try row.decodeIfPresent(String.self, forKey: .objectID)
    if let objectID, !Hexadecimal.isHexadecimal(objectID, count: 24) {
      _ = try Self.checked(String?.none, row, .objectID)
    }
    author = try row.decodeIfPresent(String.self, forKey: .author)
    createdAt = try Self.date(row, .createdAt)
    lastModified = try Self.date(row, .lastModified)
    sha = try row.decodeIfPresent(String.self, forKey: .sha).map {
      try Self.checked(CommitHash($0), row, .sha)
    }
    tags = try row.decodeIfPresent([String].self, forKey: .tags) ?? []
    gating = try row.decodeIfPresent(GatedMember.self, forKey: .gated)?.gating
    isDisabled = try row.decodeIfPresent(Bool.self, forKey: .disabled)
    isPrivate = try row.decodeIfPresent(Bool.self, forKey: .isPrivate)
    downloads = try row.decodeIfPresent(BoundedCount.self, forKey: .downloads)?.value
    likes = try row.decodeIfPresent(BoundedCount.self, forKey: .likes)?.value
    trendingScore = try row.decodeIfPresent(Double.self, forKey: .trendingScore)
    if let trendingScore, !(0...1e12).contains(trendingScore) {
      _ = try Self.checked(Double?.none, row, .trendingScore)
    }
    pipelineTag = try row.decodeIfPresent(String.self, forKey: .pipelineTag)
    libraryName = try row.decodeIfPresent(String.self, forKey: .libraryName)
    gguf = try? row.decodeIfPresent(GGUFSummary.self, forKey: .gguf)
    config = try? row.decodeIfPresent(ConfigSummary.self, forKey: .config)
    let safetensors = try? row.decodeIfPresent([String: Lenient<BoundedCount>].self, forKey: .safetensors)
    safetensorsParameters = safetensors?["total"]?.value?.value
    baseModels = try? row.decodeIfPresent(BaseModels.self, forKey: .baseModels)
    let names = try? row.decodeIfPresent([Sibling].self, forKey: .siblings)
    siblings = (names ?? []).map(\.rfilename)
  }

  private static func checked<Value>(
    _ value: Value?, _ row: KeyedDecodingContainer<Key>, _ key: Key
  ) throws -> Value {
    guard let value else {
      throw DecodingError.dataCorruptedError(forKey: key, in: row, debugDescription: "")
    }
    return value
  }

  private static func date(_ row: KeyedDecodingContainer<Key>, _ key: Key) throws -> Date? {
    try row.decodeIfPresent(String.self, forKey: key).map { try checked(Timestamp.date($0), row, key) }
  }

  private struct Sibling: Decodable {
    let rfilename: String
  }

  /// `false`, `true`, `"auto"`, `"manual"` or another word.
  private struct GatedMember: Decodable {
    let gating: Gating

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let flag = try? value.decode(Bool.self) {
        gating = flag ? .gated("auto") : .open
      } else {
        gating = .gated(try value.decode(String.self))
      }
    }
  }
}

/// A whole number of 0 … 2^46, the range in which any size or count of the hub lies.
struct BoundedCount: Decodable, Sendable {
  static let range: ClosedRange<Int64> = 0...(1 << 46)
  let value: Int64

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value = try container.decode(Int64.self)
    guard Self.range.contains(value) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "out of range")
    }
  }
}

/// A value that counts as absent when it makes no sense.
struct Lenient<Value: Decodable>: Decodable {
  let value: Value?

  init(from decoder: any Decoder) { value = try? Value(from: decoder) }
}

extension ModelListing.GGUFSummary: Decodable {
  private enum Key: String, CodingKey {
    case architecture, total
    case contextLength = "context_length"
    case totalFileSize
  }

  /// Decodes the hub's object; members that make no sense count as absent.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    architecture = try? row.decodeIfPresent(String.self, forKey: .architecture)
    parameters = (try? row.decodeIfPresent(BoundedCount.self, forKey: .total))?.value
    contextLength = (try? row.decodeIfPresent(BoundedCount.self, forKey: .contextLength))?.value
    fileBytes = (try? row.decodeIfPresent(BoundedCount.self, forKey: .totalFileSize))?.value
  }
}

extension ModelListing.ConfigSummary: Decodable {
  private enum Key: String, CodingKey {
    case architectures
    case modelType = "model_type"
    case quantization = "quantization_config"
  }

  private struct Quantization: Decodable {
    let method: String?

    private enum CodingKeys: String, CodingKey { case method = "quant_method" }
  }

  /// Decodes the hub's object; members that make no sense count as absent.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    modelType = try? row.decodeIfPresent(String.self, forKey: .modelType)
    architectures = (try? row.decodeIfPresent([String].self, forKey: .architectures)) ?? []
    quantizationMethod = (try? row.decodeIfPresent(Quantization.self, forKey: .quantization))?.method
  }
}

extension ModelListing.BaseModels: Decodable {
  private enum Key: String, CodingKey { case relation, models }

  private struct Base: Decodable {
    let id: String
  }

  /// Decodes the hub's object; ids that break a rule are left out.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: Key.self)
    relation = try? row.decodeIfPresent(String.self, forKey: .relation)
    ids = try row.decode([Base].self, forKey: .models).compactMap { RepoID($0.id) }
  }
}
