import Checksums
import Domain
import Foundation

/// A repository as its folder, card and sidecar show it; hashes are not part of it, since they cost reading.
struct Repo: Sendable {
  /// The id, which is the folder's.
  let id: RepoID
  /// What lies in the folder.
  let found: FoundRepo
  /// What the sidecar says.
  let sidecar: RepoSidecar
  /// The card's front matter.
  let card: JSON?
  /// `config.json`.
  let config: JSON?
  /// `tokenizer_config.json`.
  let tokenizerConfig: JSON?

  /// When it was made.
  var createdAt: Date { sidecar.createdAt ?? Self.date(found.files.map(\.modified).min() ?? found.modified) }

  /// When it last changed.
  var lastModified: Date {
    sidecar.lastModified ?? Self.date(found.files.map(\.modified).max() ?? found.modified)
  }

  /// The hub's internal id: 24 hexadecimal digits that begin with the seconds of `createdAt`.
  var objectID: String {
    let seconds = UInt32(clamping: Int64(createdAt.timeIntervalSince1970.rounded(.down)))
    let big = withUnsafeBytes(of: seconds.bigEndian) { Hexadecimal.string($0) }
    return big + Checksums.sha256(id.description.utf8).prefix(16)
  }

  /// The file at `path`; nil when there is none.
  func file(_ path: RepoPath) -> FoundFile? { found.files.first { $0.path == path } }

  /// Whole seconds, because a commit knows no finer time.
  private static func date(_ nanoseconds: Int64) -> Date {
    Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000))
  }
}

// MARK: - What the card, the configuration and the names of the files tell

extension Repo {
  /// The library: the sidecar's word, the card's, or a guess by the files.
  var libraryName: String? {
    sidecar.libraryName ?? card?["library_name"]?.text
      ?? (config?["model_type"] == nil ? nil : "transformers")
  }

  /// The task.
  var pipelineTag: String? { sidecar.pipelineTag ?? card?["pipeline_tag"]?.text }

  /// The descent: the sidecar's word, or that of the card with the relation that the card names or the files show.
  var baseModels: RepoSidecar.BaseModels? {
    if let stated = sidecar.baseModels { return stated }
    guard let models = card?["base_model"]?.texts, !models.isEmpty else { return nil }
    let guess =
      hasFile(suffix: ".gguf")
      ? "quantized"
      : hasFile(suffix: "adapter_config.json") ? "adapter" : models.count > 1 ? "merge" : "finetune"
    return .init(relation: card?["base_model_relation"]?.text ?? guess, models: models)
  }

  /// All tags, each once, in the hub's usual order.
  var tags: [String] {
    var tags: [String] = []
    func add(_ more: [String]) { tags += more.filter { !tags.contains($0) } }
    if let libraryName { add([libraryName]) }
    if hasFile(suffix: ".bin") || hasFile(suffix: ".pt") { add(["pytorch"]) }
    if hasFile(suffix: ".safetensors") { add(["safetensors"]) }
    if hasFile(suffix: ".gguf") { add(["gguf"]) }
    add(config?["model_type"]?.texts ?? [])
    add(pipelineTag.map { [$0] } ?? [])
    add(card?["tags"]?.texts ?? [])
    add(card?["language"]?.texts ?? [])
    add((card?["datasets"]?.texts ?? []).map { "dataset:\($0)" })
    if let baseModels {
      add(baseModels.models.map { "base_model:\($0)" })
      add(baseModels.models.map { "base_model:\(baseModels.relation):\($0)" })
    }
    add((card?["license"]?.texts ?? []).map { "license:\($0)" })
    add(sidecar.tags)
    add(["region:us"])
    return tags
  }

  /// The cut-down copy of `config.json` that the hub shows; an empty object without one.
  var configSummary: JSON {
    guard let config else { return .members([]) }
    let special = ["bos_token", "eos_token", "unk_token", "pad_token"].map { ($0, tokenizerConfig?[$0]) }
    return .members([
      ("architectures", config["architectures"]), ("model_type", config["model_type"]),
      ("quantization_config", config["quantization_config"]), ("auto_map", config["auto_map"]),
      ("tokenizer_config", .members(special)),
    ])
  }

  private func hasFile(suffix: String) -> Bool {
    found.files.contains { $0.path.fileName.lowercased().hasSuffix(suffix) }
  }
}
