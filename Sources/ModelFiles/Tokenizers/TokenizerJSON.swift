import JSONText

/// Hugging Face's `tokenizer.json`: a chain of steps that turns text into tokens, as its writer describes it.
///
/// Format: the serialisation of the `tokenizers` library. Steps that are not known here are kept by name, so that whoever
/// runs the chain can refuse them.
public struct TokenizerJSON: Sendable {
  /// A token that is looked for in the text itself.
  public struct AddedToken: Sendable, Equatable {
    /// Its id.
    public let id: Int32
    /// Its text.
    public let content: String
    /// Whether it counts only where no letter or digit is beside it.
    public let isSingleWord: Bool
    /// Whether it takes in the blanks before it.
    public let stripsLeft: Bool
    /// Whether it takes in the blanks behind it.
    public let stripsRight: Bool
    /// Whether it is looked for in the normalized text.
    public let isNormalized: Bool
    /// Whether it is a control token.
    public let isSpecial: Bool

    /// A token with its flags.
    public init(
      id: Int32, content: String, isSingleWord: Bool = false, stripsLeft: Bool = false, stripsRight: Bool = false,
      isNormalized: Bool = false, isSpecial: Bool = true
    ) {
      self.id = id
      self.content = content
      self.isSingleWord = isSingleWord
      self.stripsLeft = stripsLeft
      self.stripsRight = stripsRight
      self.isNormalized = isNormalized
      self.isSpecial = isSpecial
    }
  }

  /// What a step looks for.
  public enum Pattern: Sendable, Equatable {
    case text(String)
    case expression(String)
  }

  /// A step that changes the text.
  public indirect enum Normalizer: Sendable, Equatable {
    case sequence([Normalizer])
    case prepend(String)
    case append(String)
    case replace(Pattern, by: String)
    case composed
    case decomposed
    case compatibilityComposed
    case compatibilityDecomposed
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    /// The rules of a SentencePiece model.
    case characterMap([UInt8])
    case other(String)
  }

  /// What becomes of the matches that cut a text.
  public enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// When a space is put before a text.
  public enum PrependScheme: String, Sendable {
    case always
    case never
    case first
  }

  /// A step that cuts the text.
  public indirect enum Splitter: Sendable, Equatable {
    case sequence([Splitter])
    case split(Pattern, Behavior, inverted: Bool)
    case byteLevel(addsSpace: Bool, usesExpression: Bool)
    case metaspace(replacement: String, PrependScheme, splits: Bool)
    case digits(individually: Bool)
    case punctuation(Behavior)
    case whitespace
    case whitespaceOnly
    case other(String)
  }

  /// The vocabulary, and how a piece becomes tokens.
  public enum Model: Sendable {
    case bytePairs(BytePairs)
    case unigram(Unigram)
    case other(String)
  }

  /// Byte-pair encoding.
  public struct BytePairs: Sendable {
    /// Texts and ids.
    public var vocabulary: [(text: [UInt8], id: Int32)] = []
    /// Pairs in the order in which they are joined.
    public var merges: [(left: [UInt8], right: [UInt8])] = []
    /// The token for what has none.
    public var unknown: String?
    /// Whether several unknown characters become one token.
    public var fusesUnknown = false
    /// Whether characters without a token become the tokens of their bytes, `<0x41>`.
    public var hasByteFallback = false
    /// Whether a piece that is a token is taken as it is.
    public var ignoresMerges = false
    /// What marks pieces inside or at the end of a word; nil for llama-like vocabularies.
    public var affix: String?
  }

  /// SentencePiece's unigram model.
  public struct Unigram: Sendable {
    /// Texts and log probabilities; the id is the place in the list.
    public var pieces: [(text: [UInt8], score: Double)] = []
    /// The token for what has none.
    public var unknown: Int?
    /// Whether characters without a token become the tokens of their bytes.
    public var hasByteFallback = false
  }

  /// A step from tokens back to text.
  public indirect enum Decoder: Sendable, Equatable {
    case sequence([Decoder])
    case replace(Pattern, by: String)
    case byteFallback
    case fuse
    case strip(content: String, start: Int, stop: Int)
    case byteLevel
    case metaspace(replacement: String, dropsFirst: Bool)
    case other(String)
  }

  /// The file as the caller named it.
  public let name: String
  /// Tokens that are looked for in the text itself.
  public internal(set) var addedTokens: [AddedToken] = []
  /// What changes the text; nil for nothing.
  public internal(set) var normalizer: Normalizer?
  /// What cuts the text; nil for nothing.
  public internal(set) var splitter: Splitter?
  /// The vocabulary.
  public internal(set) var model = Model.other("none")
  /// Ids before and behind one text.
  public internal(set) var prefix: [Int32] = []
  public internal(set) var suffix: [Int32] = []
  /// The kind of a post-processor that is not known.
  public internal(set) var unknownPostProcessor: String?
  /// What turns tokens into text; nil for joining them.
  public internal(set) var decoder: Decoder?

  /// Entries of a vocabulary or of a list of merges: four times the largest known.
  static let entryLimit = 1 << 21
  /// Added tokens: ten times the most that are known.
  static let addedLimit = 1 << 16
  /// Characters of an added token.
  static let contentLimit = 1024

  /// Reads a document.
  ///
  /// - Throws: `ModelFileError.malformed` for what is no JSON, `badMetadata` for a part that cannot be.
  public init(_ bytes: [UInt8], name: String) throws(ModelFileError) {
    self.name = name
    let limits = JSONLimits(
      maximumDepth: 32, maximumBytes: TokenizerFile.byteLimit, maximumValues: 2_000_000, refusesDuplicateKeys: false)
    var parts: [String: JSONValue] = [:]
    var tables = ModelTables()
    var hasModel = false
    do {
      try JSONCursor.read(bytes, limits: limits) { (cursor: inout JSONCursor) throws(JSONError) in
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
          if cursor.isKey(key, "model"), try cursor.kind() == .object {
            try tables.read(&cursor)
            hasModel = true
          } else {
            parts[cursor.text(of: key)] = try cursor.readValue()
          }
        }
      }
    } catch {
      throw ModelFileError(.malformed, file: name, "is no tokenizer.json: \(error.problem)")
    }
    guard hasModel else { throw ModelFileError(.malformed, file: name, "is no tokenizer.json: it has no model") }
    if let reason = tables.refusal { throw Self.bad(name, "model", reason) }
    let reading = TokenizerJSONReading(file: name)
    model = try reading.model(tables)
    addedTokens = try reading.addedTokens(parts["added_tokens"])
    normalizer = try reading.normalizer(parts["normalizer"])
    splitter = try reading.splitter(parts["pre_tokenizer"])
    decoder = try reading.decoder(parts["decoder"])
    try reading.postProcessor(parts["post_processor"], into: &self)
  }

  static func bad(_ file: String, _ part: String, _ reason: String) -> ModelFileError {
    ModelFileError(.badMetadata, file: file, "the part '\(part)' \(reason)")
  }
}
