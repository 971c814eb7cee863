import Domain

/// The members of a model's JSON object, by the names that `expand` knows.
struct ModelMembers: Sendable {
  let repo: Repo
  /// The commit; needed for `sha` and for siblings with hashes.
  var content: RepoContent?
  /// All repositories that the caller sees; needed for `childrenModelCount`.
  var others: [Repo] = []
  /// Whether siblings tell sizes and hashes.
  var hasBlobs = false

  /// What `expand` allows on the list route.
  static let listNames = [
    "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime",
    "evalResults", "gated", "gguf", "inference", "inferenceProviderMapping", "lastModified", "library_name",
    "likes",
    "mask_token", "model-index", "pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings",
    "spaces", "tags", "transformersInfo", "trendingScore", "widgetData", "xetEnabled",
  ]
  /// What `expand` allows on the detail route.
  static let detailNames = listNames + ["childrenModelCount", "usedStorage"]
  /// An item of the list without `expand`.
  static let item = [
    "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name", "createdAt",
    "modelId",
  ]
  /// What `full=true` adds to an item.
  static let full = ["author", "sha", "lastModified", "gated", "disabled", "siblings"]
  /// The detail route without `expand`.
  static let detail = [
    "private", "pipeline_tag", "library_name", "tags", "downloads", "likes", "modelId", "author", "sha",
    "lastModified", "gated", "disabled", "model-index", "config", "cardData", "gguf", "safetensors", "spaces",
    "siblings", "createdAt", "usedStorage", "trendingScore",
  ]

  /// The object with `_id`, `id` and the named members that the repository has.
  func object(_ names: [String]) -> JSON {
    .members(
      [("_id", .string(repo.objectID)), ("id", .string(repo.id.description))] + names.map { ($0, member($0)) }
    )
  }

  private func member(_ name: String) -> JSON? {
    let sidecar = repo.sidecar
    switch name {
    case "author": return .string(repo.id.owner)
    case "modelId": return .string(repo.id.description)
    case "sha": return content.map { .string($0.commit.description) }
    case "createdAt": return .string(HubTime.text(repo.createdAt))
    case "lastModified": return .string(HubTime.text(repo.lastModified))
    case "private": return .bool(sidecar.isPrivate)
    case "disabled": return .bool(sidecar.disabled)
    case "gated": return sidecar.gated == .open ? .bool(false) : .string(sidecar.gated.rawValue)
    case "downloads": return .integer(sidecar.downloads)
    case "downloadsAllTime": return .integer(sidecar.downloadsAllTime ?? sidecar.downloads)
    case "likes": return .integer(sidecar.likes)
    case "trendingScore": return .number(sidecar.trendingScore)
    case "tags": return .strings(repo.tags)
    case "pipeline_tag": return repo.pipelineTag.map { .string($0) }
    case "library_name": return repo.libraryName.map { .string($0) }
    case "config": return repo.configSummary
    case "cardData": return repo.card
    case "baseModels": return baseModels
    case "gguf": return sidecar.gguf.map(Self.gguf)
    case "safetensors": return sidecar.safetensors.map(Self.safetensors)
    case "siblings": return siblings
    case "model-index": return .null
    case "spaces", "evalResults", "inferenceProviderMapping": return .array([])
    case "xetEnabled": return .bool(false)
    case "usedStorage": return .integer(repo.found.files.reduce(0) { $0 + $1.size })
    case "childrenModelCount": return childrenModelCount
    // The rest describes services which a folder of files does not have.
    default: return nil
    }
  }

  private var baseModels: JSON? {
    repo.baseModels.map { base in
      let models = base.models.map { id -> JSON in
        let known = others.first { $0.id.description == id }
        return .members([("_id", known.map { .string($0.objectID) }), ("id", .string(id))])
      }
      return .members([("relation", .string(base.relation)), ("models", .array(models))])
    }
  }

  private var childrenModelCount: JSON {
    let id = repo.id.description
    let relations = others.compactMap(\.baseModels).filter { $0.models.contains(id) }.map(\.relation)
    return .members(
      ["adapter", "merge", "quantized", "finetune"].map { relation in
        (relation, .integer(Int64(relations.count { $0 == relation })))
      })
  }

  private var siblings: JSON {
    guard hasBlobs, let content else {
      return .array(repo.found.files.map { .members([("rfilename", .string($0.path.description))]) })
    }
    return .array(
      content.files.map { file in
        .members([
          ("rfilename", .string(file.found.path.description)), ("size", .integer(file.found.size)),
          ("blobId", .string(file.oid)),
          (
            "lfs",
            file.sha256.map { sha256 in
              .members([
                ("sha256", .string(sha256)), ("size", .integer(file.found.size)),
                ("pointerSize", .integer(Int64(file.pointer?.count ?? 0))),
              ])
            }
          ),
        ])
      })
  }

  private static func gguf(_ summary: RepoSidecar.GGUFSummary) -> JSON {
    .members([
      ("total", .integer(summary.total)), ("architecture", .string(summary.architecture)),
      ("context_length", summary.contextLength.map { .integer($0) }),
      ("chat_template", summary.chatTemplate.map { .string($0) }),
      ("totalFileSize", summary.totalFileSize.map { .integer($0) }),
    ])
  }

  private static func safetensors(_ parameters: [String: Int64]) -> JSON {
    .members([
      ("parameters", .members(parameters.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
      ("total", .integer(parameters.values.reduce(0, +))),
    ])
  }
}
