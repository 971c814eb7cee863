import ModelFiles

/// The second step of a `tokenizer.json`: cuts the text into pieces inside which tokens may be joined.
indirect enum TextSplitter: Sendable {
  /// A piece, and whether it stands at the very beginning of the text.
  struct Piece {
    var bytes: [UInt8]
    var isFirst: Bool
  }

  case sequence([TextSplitter])
  case splitAtText([UInt8], TokenizerJSON.Behavior, inverted: Bool)
  case splitAtMatches(WordPattern, TokenizerJSON.Behavior, inverted: Bool)
  case byteLevel(addsSpace: Bool, words: WordPattern?)
  case metaspace(mark: [UInt8], TokenizerJSON.PrependScheme, splits: Bool)

  /// Prepares a step.
  ///
  /// - Throws: `InferenceError.unsupported` for one that is not known, and for expressions beyond our means.
  init(_ step: TokenizerJSON.Splitter, file: String) throws {
    func expression(_ text: String) throws -> WordPattern { try PreTokenizer.pattern(text, file: file) }
    switch step {
    case .sequence(let steps): self = .sequence(try steps.map { try TextSplitter($0, file: file) })
    case .split(.text(let text), let behavior, let inverted):
      self = .splitAtText(Array(text.utf8), behavior, inverted: inverted)
    case .split(.expression(let text), let behavior, let inverted):
      self = .splitAtMatches(try expression(text), behavior, inverted: inverted)
    case .byteLevel(let addsSpace, let usesExpression):
      self = .byteLevel(addsSpace: addsSpace, words: usesExpression ? .gpt2 : nil)
    case .metaspace(let mark, let scheme, let splits):
      self = .metaspace(mark: Array(mark.utf8), scheme, splits: splits)
    case .digits(let individually):
      self = .splitAtMatches(.singleDigit, individually ? .isolated : .contiguous, inverted: false)
    case .punctuation(let behavior):
      self = .splitAtMatches(try expression(#"[!-/:-@\[-`{-~\p{P}]"#), behavior, inverted: false)
    case .whitespace: self = .splitAtMatches(try expression(#"\w+|[^\w\s]+"#), .removed, inverted: true)
    case .whitespaceOnly: self = .splitAtMatches(try expression(#"\s"#), .removed, inverted: false)
    case .other(let name):
      throw InferenceError.unsupported("pre-tokenizer \(name.debugDescription)", file: file)
    }
  }

  /// The pieces of pieces.
  func apply(_ pieces: [Piece]) -> [Piece] {
    switch self {
    case .sequence(let steps): return steps.reduce(pieces) { $1.apply($0) }
    case .splitAtText(let text, let behavior, let inverted):
      return pieces.flatMap { piece in
        Self.split(piece, Self.matches(text, piece.bytes), behavior, inverted: inverted)
      }
    case .splitAtMatches(let pattern, let behavior, let inverted):
      return pieces.flatMap { piece in
        Self.split(piece, Self.matches(pattern, piece.bytes), behavior, inverted: inverted)
      }
    case .byteLevel(let addsSpace, let words):
      return pieces.flatMap { Self.byteLevel($0, addsSpace: addsSpace, words: words) }
    case .metaspace(let mark, let scheme, let splits):
      return pieces.flatMap { Self.metaspace($0, mark: mark, scheme, splits: splits) }
    }
  }

  private typealias Cut = (range: Range<Int>, isMatch: Bool)

  private static func matches(_ text: [UInt8], _ bytes: [UInt8]) -> [Cut] {
    var cuts: [Cut] = []
    var start = 0
    while let place = ByteText.find(text, in: bytes, from: start) {
      if start < place { cuts.append((start..<place, false)) }
      cuts.append((place..<place + text.count, true))
      start = place + text.count
    }
    if start < bytes.count { cuts.append((start..<bytes.count, false)) }
    return cuts
  }

  private static func matches(_ pattern: WordPattern, _ bytes: [UInt8]) -> [Cut] {
    let text = ClassifiedText(bytes[...])
    var cuts: [Cut] = []
    pattern.cut(text, text.scalars.indices) { piece, isMatch in
      cuts.append((text.offsets[piece.lowerBound]..<text.offsets[piece.upperBound], isMatch))
    }
    return cuts
  }

  private static func split(
    _ piece: Piece, _ cuts: [Cut], _ behavior: TokenizerJSON.Behavior, inverted: Bool
  ) -> [Piece] {
    let cuts: [Cut] = inverted ? cuts.map { ($0.range, !$0.isMatch) } : cuts
    var ranges: [Range<Int>] = []
    var wasMatch = false
    func extend(_ range: Range<Int>) {
      if let last = ranges.popLast() {
        ranges.append(min(last.lowerBound, range.lowerBound)..<max(last.upperBound, range.upperBound))
      } else {
        ranges.append(range)
      }
    }
    switch behavior {
    case .isolated: ranges = cuts.map(\.range)
    case .removed: ranges = cuts.lazy.filter { !$0.isMatch }.map(\.range)
    case .contiguous:
      for cut in cuts {
        if cut.isMatch == wasMatch { extend(cut.range) } else { ranges.append(cut.range) }
        wasMatch = cut.isMatch
      }
    case .mergedWithPrevious:
      for cut in cuts {
        if cut.isMatch, !wasMatch { extend(cut.range) } else { ranges.append(cut.range) }
        wasMatch = cut.isMatch
      }
    case .mergedWithNext:
      for cut in cuts.reversed() {
        if cut.isMatch, !wasMatch { extend(cut.range) } else { ranges.append(cut.range) }
        wasMatch = cut.isMatch
      }
      ranges.reverse()
    }
    return ranges.map {
      Piece(bytes: Array(piece.bytes[$0]), isFirst: piece.isFirst && $0.lowerBound == 0)
    }
  }

  private static func byteLevel(_ piece: Piece, addsSpace: Bool, words: WordPattern?) -> [Piece] {
    var piece = piece
    if addsSpace, piece.bytes.first != 0x20 { piece.bytes.insert(0x20, at: 0) }
    let pieces = words.map { split(piece, matches($0, piece.bytes), .isolated, inverted: false) } ?? [piece]
    return pieces.map { Piece(bytes: ByteCoding.spelled($0.bytes), isFirst: $0.isFirst) }
  }

  private static func metaspace(
    _ piece: Piece, mark: [UInt8], _ scheme: TokenizerJSON.PrependScheme, splits: Bool
  ) -> [Piece] {
    var marked = Piece(bytes: ByteText.replacing([0x20], by: mark, in: piece.bytes), isFirst: piece.isFirst)
    let isWanted = scheme == .always || scheme == .first && piece.isFirst
    if isWanted, !marked.bytes.starts(with: mark) { marked.bytes = mark + marked.bytes }
    return splits ? split(marked, matches(mark, marked.bytes), .mergedWithNext, inverted: false) : [marked]
  }
}
