import ModelFiles

/// The last step of a `tokenizer.json`: turns the texts of tokens into the text that they stand for.
indirect enum TokenDecoder: Sendable {
  case sequence([TokenDecoder])
  case replaceText([UInt8], by: [UInt8])
  case byteFallback
  case fuse
  case strip(content: [UInt8], start: Int, stop: Int)
  case byteLevel
  case metaspace(mark: [UInt8], dropsFirst: Bool)

  /// Prepares a step.
  ///
  /// - Throws: `InferenceError.unsupported` for one that is not known.
  init(_ step: TokenizerJSON.Decoder, file: String) throws(InferenceError) {
    switch step {
    case .sequence(let steps):
      var prepared: [TokenDecoder] = []
      for step in steps { prepared.append(try TokenDecoder(step, file: file)) }
      self = .sequence(prepared)
    case .replace(.text(let text), let content): self = .replaceText(Array(text.utf8), by: Array(content.utf8))
    case .replace(.expression, _): throw InferenceError.unsupported("a decoder with an expression", file: file)
    case .byteFallback: self = .byteFallback
    case .fuse: self = .fuse
    case .strip(let content, let start, let stop):
      self = .strip(content: Array(content.utf8), start: start, stop: stop)
    case .byteLevel: self = .byteLevel
    case .metaspace(let mark, let dropsFirst): self = .metaspace(mark: Array(mark.utf8), dropsFirst: dropsFirst)
    case .other(let name): throw InferenceError.unsupported("decoder \(name.debugDescription)", file: file)
    }
  }

  /// The texts of a whole list of tokens, one after the other.
  func apply(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .sequence(let steps): return steps.reduce(tokens) { $1.apply($0) }
    case .fuse: return [tokens.flatMap { $0 }]
    case .strip(let content, let start, let stop):
      return tokens.map { Self.strip($0, content, start: start, stop: stop) }
    case .byteFallback: return Self.joinBytes(tokens)
    case .metaspace(let mark, let dropsFirst):
      guard dropsFirst, let first = tokens.first, first.starts(with: mark) else { return tokens.map(piece) }
      return [piece(Array(first.dropFirst(mark.count)))] + tokens.dropFirst().map(piece)
    case .replaceText, .byteLevel: return tokens.map(piece)
    }
  }

  /// The bytes of one token that stands in the middle of a text.
  func piece(_ token: [UInt8]) -> [UInt8] {
    switch self {
    case .sequence(let steps): steps.reduce(token) { $1.piece($0) }
    case .replaceText(let wanted, let content): ByteText.replacing(wanted, by: content, in: token)
    case .byteFallback: ByteTokens.byte(token).map { [$0] } ?? token
    case .byteLevel: ByteCoding.bytes(token[...]) ?? token
    case .metaspace(let mark, _): ByteText.replacing(mark, by: [0x20], in: token)
    case .fuse, .strip: token
    }
  }

  private static func strip(_ token: [UInt8], _ content: [UInt8], start: Int, stop: Int) -> [UInt8] {
    guard !content.isEmpty else { return token }
    var rest = token[...]
    var left = start
    while left > 0, rest.starts(with: content) {
      rest = rest.dropFirst(content.count)
      left -= 1
    }
    var right = stop
    while right > 0, rest.count >= content.count, rest.suffix(content.count).elementsEqual(content) {
      rest = rest.dropLast(content.count)
      right -= 1
    }
    return Array(rest)
  }

  /// Neighbouring byte tokens become text together, or one U+FFFD each when they are no UTF-8.
  private static func joinBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      guard !run.isEmpty else { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        result += run.map { _ in [0xEF, 0xBF, 0xBD] }
      }
      run = []
    }
    for token in tokens {
      if let byte = ByteTokens.byte(token) {
        run.append(byte)
      } else {
        flush()
        result.append(token)
      }
    }
    flush()
    return result
  }
}
