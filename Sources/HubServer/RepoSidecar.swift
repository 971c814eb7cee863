import Domain
import Foundation

/// What `.hub.json` says of a repository beyond its files: popularity, gate, lineage, and announced hashes.
///
/// Every member may be left out. An unknown member is an error, so that a misspelt one is noticed.
///
/// ```swift
/// var sidecar = RepoSidecar()
/// sidecar.gated = .manual
/// sidecar.files["huge.gguf"] = .init(sha256: announced)
/// try sidecar.write(toRepoFolder: "/srv/hub/org/name")
/// ```
public struct RepoSidecar: Sendable, Equatable {
  /// Whether a repository's terms must be accepted before its files can be fetched.
  public enum Gate: String, Sendable, Codable {
    /// Open to all.
    case open
    /// Access is granted at once to whoever asks.
    case auto
    /// Access is granted by the authors.
    case manual
  }

  /// How the repository descends from others.
  public struct BaseModels: Sendable, Equatable, Codable {
    /// `quantized`, `finetune`, `adapter` or `merge`.
    public var relation: String
    /// Ids of the models it was made from.
    public var models: [String]

    /// A descent; see the members.
    public init(relation: String, models: [String]) {
      self.relation = relation
      self.models = models
    }
  }

  /// What is announced of one file instead of being computed.
  public struct FileNotes: Sendable, Equatable, Codable {
    /// Announced SHA-256; it makes the file an LFS file and is believed unseen.
    public var sha256: String?
    /// Announced git blob SHA-1 of a plain file; believed unseen.
    public var blobId: String?
    /// The answer of the hub's scanners: `safe`, `unscanned`, `suspicious`, `unsafe` …
    public var securityStatus: String?

    /// Notes on one file; see the members.
    public init(sha256: String? = nil, blobId: String? = nil, securityStatus: String? = nil) {
      self.sha256 = sha256
      self.blobId = blobId
      self.securityStatus = securityStatus
    }
  }

  /// What the hub tells of GGUF weights by `expand=gguf`.
  public struct GGUFSummary: Sendable, Equatable, Codable {
    /// Number of parameters.
    public var total: Int64
    /// `general.architecture`.
    public var architecture: String
    /// Trained context in tokens.
    public var contextLength: Int64?
    /// The Jinja text.
    public var chatTemplate: String?
    /// Bytes of the one file that was parsed.
    public var totalFileSize: Int64?

    private enum CodingKeys: String, CodingKey {
      case total, architecture, totalFileSize
      case contextLength = "context_length"
      case chatTemplate = "chat_template"
    }

    /// A summary; see the members.
    public init(
      total: Int64, architecture: String, contextLength: Int64? = nil, chatTemplate: String? = nil,
      totalFileSize: Int64? = nil
    ) {
      self.total = total
      self.architecture = architecture
      self.contextLength = contextLength
      self.chatTemplate = chatTemplate
      self.totalFileSize = totalFileSize
    }
  }

  /// When the repository was made; otherwise the oldest file's date.
  public var createdAt: Date?
  /// When it last changed; otherwise the newest file's date.
  public var lastModified: Date?
  /// Tags beside the derived ones.
  public var tags: [String] = []
  /// The gate.
  public var gated: Gate = .open
  /// Downloads of the last 30 days.
  public var downloads: Int64 = 0
  /// Downloads ever; otherwise `downloads`.
  public var downloadsAllTime: Int64?
  /// Likes.
  public var likes: Int64 = 0
  /// Trending score; may have a fraction.
  public var trendingScore: Double = 0
  /// Whether only tokens with a grant see it.
  public var isPrivate = false
  /// Whether the hub has switched it off.
  public var disabled = false
  /// The task, such as `text-generation`.
  public var pipelineTag: String?
  /// The library, such as `transformers`.
  public var libraryName: String?
  /// The descent; otherwise that of the model card.
  public var baseModels: BaseModels?
  /// Former ids, which are redirected to this repository.
  public var renamedFrom: [String] = []
  /// Notes by path in the repository.
  public var files: [String: FileNotes] = [:]
  /// Facts of the GGUF weights.
  public var gguf: GGUFSummary?
  /// Numbers of parameters by dtype of the safetensors weights.
  public var safetensors: [String: Int64]?

  /// A sidecar that says nothing.
  public init() {}

  /// The name of the file in a repository's folder; it is never served.
  public static let fileName = ".hub.json"

  /// Writes the sidecar into a repository's folder, which is made if need be; readers see the old one or the new
  /// one, never half of it.
  ///
  /// - Throws: Foundation's error when the folder cannot be written.
  public func write(toRepoFolder folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let url = URL(filePath: folder).appending(path: Self.fileName)
    try encoder.encode(self).write(to: url, options: .atomic)
  }

  /// Reads a sidecar's bytes.
  ///
  /// - Throws: `HubServerError.badSidecar` naming `path`.
  static func read(_ bytes: [UInt8], path: String) throws(HubServerError) -> RepoSidecar {
    do {
      return try JSONDecoder().decode(RepoSidecar.self, from: Data(bytes))
    } catch let DecodingError.dataCorrupted(context) {
      throw .badSidecar(path: path, reason: context.debugDescription)
    } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
      let member = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw .badSidecar(path: path, reason: "\(member): \(context.debugDescription)")
    } catch let DecodingError.keyNotFound(key, _) {
      throw .badSidecar(path: path, reason: "\(key.stringValue) is missing")
    } catch {
      throw .badSidecar(path: path, reason: "\(error)")
    }
  }
}
