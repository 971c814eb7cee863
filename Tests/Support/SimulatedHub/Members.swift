/// The members of a model that `expand` may ask for, beside `_id` and `id`.
struct Members: OptionSet, Sendable {
  let rawValue: UInt32

  static let author = Members(rawValue: 1 << 0)
  static let createdAt = Members(rawValue: 1 << 1)
  static let lastModified = Members(rawValue: 1 << 2)
  static let sha = Members(rawValue: 1 << 3)
  static let tags = Members(rawValue: 1 << 4)
  static let gated = Members(rawValue: 1 << 5)
  static let disabled = Members(rawValue: 1 << 6)
  static let isPrivate = Members(rawValue: 1 << 7)
  static let downloads = Members(rawValue: 1 << 8)
  static let likes = Members(rawValue: 1 << 9)
  static let trendingScore = Members(rawValue: 1 << 10)
  static let pipelineTag = Members(rawValue: 1 << 11)
  static let libraryName = Members(rawValue: 1 << 12)
  static let safetensors = Members(rawValue: 1 << 13)
  static let gguf = Members(rawValue: 1 << 14)
  static let config = Members(rawValue: 1 << 15)
  static let cardData = Members(rawValue: 1 << 16)
  static let baseModels = Members(rawValue: 1 << 17)
  static let siblings = Members(rawValue: 1 << 18)
  static let modelID = Members(rawValue: 1 << 19)
  /// What the hub knows and the simulated models do not have.
  static let absent = Members(rawValue: 1 << 20)

  /// What a row of a listing has when nothing was asked for.
  static let short: Members = [
    .likes, .trendingScore, .isPrivate, .downloads, .tags, .pipelineTag, .libraryName, .createdAt, .modelID,
  ]
  /// What the answer for one model has when nothing was asked for.
  static let full: Members = [
    .short, .author, .sha, .lastModified, .gated, .disabled, .config, .cardData, .gguf, .safetensors, .siblings,
  ]

  /// Source of the names: the values of `expand` that a recorded request of 2026 lists.
  static let byName: [String: Members] = [
    "author": .author, "createdAt": .createdAt, "lastModified": .lastModified, "sha": .sha, "tags": .tags,
    "gated": .gated, "disabled": .disabled, "private": .isPrivate, "downloads": .downloads, "likes": .likes,
    "trendingScore": .trendingScore, "pipeline_tag": .pipelineTag, "library_name": .libraryName,
    "safetensors": .safetensors, "gguf": .gguf, "config": .config, "cardData": .cardData, "baseModels": .baseModels,
    "siblings": .siblings, "downloadsAllTime": .absent, "evalResults": .absent, "inference": .absent,
    "inferenceProviderMapping": .absent, "mask_token": .absent, "model-index": .absent, "resourceGroup": .absent,
    "spaces": .absent, "transformersInfo": .absent, "widgetData": .absent, "xetEnabled": .absent,
    "childrenModelCount": .absent, "usedStorage": .absent,
  ]
}
