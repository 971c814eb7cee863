import Foundation

extension RepoSidecar: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case createdAt, lastModified, tags, gated, downloads, downloadsAllTime, likes, trendingScore, disabled
    case baseModels, renamedFrom, files, gguf, safetensors
    case isPrivate = "private"
    case pipelineTag = "pipeline_tag"
    case libraryName = "library_name"
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads the members; an unknown one is an error.
  public init(from decoder: any Decoder) throws {
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys
    where Key(stringValue: key.stringValue) == nil {
      let known = Key.allCases.map(\.stringValue).sorted().joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: [key],
          debugDescription: "unknown member \"\(key.stringValue)\"; known are \(known)"))
    }
    let values = try decoder.container(keyedBy: Key.self)
    self.init()
    createdAt = try Self.date(.createdAt, in: values)
    lastModified = try Self.date(.lastModified, in: values)
    tags = try values.decodeIfPresent([String].self, forKey: .tags) ?? []
    gated = try Self.gate(in: values)
    downloads = try values.decodeIfPresent(Int64.self, forKey: .downloads) ?? 0
    downloadsAllTime = try values.decodeIfPresent(Int64.self, forKey: .downloadsAllTime)
    likes = try values.decodeIfPresent(Int64.self, forKey: .likes) ?? 0
    trendingScore = try values.decodeIfPresent(Double.self, forKey: .trendingScore) ?? 0
    isPrivate = try values.decodeIfPresent(Bool.self, forKey: .isPrivate) ?? false
    disabled = try values.decodeIfPresent(Bool.self, forKey: .disabled) ?? false
    pipelineTag = try values.decodeIfPresent(String.self, forKey: .pipelineTag)
    libraryName = try values.decodeIfPresent(String.self, forKey: .libraryName)
    baseModels = try values.decodeIfPresent(BaseModels.self, forKey: .baseModels)
    renamedFrom = try values.decodeIfPresent([String].self, forKey: .renamedFrom) ?? []
    files = try values.decodeIfPresent([String: FileNotes].self, forKey: .files) ?? [:]
    gguf = try values.decodeIfPresent(GGUFSummary.self, forKey: .gguf)
    safetensors = try values.decodeIfPresent([String: Int64].self, forKey: .safetensors)
  }

  /// Writes the members that say something.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encodeIfPresent(createdAt.map(HubTime.text), forKey: .createdAt)
    try values.encodeIfPresent(lastModified.map(HubTime.text), forKey: .lastModified)
    if !tags.isEmpty { try values.encode(tags, forKey: .tags) }
    if gated != .open { try values.encode(gated, forKey: .gated) }
    if downloads != 0 { try values.encode(downloads, forKey: .downloads) }
    try values.encodeIfPresent(downloadsAllTime, forKey: .downloadsAllTime)
    if likes != 0 { try values.encode(likes, forKey: .likes) }
    if trendingScore != 0 { try values.encode(trendingScore, forKey: .trendingScore) }
    if isPrivate { try values.encode(true, forKey: .isPrivate) }
    if disabled { try values.encode(true, forKey: .disabled) }
    try values.encodeIfPresent(pipelineTag, forKey: .pipelineTag)
    try values.encodeIfPresent(libraryName, forKey: .libraryName)
    try values.encodeIfPresent(baseModels, forKey: .baseModels)
    if !renamedFrom.isEmpty { try values.encode(renamedFrom, forKey: .renamedFrom) }
    if !files.isEmpty { try values.encode(files, forKey: .files) }
    try values.encodeIfPresent(gguf, forKey: .gguf)
    try values.encodeIfPresent(safetensors, forKey: .safetensors)
  }

  private static func date(_ key: Key, in values: KeyedDecodingContainer<Key>) throws -> Date? {
    guard let text = try values.decodeIfPresent(String.self, forKey: key) else { return nil }
    guard let date = HubTime.date(text) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values,
        debugDescription: "\(key.stringValue) is \"\(text)\", not a time like 2026-06-19T09:40:33.000Z")
    }
    return date
  }

  /// The hub's own spelling is `false`, `"auto"` or `"manual"`.
  private static func gate(in values: KeyedDecodingContainer<Key>) throws -> Gate {
    if let flag = try? values.decodeIfPresent(Bool.self, forKey: .gated) { return flag ? .manual : .open }
    guard let text = try values.decodeIfPresent(String.self, forKey: .gated) else { return .open }
    guard let gate = Gate(rawValue: text), gate != .open else {
      throw DecodingError.dataCorruptedError(
        forKey: .gated, in: values,
        debugDescription: "gated is \"\(text)\", not false, \"auto\" or \"manual\"")
    }
    return gate
  }
}
