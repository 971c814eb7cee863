import Domain
import ModelFiles

/// Whether what a file says of itself goes together, and with what the hub says of it.
struct HeaderEvidence {
  let header: GGUFHeader
  let shape: ModelShape
  /// What is known of the model from elsewhere.
  let expected: Expectation

  var findings: [Finding] { size + specialTokens + published }

  /// Names with three digits were computed from the weights: `135M`.
  private var size: [Finding] {
    for key in ["general.size_label", "general.name", "general.basename"] {
      guard case .string(let text)? = header[key], let (label, count) = Self.sizeLabel(text) else { continue }
      let times = Double(shape.parameters) / count
      guard times < 0.98 || times > 1.02 else { return [] }
      return [
        .suspect(
          "it calls itself \(label), but has \(Figures.decimal(Double(shape.parameters) / 1e6, 1)) million parameters: "
            + "layers are missing or too many")
      ]
    }
    return []
  }

  /// The first word like `135M`, with three digits or more.
  static func sizeLabel(_ text: String) -> (label: String, count: Double)? {
    for word in text.prefix(200).split(whereSeparator: { " -_/".contains($0) }) {
      guard let unit = word.last?.uppercased(), let scale = ["M": 1e6, "B": 1e9][unit],
        let number = Double(word.dropLast()), number > 0, number.isFinite,
        word.dropLast().filter(\.isNumber).count >= 3
      else { continue }
      return (String(word), number * scale)
    }
    return nil
  }

  /// Tokens with a duty must be control tokens, where the file tells kinds apart.
  private var specialTokens: [Finding] {
    guard case .array(let array)? = header["tokenizer.ggml.token_type"], let kinds = array.ints() else { return [] }
    for (key, meaning) in [("eos", "ends a text"), ("bos", "begins a text"), ("eot", "ends a turn")] {
      guard let token = header["tokenizer.ggml.\(key)_token_id"]?.int else { continue }
      guard kinds.indices.contains(token) else {
        return [.suspect("the token that \(meaning) is \(token), but there are only \(kinds.count) tokens")]
      }
      // 1 is an ordinary word, 6 a byte.
      if kinds[token] == 1 || kinds[token] == 6 {
        return [
          .suspect("the token that \(meaning), \(token), is an ordinary word: it would never end, or end anywhere")
        ]
      }
    }
    return []
  }

  /// The hub counts what a repository holds, which may be more than one file of it: that is odd, and no more.
  private var published: [Finding] {
    guard let parameters = expected.parameters, parameters > 0 else { return [] }
    let times = Double(shape.parameters) / Double(parameters)
    guard times < 0.9 || times > 1.1 else { return [] }
    return [
      .note(
        "the hub says \(Figures.decimal(Double(parameters) / 1e6, 1)) million parameters, the file has "
          + "\(Figures.decimal(Double(shape.parameters) / 1e6, 1)) million")
    ]
  }
}

/// What is known of a model from elsewhere than its own file.
public struct Expectation: Sendable, Codable, Equatable {
  /// All weights, as the hub counts them.
  public var parameters: Int64?

  /// Nothing is known unless said so.
  public init(parameters: Int64? = nil) { self.parameters = parameters }
}
