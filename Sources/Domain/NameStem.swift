/// What a repository's name says when the words for its form are taken away: `Llama-2-7B-Chat-GGUF`,
/// `Llama-2-7B-Chat-4bit-128g-GPTQ` and `Llama-2-7B-Chat` share the stem `llama-2-7b-chat`.
public struct NameStem: Sendable, Hashable {
  /// The stem, in lower case, words joined by `-`.
  public let text: String
  /// Whether words for a form were taken away: the name is that of a quantized re-upload.
  public let isForm: Bool

  /// Reads the name of a repository.
  public init(_ id: RepoID) {
    var words = id.name.lowercased().split { $0 == "-" || $0 == "_" }.map(String.init)
    var isForm = false
    while words.count > 1, let last = words.last, Self.isFormWord(last, after: words.dropLast().last) {
      words.removeLast()
      isForm = true
    }
    // `i1-GGUF` marks weights made with an importance matrix.
    self.isForm = isForm
    text = words.joined(separator: "-")
  }

  /// Whether the stem is telling enough to take two repositories for the same model: it states a size, and something
  /// beside it.
  public var isTelling: Bool {
    text.utf8.count >= 8 && text.contains("-") && text.split(separator: "-").contains { Self.isSize(String($0)) }
  }

  /// `7b`, `1.1b`, `135m`, `8x7b`.
  private static func isSize(_ word: String) -> Bool {
    guard let unit = word.utf8.last, unit == UInt8(ascii: "b") || unit == UInt8(ascii: "m") else { return false }
    let digits = word.utf8.dropLast()
    return digits.first.map { (48...57).contains($0) } == true
      && digits.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "x") }
  }

  private static let formWords: Set<String> = [
    "gguf", "ggml", "gptq", "awq", "exl2", "exl3", "mlx", "hf", "fp16", "bf16", "f16", "fp8", "nf4", "int4", "int8",
    "w4a16", "w8a8", "w8a16", "bnb", "4bit", "8bit", "3bit", "6bit", "2bit", "5bit", "128g", "32g", "64g", "imatrix",
    "i1", "quantized", "quant", "quants", "imat", "dynamic", "safetensors", "q4", "q5", "q6", "q8", "autoround", "hqq",
    "onnx", "openvino", "gguf4", "nvfp4", "mxfp4", "eetq", "aqlm", "marlin",
  ]

  private static func isFormWord(_ word: String, after previous: String?) -> Bool {
    if formWords.contains(word) { return true }
    // `Q4_K_M` has been split at its underscores.
    if ["k", "m", "s", "l", "0", "1", "xl", "xs", "xxs", "nl"].contains(word), let previous {
      return isQuantization(previous) || ["k"].contains(previous)
        || ["k", "0", "1"].contains(word) && isQuantization(previous)
    }
    return isQuantization(word) || isBits(word)
  }

  /// `q4`, `iq3`, `tq1`.
  private static func isQuantization(_ word: String) -> Bool {
    let bytes = Array(word.utf8)
    guard let digit = bytes.last, (49...56).contains(digit) else { return false }
    return ["q", "iq", "tq"].contains(String(decoding: bytes.dropLast(), as: UTF8.self))
  }

  /// `4.0bpw`, `6bpw`, `b4.65`.
  private static func isBits(_ word: String) -> Bool {
    guard word.hasSuffix("bpw") else { return false }
    let digits = word.dropLast(3).utf8
    return !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
  }
}
