import JSONText

/// Reads the small parts of a `tokenizer.json` out of their JSON.
struct TokenizerJSONReading {
  let file: String

  /// Steps of one sequence.
  private static let sequenceLimit = 64

  private func bad(_ part: String, _ reason: String) -> ModelFileError { TokenizerJSON.bad(file, part, reason) }

  private func type(_ value: JSONValue, _ part: String) throws(ModelFileError) -> String {
    guard let type = value["type"]?.string else { throw bad(part, "has a step without a type") }
    return String(type.prefix(64))
  }

  private func text(_ value: JSONValue, _ key: String, _ part: String) throws(ModelFileError) -> String {
    guard let text = value[key]?.string else { throw bad(part, "lacks the text '\(key)'") }
    return text
  }

  private func steps<Step>(
    _ value: JSONValue?, _ part: String, _ read: (JSONValue?) throws(ModelFileError) -> Step?
  ) throws(ModelFileError) -> [Step] {
    guard let values = value?.array, values.count <= Self.sequenceLimit else {
      throw bad(part, "has a sequence without steps, or with too many")
    }
    var steps: [Step] = []
    for value in values {
      if let step = try read(value) { steps.append(step) }
    }
    return steps
  }

  private func pattern(_ value: JSONValue?, _ part: String) throws(ModelFileError) -> TokenizerJSON.Pattern {
    if let text = value?["String"]?.string, !text.isEmpty { return .text(text) }
    if let expression = value?["Regex"]?.string { return .expression(expression) }
    throw bad(part, "has a step without a pattern")
  }

  private func behavior(_ value: JSONValue, _ part: String) throws(ModelFileError) -> TokenizerJSON.Behavior {
    let name = value["behavior"]?.string ?? "Isolated"
    guard let behavior = TokenizerJSON.Behavior(rawValue: name) else {
      throw bad(part, "has the unknown behavior \(ModelFileError.quoted(name))")
    }
    return behavior
  }

  // MARK: Model

  func model(_ tables: ModelTables) throws(ModelFileError) -> TokenizerJSON.Model {
    let members = tables.members
    // Old files do not say which; the tables do.
    let type = members["type"]?.string ?? (tables.isScored ? "Unigram" : tables.merges.isEmpty ? "none" : "BPE")
    let hasByteFallback = members["byte_fallback"]?.bool ?? false
    switch type {
    case "BPE":
      guard !tables.vocabulary.isEmpty else { throw bad("model", "has no vocabulary") }
      let affixes = ["continuing_subword_prefix", "end_of_word_suffix"].compactMap { members[$0]?.string }
      return .bytePairs(
        TokenizerJSON.BytePairs(
          vocabulary: tables.vocabulary, merges: tables.merges, unknown: members["unk_token"]?.string,
          fusesUnknown: members["fuse_unk"]?.bool ?? false, hasByteFallback: hasByteFallback,
          ignoresMerges: members["ignore_merges"]?.bool ?? false, affix: affixes.first { !$0.isEmpty }))
    case "Unigram":
      guard !tables.scored.isEmpty else { throw bad("model", "has no vocabulary") }
      let unknown = members["unk_id"]?.int.map { Int(clamping: $0) }
      if let unknown, !tables.scored.indices.contains(unknown) {
        throw bad("model", "has an unknown token beyond its vocabulary")
      }
      return .unigram(
        TokenizerJSON.Unigram(pieces: tables.scored, unknown: unknown, hasByteFallback: hasByteFallback))
    default: return .other(String(type.prefix(64)))
    }
  }

  func addedTokens(_ value: JSONValue?) throws(ModelFileError) -> [TokenizerJSON.AddedToken] {
    guard let value, !value.isNull else { return [] }
    guard let entries = value.array, entries.count <= TokenizerJSON.addedLimit else {
      throw bad("added_tokens", "is no list, or too long")
    }
    var tokens: [TokenizerJSON.AddedToken] = []
    for entry in entries {
      guard let id = entry["id"]?.int, (0..<Int64(TokenizerJSON.entryLimit)).contains(id),
        let content = entry["content"]?.string, !content.isEmpty,
        content.unicodeScalars.count <= TokenizerJSON.contentLimit
      else { throw bad("added_tokens", "has an entry without id or text") }
      tokens.append(
        TokenizerJSON.AddedToken(
          id: Int32(id), content: content, isSingleWord: entry["single_word"]?.bool ?? false,
          stripsLeft: entry["lstrip"]?.bool ?? false, stripsRight: entry["rstrip"]?.bool ?? false,
          isNormalized: entry["normalized"]?.bool ?? !(entry["special"]?.bool ?? false),
          isSpecial: entry["special"]?.bool ?? false))
    }
    return tokens
  }

  // MARK: Steps

  func normalizer(_ value: JSONValue?) throws(ModelFileError) -> TokenizerJSON.Normalizer? {
    let part = "normalizer"
    guard let value, !value.isNull else { return nil }
    switch try type(value, part) {
    case "Sequence": return .sequence(try steps(value["normalizers"], part, normalizer))
    case "Prepend": return .prepend(try text(value, "prepend", part))
    case "Append": return .append(try text(value, "append", part))
    case "Replace": return .replace(try pattern(value["pattern"], part), by: try text(value, "content", part))
    case "NFC": return .composed
    case "NFD": return .decomposed
    case "NFKC": return .compatibilityComposed
    case "NFKD": return .compatibilityDecomposed
    case "Lowercase": return .lowercase
    case "Strip":
      return .strip(left: value["strip_left"]?.bool ?? true, right: value["strip_right"]?.bool ?? true)
    case "StripAccents": return .stripAccents
    case "Precompiled":
      let encoded = Array((value["precompiled_charsmap"]?.string ?? "").utf8)
      guard let map = Base64.decode(encoded[...]) else { throw bad(part, "has a character map that is no base64") }
      return .characterMap(map)
    case let other: return .other(other)
    }
  }

  func splitter(_ value: JSONValue?) throws(ModelFileError) -> TokenizerJSON.Splitter? {
    let part = "pre_tokenizer"
    guard let value, !value.isNull else { return nil }
    switch try type(value, part) {
    case "Sequence": return .sequence(try steps(value["pretokenizers"], part, splitter))
    case "Split":
      return .split(
        try pattern(value["pattern"], part), try behavior(value, part), inverted: value["invert"]?.bool ?? false)
    case "ByteLevel":
      return .byteLevel(
        addsSpace: value["add_prefix_space"]?.bool ?? true, usesExpression: value["use_regex"]?.bool ?? true)
    case "Metaspace":
      // Before there were schemes, a flag said whether a space is put before every text.
      let flag: TokenizerJSON.PrependScheme = value["add_prefix_space"]?.bool ?? true ? .always : .never
      let scheme = value["prepend_scheme"]?.string.flatMap(TokenizerJSON.PrependScheme.init) ?? flag
      return .metaspace(
        replacement: value["replacement"]?.string ?? "▁", scheme, splits: value["split"]?.bool ?? true)
    case "Digits": return .digits(individually: value["individual_digits"]?.bool ?? false)
    case "Punctuation": return .punctuation(try behavior(value, part))
    case "Whitespace": return .whitespace
    case "WhitespaceSplit": return .whitespaceOnly
    case let other: return .other(other)
    }
  }

  func decoder(_ value: JSONValue?) throws(ModelFileError) -> TokenizerJSON.Decoder? {
    let part = "decoder"
    guard let value, !value.isNull else { return nil }
    switch try type(value, part) {
    case "Sequence": return .sequence(try steps(value["decoders"], part, decoder))
    case "Replace": return .replace(try pattern(value["pattern"], part), by: try text(value, "content", part))
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Strip":
      return .strip(
        content: try text(value, "content", part), start: Int(clamping: value["start"]?.int ?? 0),
        stop: Int(clamping: value["stop"]?.int ?? 0))
    case "ByteLevel": return .byteLevel
    case "Metaspace":
      let adds = value["add_prefix_space"]?.bool ?? (value["prepend_scheme"]?.string != "never")
      return .metaspace(replacement: value["replacement"]?.string ?? "▁", dropsFirst: adds)
    case let other: return .other(other)
    }
  }

  // MARK: Post-processor

  func postProcessor(_ value: JSONValue?, into document: inout TokenizerJSON) throws(ModelFileError) {
    let part = "post_processor"
    guard let value, !value.isNull else { return }
    switch try type(value, part) {
    case "ByteLevel": return
    case "Sequence":
      for step in value["processors"]?.array?.prefix(Self.sequenceLimit) ?? [] {
        try postProcessor(step, into: &document)
      }
    case "TemplateProcessing": try template(value, into: &document)
    case "RobertaProcessing", "BertProcessing":
      if let id = value["cls"]?.array?.last?.int { document.prefix = [Int32(clamping: id)] }
      if let id = value["sep"]?.array?.last?.int { document.suffix = [Int32(clamping: id)] }
    case let other: document.unknownPostProcessor = other
    }
  }

  private func template(_ value: JSONValue, into document: inout TokenizerJSON) throws(ModelFileError) {
    let part = "post_processor"
    guard let pieces = value["single"]?.array, pieces.count <= Self.sequenceLimit else {
      throw bad(part, "has no template for one text")
    }
    var (before, after): ([Int32], [Int32]) = ([], [])
    var isBehind = false
    for piece in pieces {
      if piece["Sequence"] != nil {
        guard !isBehind else { throw bad(part, "has the text twice in its template") }
        isBehind = true
      } else if let name = piece["SpecialToken"]?["id"]?.string {
        guard let ids = value["special_tokens"]?[name]?["ids"]?.array, ids.count <= Self.sequenceLimit else {
          throw bad(part, "names the token \(ModelFileError.quoted(name)), but not its ids")
        }
        let numbers = ids.compactMap { $0.int.map { Int32(clamping: $0) } }
        if isBehind { after += numbers } else { before += numbers }
      } else {
        throw bad(part, "has a piece of an unknown kind in its template")
      }
    }
    document.prefix = before + document.prefix
    document.suffix += after
  }
}
