import Domain
import JSONText

/// A value that lies elsewhere in memory.
indirect enum Boxed<Value: Sendable & Hashable>: Sendable, Hashable {
  case boxed(Value)

  var value: Value {
    switch self {
    case .boxed(let value): value
    }
  }
}

extension ModelListing {
  /// The members that have to be asked for.
  struct Parts: Sendable, Hashable {
    var gguf: GGUFSummary?
    var config: ConfigSummary?
    var safetensors: SafetensorsSummary?
    var baseModels: BaseModels?
    var card: CardSummary?
    var siblings: [Sibling] = []
  }

  /// What the hub read out of a GGUF file of the repository; it does not say which file.
  public struct GGUFSummary: Sendable, Hashable {
    /// `general.architecture`.
    public private(set) var architecture: String?
    /// Elements of all tensors.
    public private(set) var parameters: Int64?
    /// The context length in tokens; the hub's own sign that llama.cpp can run it.
    public private(set) var contextLength: Int64?
    /// Bytes of that file, or of its set of shards.
    public private(set) var fileBytes: Int64?
    /// Whether it has a chat template; the template itself is not kept.
    public private(set) var hasChatTemplate = false

    private enum Member: String, CaseIterable, Sendable {
      case architecture, total, totalFileSize
      case contextLength = "context_length"
      case chatTemplate = "chat_template"
    }

    private static let members = Members<Member>()

    /// Members that make no sense count as absent.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
      var seen: UInt64 = 0
      try cursor.enterObject()
      while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
        switch member {
        case .architecture: architecture = try cursor.lenientString()
        case .total: parameters = try cursor.lenientCount()
        case .contextLength: contextLength = try cursor.lenientCount()
        case .totalFileSize: fileBytes = try cursor.lenientCount()
        case .chatTemplate:
          hasChatTemplate = try cursor.kind() == .string
          try cursor.skipValue()
        }
      }
    }
  }

  /// The hub's excerpt of config.json.
  public struct ConfigSummary: Sendable, Hashable {
    /// `model_type`.
    public private(set) var modelType: String?
    /// `architectures`.
    public private(set) var architectures: [String] = []
    /// `quantization_config.quant_method`.
    public private(set) var quantizationMethod: String?

    private enum Member: String, CaseIterable, Sendable {
      case architectures
      case modelType = "model_type"
      case quantization = "quantization_config"
    }

    private enum Quantization: String, CaseIterable, Sendable {
      case method = "quant_method"
    }

    private static let members = Members<Member>()
    private static let quantizationMembers = Members<Quantization>()

    /// Members that make no sense count as absent.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
      var seen: UInt64 = 0
      try cursor.enterObject()
      while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
        switch member {
        case .modelType: modelType = try cursor.lenientString()
        case .architectures:
          let names = try cursor.lenient { (cursor: inout JSONCursor) throws(JSONError) in try cursor.readStrings() }
          architectures = names ?? []
        case .quantization:
          let method = try cursor.lenient { (cursor: inout JSONCursor) throws(JSONError) -> String? in
            var seen: UInt64 = 0
            var method: String?
            try cursor.enterObject()
            while try cursor.nextMember(of: Self.quantizationMembers, seen: &seen) != nil {
              method = try cursor.lenientString()
            }
            return method
          }
          quantizationMethod = method ?? nil
        }
      }
    }
  }

  /// The numbers of parameters by element type, as the hub counted them in safetensors files.
  public struct SafetensorsSummary: Sendable, Hashable {
    /// Elements of all tensors as stored, so that eight packed 4-bit weights count as one I32.
    public private(set) var parameters: Int64?
    /// The element type that most of them have: `BF16`, `F16`, `I32` …
    public private(set) var dominantType: String?

    private enum Member: String, CaseIterable, Sendable { case parameters, total }

    private static let members = Members<Member>()

    /// Members that make no sense count as absent.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
      var seen: UInt64 = 0
      try cursor.enterObject()
      while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
        switch member {
        case .total: parameters = try cursor.lenientCount()
        case .parameters:
          let type = try cursor.lenient { (cursor: inout JSONCursor) throws(JSONError) in
            try Self.dominantType(&cursor)
          }
          dominantType = type ?? nil
        }
      }
    }

    private static func dominantType(_ cursor: inout JSONCursor) throws(JSONError) -> String? {
      var most: Int64 = 0
      var type: String?
      try cursor.enterObject()
      while let key = try cursor.nextKey() {
        guard let count = try cursor.lenientCount(), count > most else { continue }
        most = count
        type = cursor.text(of: key)
      }
      return type
    }
  }

  /// The base models and how this one came from them.
  public struct BaseModels: Sendable, Hashable {
    /// `quantized`, `finetune`, `adapter` or `merge`.
    public private(set) var relation: String?
    /// Their ids; ids that break a rule are left out.
    public private(set) var ids: [RepoID] = []

    private enum Member: String, CaseIterable, Sendable { case relation, models }
    private enum Base: String, CaseIterable, Sendable { case id }

    private static let members = Members<Member>()
    private static let baseMembers = Members<Base>()

    /// - Throws: also without `models`.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
      var seen: UInt64 = 0
      var hasModels = false
      try cursor.enterObject()
      while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
        switch member {
        case .relation: relation = try cursor.lenientString()
        case .models:
          hasModels = true
          try cursor.enterArray()
          while try cursor.nextElement() {
            var seen: UInt64 = 0
            try cursor.enterObject()
            while try cursor.nextMember(of: Self.baseMembers, seen: &seen) != nil {
              if let id = RepoID(try cursor.readString()) { ids.append(id) }
            }
          }
        }
      }
      guard hasModels else { throw cursor.senseless() }
    }
  }

  /// What the model card's front matter says; foreign text.
  public struct CardSummary: Sendable, Hashable {
    /// `license`: an identifier such as `llama3.1`, `apache-2.0` or `other`; of several the first.
    public private(set) var licence: String?
    /// `license_name`, which says more when the licence is `other`.
    public private(set) var licenceName: String?
    /// `language`: codes such as `en`.
    public private(set) var languages: [String] = []

    private enum Member: String, CaseIterable, Sendable {
      case licence = "license"
      case licenceName = "license_name"
      case language
    }

    private static let members = Members<Member>()

    /// Members that make no sense count as absent.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
      func strings(_ cursor: inout JSONCursor) throws(JSONError) -> [String] {
        try cursor.lenient { (cursor: inout JSONCursor) throws(JSONError) in try cursor.readStringOrStrings() } ?? []
      }
      var seen: UInt64 = 0
      try cursor.enterObject()
      while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
        switch member {
        case .licence: licence = try strings(&cursor).first
        case .licenceName: licenceName = try cursor.lenientString()
        case .language: languages = try strings(&cursor)
        }
      }
    }
  }

  /// One file of the repository, as `siblings` names it. Foreign text, not checked.
  public struct Sibling: Sendable, Hashable {
    /// `rfilename`.
    public private(set) var name: String
    /// Bytes; only when blobs were asked for.
    public private(set) var size: Int64?
    /// The SHA-256 of a file in LFS, else the git blob's hash; only when blobs were asked for.
    public private(set) var hash: ContentHash?

    /// The file, when its path may be used and its size and hash are known.
    public var file: ModelFile? {
      guard let path = RepoPath(name), let size, let hash else { return nil }
      return ModelFile(path: path, size: size, hash: hash)
    }

    private enum Member: String, CaseIterable, Sendable { case rfilename, size, blobId, lfs }
    private enum LFS: String, CaseIterable, Sendable { case sha256 }

    private static let members = Members<Member>()
    private static let lfsMembers = Members<LFS>()

    /// - Throws: also without a name.
    init(_ cursor: inout JSONCursor) throws(JSONError) {
      var seen: UInt64 = 0
      var name: String?
      var blob: ContentHash?
      try cursor.enterObject()
      while let member = try cursor.nextMember(of: Self.members, seen: &seen) {
        switch member {
        case .rfilename: name = try cursor.readString()
        case .size: size = try cursor.lenientCount()
        case .blobId: blob = try cursor.lenientString().flatMap(ContentHash.init)
        case .lfs:
          let sum = try cursor.lenient { (cursor: inout JSONCursor) throws(JSONError) -> ContentHash? in
            var seen: UInt64 = 0
            var sum: ContentHash?
            try cursor.enterObject()
            while try cursor.nextMember(of: Self.lfsMembers, seen: &seen) != nil {
              sum = ContentHash(try cursor.readString())
            }
            return sum
          }
          hash = sum ?? nil
        }
      }
      guard let name else { throw cursor.senseless() }
      self.name = name
      hash = hash ?? blob
    }
  }
}
