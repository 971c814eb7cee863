import ModelFiles

extension Tokenizer {
  /// Reads the tokenizer of a file: GGUF, `tokenizer.json`, a SentencePiece model or a tiktoken file, told apart by their
  /// first bytes; or that of a folder with one of them.
  ///
  /// - Throws: `ModelFileError` when it cannot be read or is broken, `InferenceError` when it is none that we know.
  public init(path: String) throws {
    let file = try TokenizerFile.locate(path)
    guard let kind = TokenizerFile.kind(of: try TokenizerFile.start(of: file)[...]) else {
      throw ModelFileError(
        .malformed, file: file, "is no GGUF, no tokenizer.json, no SentencePiece model and no tiktoken file")
    }
    switch kind {
    case .gguf: try self.init(GGUFFile(path: file).header)
    case .json:
      try self.init(
        TokenizerJSON(TokenizerFile.contents(of: file), name: file), configuration: Self.configuration(beside: file))
    case .sentencePiece:
      try self.init(
        SentencePieceFile(TokenizerFile.contents(of: file), name: file),
        configuration: Self.configuration(beside: file))
    case .tiktoken:
      try self.init(
        TiktokenFile(TokenizerFile.contents(of: file), name: file), configuration: Self.configuration(beside: file))
    }
  }

  /// What the configuration beside a file says; nothing when there is none.
  private static func configuration(beside file: String) throws -> TokenizerConfiguration {
    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    let path = "\(folder)/tokenizer_config.json"
    guard TokenizerFile.exists(path) else { return TokenizerConfiguration() }
    return try TokenizerConfiguration(TokenizerFile.contents(of: path), name: path)
  }

  /// A tokenizer out of a `tokenizer.json`. BOS and EOS are those of its template.
  ///
  /// - Throws: `ModelFileError`, `InferenceError`.
  init(_ document: TokenizerJSON, configuration: TokenizerConfiguration = TokenizerConfiguration()) throws {
    let codec = try JSONCodec(document)
    for token in document.prefix + document.suffix where codec.content(token) == nil {
      throw ModelFileError(
        .badMetadata, file: document.name, "the part 'post_processor' adds the token \(token), which does not exist")
    }
    let special = codec.specialTokens
    func id(_ content: String?) -> Int32? {
      content.flatMap { content in special.first { $0.1.elementsEqual(content.utf8) }?.0 }
    }
    self.init(
      codec, size: codec.size, beginning: document.prefix.first ?? id(configuration.beginning),
      end: document.suffix.last ?? id(configuration.end), prefix: document.prefix, suffix: document.suffix,
      stops: Self.stopTokens(special))
  }

  /// A tokenizer out of a SentencePiece model. Texts begin with BOS, as those of the llama family do, unless the
  /// configuration says otherwise.
  ///
  /// - Throws: `InferenceError`.
  init(_ model: SentencePieceFile, configuration: TokenizerConfiguration = TokenizerConfiguration()) throws {
    let codec = try SentencePieceCodec(model)
    let vocabulary = codec.vocabulary
    let begins = configuration.addsBeginning ?? true
    let ends = configuration.addsEnd ?? false
    let special = vocabulary.kinds.indices.lazy.filter { vocabulary.kinds[$0] == .control }
    self.init(
      codec, size: vocabulary.count, beginning: vocabulary.bos, end: vocabulary.eos,
      prefix: begins ? [vocabulary.bos].compactMap { $0 } : [], suffix: ends ? [vocabulary.eos].compactMap { $0 } : [],
      stops: Self.stopTokens(special.map { (Int32($0), Array(vocabulary.text(Int32($0)))) }))
  }

  /// A tokenizer out of a tiktoken file. BOS is what the configuration names, or Llama 3's.
  ///
  /// - Throws: `InferenceError`.
  init(_ file: TiktokenFile, configuration: TokenizerConfiguration = TokenizerConfiguration()) throws {
    let codec = try TiktokenCodec(file, configuration: configuration)
    func id(_ content: String) -> Int32? {
      codec.special.first { $0.content.utf8.elementsEqual(content.utf8) }?.id
    }
    let beginning = id(configuration.beginning ?? "<|begin_of_text|>")
    let end = id(configuration.end ?? "<|end_of_text|>")
    let begins = configuration.addsBeginning ?? true
    let ends = configuration.addsEnd ?? false
    self.init(
      codec, size: codec.size, beginning: beginning, end: end, prefix: begins ? [beginning].compactMap { $0 } : [],
      suffix: ends ? [end].compactMap { $0 } : [],
      stops: Self.stopTokens(codec.special.map { ($0.id, Array($0.content.utf8)) }))
  }
}
