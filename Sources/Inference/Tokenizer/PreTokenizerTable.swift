/// The pre-tokenizers by their names in `tokenizer.ggml.pre`.
///
/// Names, flags and patterns are facts of the format, as llama.cpp's `src/llama-vocab.cpp` has them. Where its patterns
/// stand in for what its own matcher lacks (`\p{Lu}`, `(?i:…)`, intersections), these are the original ones of the models'
/// `tokenizer.json`, which llama.cpp quotes beside them; Kimi K2's is that of its `tokenization_kimi.py`.
enum PreTokenizerTable {
  /// One cut through the text.
  enum Step: Sendable {
    /// By a regular expression.
    case expression(String)
    /// Numbers into groups of three, counted from their end.
    case threesFromTheRight
  }

  /// What a name stands for.
  struct Kind: Sendable {
    let patterns: [Step]
    var ignoresMerges = false
    var addsBeginning = false

    init(_ patterns: [Step], ignoresMerges: Bool = false, addsBeginning: Bool = false) {
      self.patterns = patterns
      self.ignoresMerges = ignoresMerges
      self.addsBeginning = addsBeginning
    }

    init(_ expressions: String..., ignoresMerges: Bool = false, addsBeginning: Bool = false) {
      self.init(expressions.map(Step.expression), ignoresMerges: ignoresMerges, addsBeginning: addsBeginning)
    }
  }

  /// Every known name.
  static let kinds: [String: Kind] = {
    var kinds: [String: Kind] = [:]
    for (names, kind) in rows {
      for name in names.split(separator: " ") { kinds[String(name)] = kind }
    }
    return kinds
  }()

  private static let rows: [(names: String, kind: Kind)] = [
    (
      "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
      Kind(llama3, ignoresMerges: true, addsBeginning: true)
    ),
    ("dbrx smaug-bpe chatglm-bpe glm4", Kind(llama3)),
    ("gpt-2 phi-2 gigachat a.x-4.0 mellum mpt olmo jais trillion granite-docling exaone4", Kind(gpt2)),
    (
      "starcoder refact command-r smollm codeshell exaone minerva-7b mellum2",
      Kind(#"\p{N}"#, gpt2)
    ),
    ("qwen2 deepseek-r1-qwen kormo f2llmv2 stablelm2 megrez hunyuan grok-2 solar-open", Kind(qwen2)),
    (
      "qwen35",
      Kind(
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|"#
          + #"\s+(?!\S)|\s+"#)
    ),
    (
      "deepseek-llm",
      Kind(
        #"[\r\n]"#, #"\s?"# + DeepSeekRanges.set(DeepSeekRanges.casedLetters) + "+",
        #"\s?"# + DeepSeekRanges.set(DeepSeekRanges.punctuation) + "+", #"\s+$"#,
        DeepSeekRanges.set(DeepSeekRanges.eastAsian) + "+", #"\p{N}+"#)
    ),
    (
      "deepseek-coder",
      Kind(
        #"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, DeepSeekRanges.set(DeepSeekRanges.eastAsian) + "+", #"\p{N}"#)
    ),
    ("deepseek-v3 hunyuan-dense joyai-llm hy_v4", Kind(#"\p{N}{1,3}"#, cjk, deepSeek3)),
    (
      "spark2_5",
      Kind(
        #"\p{N}{1,3}"#, cjk,
        asciiWords + #"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+"#, #"\p{N}"#)
    ),
    ("default", Kind(#"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]")),
    ("falcon", Kind(#"[\p{P}\$\+<=>\^~\|`]+"#, gpt2, "[0-9][0-9][0-9]")),
    ("poro-chat bloom gpt3-finnish", Kind(bloom)),
    ("viking", Kind(bloom, #"\p{N}"#)),
    ("tekken", Kind(casedWords(suffix: "", digits: #"\p{N}"#), ignoresMerges: true, addsBeginning: true)),
    (
      "gpt-4o llama4 kanana2 talkie minimax-m2",
      Kind(casedWords(suffix: contractions + "?", digits: #"\p{N}{1,3}"#))
    ),
    (
      "tiny_aya cohere2moe",
      Kind(
        #"\d{1,3}(?=(?:\d{3})*\b)"#, casedWords(suffix: contractions + "?", digits: #"\p{N}{1,3}"#))
    ),
    (
      "youtu",
      Kind(
        "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥\u{3040}-ゟ゠-ヿ]+",
        casedWords(suffix: contractions + "?", digits: #"\p{N}"#), ignoresMerges: true)
    ),
    ("kimi-k2", Kind(kimi)),
    ("superbpe", Kind([.threesFromTheRight])),
    (
      "afmoe",
      Kind([
        .threesFromTheRight,
        .expression(
          "[一-鿿㐀-䶿豈-\u{FAFF}\u{3040}-ゟ゠-ヿ･-ﾟ⼀-\u{2FDF}เ-\u{0E7F}\u{0E80}-\u{0EFF}ក-\u{17FF}က-႟ꩠ-ꩿꧠ-\u{A9FF}가-\u{D7AF}ᄀ-ᇿ]+"
        ),
        .expression(deepSeek3),
      ])
    ),
    (
      "bailingmoe bailingmoe2 llada-moe",
      Kind(
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#)
    ),
    (
      "seed-coder",
      Kind(
        contractions
          + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"#)
    ),
    (
      "ufakzeka",
      Kind(
        #"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#)
    ),
    ("laguna", Kind(#"[^\n]+|[\n]+"#, qwen2)),
    (
      "exaone-moe",
      Kind(
        contractions
          + #"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|"#
          + #"\s+(?!\S)|\s+"#)
    ),
    (
      "minicpm5",
      Kind(#"\p{N}{1,3}"#, contractions + letters + #"|\p{N}+"# + rest, ignoresMerges: true)
    ),
    (
      "jais-2",
      Kind(
        contractions + letters + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|"#
          + #"\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}"#)
    ),
    (
      "chameleon",
      Kind(
        "<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", #"([\t\n]|    |  )"#, #"\p{N}"#,
        #"[\p{P}!-/:-@\[-`{-~]"#, gpt2, addsBeginning: true)
    ),
  ]

  /// GPT-2's words.
  static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  /// Llama 3's words, which are those of OpenAI's cl100k.
  static let llama3 = contractions + letters + #"|\p{N}{1,3}"# + rest
  /// Qwen's words.
  static let qwen2 = contractions + letters + #"|\p{N}"# + rest
  /// GPT-4o's words.
  static let gpt4o = casedWords(suffix: contractions + "?", digits: #"\p{N}{1,3}"#)

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let letters = #"|[^\r\n\p{L}\p{N}]?\p{L}+"#
  private static let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let bloom = #" ?[^(\s|.,!?…。，、।۔،)]+"#
  private static let cjk = "[一-龥\u{3040}-ゟ゠-ヿ]+"
  private static let asciiWords = ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|"##
  private static let deepSeek3 =
    asciiWords
    + #"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Words that begin with capitals and go on in small letters.
  private static func casedWords(suffix: String, digits: String) -> String {
    casedWords(upper: #"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}"#, lower: #"\p{Ll}\p{Lm}\p{Lo}\p{M}"#, suffix: suffix)
      + "|\(digits)" + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static func casedWords(upper: String, lower: String, suffix: String) -> String {
    let lead = #"[^\r\n\p{L}\p{N}]?"#
    return "\(lead)[\(upper)]*[\(lower)]+\(suffix)|\(lead)[\(upper)]+[\(lower)]*\(suffix)"
  }

  /// Kimi K2's words: as GPT-4o's, but Chinese apart.
  static let kimi =
    #"[\p{Han}]+|"#
    + casedWords(
      upper: #"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]"#, lower: #"\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]"#,
      suffix: contractions + "?")
    + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
}
