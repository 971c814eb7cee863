import ModelFiles

/// Cuts a text into the words inside which byte-level BPE may join bytes.
///
/// Each kind is a list of patterns; every pattern cuts what the patterns before it left, and what it does not match
/// stays between its matches. Which pattern a model wants says `tokenizer.ggml.pre`; a wrong one gives other tokens
/// and a worse model, so that unknown names are refused.
struct PreTokenizer: Sendable {
  /// Whether a word that is a token is taken as it is, whatever the merges say.
  let ignoresMerges: Bool
  /// Whether models of this kind begin with BOS unless the file says otherwise.
  let addsBeginning: Bool
  private let patterns: [WordPattern]

  /// The pre-tokenizer that a file names.
  ///
  /// - Throws: `InferenceError.unsupported` for a name that is not known.
  init(_ header: GGUFHeader) throws {
    let name = try header.ifPresent("tokenizer.ggml.pre", header.string) ?? "default"
    var (ignores, begins) = (false, false)
    switch name {
    case "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2":
      patterns = [.llama3]
      (ignores, begins) = (true, true)
    case "dbrx", "smaug-bpe": patterns = [.llama3]
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "megrez": patterns = [.qwen2]
    case "gpt-2", "phi-2", "mpt", "olmo", "jais", "gigachat", "granite-docling", "trillion":
      patterns = [.gpt2]
    case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b":
      patterns = [.singleDigit, .gpt2]
    case "deepseek-llm":
      patterns = [.lineEnd, .casedLetters, .asciiPunctuation, .trailingSpace, .eastAsian, .digits]
    case "deepseek-coder":
      patterns = [.lineEnd, .letters, .punctuation, .eastAsian, .singleDigit]
    default:
      throw InferenceError.unsupported("pre-tokenizer \(name.prefix(40).debugDescription)", file: header.name)
    }
    (ignoresMerges, addsBeginning) = (ignores, begins)
  }

  /// The words of a text, as ranges of its bytes; together they are the whole text.
  func words(_ text: ArraySlice<UInt8>) -> [Range<Int>] {
    let classified = ClassifiedText(text)
    var words = classified.scalars.isEmpty ? [] : [0..<classified.scalars.count]
    for pattern in patterns {
      var cut: [Range<Int>] = []
      cut.reserveCapacity(words.count * 2)
      for word in words {
        var start = word.lowerBound
        var position = start
        while position < word.upperBound {
          let end = pattern.match(classified, at: position, end: word.upperBound)
          guard end > position else {
            position += 1
            continue
          }
          if start < position { cut.append(start..<position) }
          cut.append(position..<end)
          start = end
          position = end
        }
        if start < word.upperBound { cut.append(start..<word.upperBound) }
      }
      words = cut
    }
    return words.map { classified.offsets[$0.lowerBound]..<classified.offsets[$0.upperBound] }
  }
}
