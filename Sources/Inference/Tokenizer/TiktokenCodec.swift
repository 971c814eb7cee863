import ModelFiles

/// A tiktoken vocabulary: words out of a pattern, neighbours joined to the token of the lowest rank.
///
/// The file has no pattern and no special tokens. Which pattern it wants follows from the number of its tokens, special
/// tokens come from the `tokenizer_config.json` beside it.
struct TiktokenCodec: TokenCodec {
  /// Number of ids, special tokens included.
  let size: Int
  /// The special tokens with their ids.
  let special: [(id: Int32, content: String)]
  private let tokens: [[UInt8]]
  private let table: ByteStringTable
  private let pattern: WordPattern
  private let finder: AddedTokenFinder
  private let specialTexts: [Int32: [UInt8]]

  /// Prepares a vocabulary.
  ///
  /// - Throws: `InferenceError.unsupported` for a number of tokens whose pattern is not known, `badModel` when a byte has no
  ///   token.
  init(_ file: TiktokenFile, configuration: TokenizerConfiguration) throws(InferenceError) {
    guard let family = Self.families.first(where: { $0.count == file.tokens.count }) else {
      throw InferenceError.unsupported(
        "tiktoken file of \(file.tokens.count) tokens, whose pattern is not known", file: file.name)
    }
    pattern = try PreTokenizer.pattern(family.pattern, file: file.name)
    var table = ByteStringTable(capacity: file.tokens.count)
    for (rank, token) in file.tokens.enumerated() { table.insert(token, Int32(rank)) }
    for byte in UInt8(0)...255 where table.value([byte]) == nil {
      throw InferenceError(.badModel, "\(file.name): has no token for the byte \(byte)")
    }
    self.table = table
    tokens = file.tokens
    let count = Int32(file.tokens.count)
    let stated = configuration.added.filter { $0.id >= count }
    special =
      stated.isEmpty ? family.special.enumerated().map { (count + Int32($0.offset), $0.element) } : stated
    size = max(file.tokens.count, Int((special.map(\.id).max() ?? -1) + 1))
    specialTexts = Dictionary(special.map { ($0.id, Array($0.content.utf8)) }) { first, _ in first }
    finder = AddedTokenFinder(special.map { TokenizerJSON.AddedToken(id: $0.id, content: $0.content) }) {
      Array($0.utf8)
    }
  }

  private struct Family {
    let count: Int
    let pattern: String
    var special: [String] = []
  }

  /// Sources: Meta's `llama3/tokenizer.py`, OpenAI's `tiktoken_ext/openai_public.py`, Qwen's `tokenization_qwen.py`, Moonshot's
  /// `tokenization_kimi.py`.
  private static let families = [
    Family(count: 128_000, pattern: PreTokenizerTable.llama3, special: llama3Special),
    Family(count: 100_256, pattern: PreTokenizerTable.llama3),
    Family(count: 151_643, pattern: PreTokenizerTable.qwen2),
    Family(count: 199_998, pattern: PreTokenizerTable.gpt4o),
    Family(count: 200_000, pattern: PreTokenizerTable.gpt4o),
    Family(count: 163_584, pattern: PreTokenizerTable.kimi),
    Family(count: 50_256, pattern: PreTokenizerTable.gpt2),
  ]

  private static let llama3Special: [String] =
    ["<|begin_of_text|>", "<|end_of_text|>"] + (0...3).map { "<|reserved_special_token_\($0)|>" }
    + ["<|start_header_id|>", "<|end_header_id|>", "<|reserved_special_token_4|>", "<|eot_id|>"]
    + (5...250).map { "<|reserved_special_token_\($0)|>" }

  func encode(_ text: String, parseSpecial: Bool, into result: inout [Int32]) {
    let bytes = Array(text.utf8)
    for fragment in parseSpecial ? finder.fragments(bytes) : [.text(bytes.indices)] {
      switch fragment {
      case .token(let token): result.append(token)
      case .text(let range): encode(bytes[range], into: &result)
      }
    }
  }

  private func encode(_ text: ArraySlice<UInt8>, into result: inout [Int32]) {
    let classified = ClassifiedText(text)
    var merger = SymbolMerger()
    pattern.cut(classified, classified.scalars.indices) { piece, _ in
      let word = text[classified.offsets[piece.lowerBound]..<classified.offsets[piece.upperBound]]
      word.withUnsafeBufferPointer { word in
        if let token = table.value(word) {
          result.append(token)
          return
        }
        merger.reset()
        for place in word.indices {
          let token = table.value(UnsafeBufferPointer(rebasing: word[place...place])) ?? -1
          merger.append(start: place, length: 1, piece: token)
        }
        merger.merge { left, right in
          let both = UnsafeBufferPointer(rebasing: word[left.start..<left.start + left.length + right.length])
          return table.value(both).map { (UInt32(bitPattern: $0), $0) }
        }
        for symbol in merger.symbols where symbol.length > 0 { result.append(symbol.piece) }
      }
    }
  }

  func bytes(_ token: Int32, special showsSpecial: Bool) -> [UInt8] {
    if let text = specialTexts[token] { return showsSpecial ? text : [] }
    return tokens.indices.contains(Int(token)) ? tokens[Int(token)] : []
  }
}
