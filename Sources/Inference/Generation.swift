import Domain

/// How a text is continued.
public struct GenerationOptions: Sendable {
  /// New tokens at most.
  public var maxTokens: Int
  /// How each of them is chosen.
  public var sampling: SamplingOptions
  /// Whether to go on after the model has finished its turn.
  public var ignoresEnd: Bool

  /// Options with the usual values: greedy, 128 tokens.
  public init(
    maxTokens: Int = 128, sampling: SamplingOptions = SamplingOptions(), ignoresEnd: Bool = false
  ) {
    self.maxTokens = maxTokens
    self.sampling = sampling
    self.ignoresEnd = ignoresEnd
  }
}

/// A continued text.
public struct Generation: Sendable {
  /// The tokens of the prompt.
  public var promptIDs: [Int32] = []
  /// The new tokens.
  public var ids: [Int32] = []
  /// The new text; control tokens are left out.
  public var text = ""
  /// The ten best logits of the first new position.
  public var topLogits: [Logits.Scored] = []
  /// Seconds for the prompt, up to its logits.
  public var promptSeconds = 0.0
  /// Seconds for the tokens after the first.
  public var decodeSeconds = 0.0
  /// Whether the model finished its turn by itself.
  public var hasEnded = false

  /// New tokens a second after the first one; 0 when there were none.
  public var tokensPerSecond: Double {
    decodeSeconds > 0 && ids.count > 1 ? Double(ids.count - 1) / decodeSeconds : 0
  }
}

extension LanguageModel {
  /// Continues a prompt.
  ///
  /// - Parameters:
  ///   - prompt: the text; control tokens written out in it are parsed.
  ///   - options: length and choice of tokens.
  ///   - onText: gets the new text as it comes, only whole characters.
  /// - Returns: the continuation; it ends early when the context is full.
  /// - Throws: `InferenceError`; `cancelled` as soon as the current task is cancelled.
  public func generate(
    prompt: String, options: GenerationOptions = GenerationOptions(),
    onText: (String) throws -> Void = { _ in }
  ) throws -> Generation {
    try generate(promptIDs: tokenizer.encode(prompt), options: options, onText: onText)
  }

  /// Continues tokens; see `generate(prompt:options:onText:)`.
  ///
  /// - Parameter session: a conversation to begin anew; nil makes one.
  public func generate(
    promptIDs: [Int32], options: GenerationOptions = GenerationOptions(), in session: Session? = nil,
    onText: (String) throws -> Void = { _ in }
  ) throws -> Generation {
    let session = try session ?? self.session()
    session.reset()
    var result = Generation(promptIDs: promptIDs)
    var sampler = Sampler(options.sampling)
    for token in promptIDs { sampler.see(token) }
    var stream = TextStream()
    let clock = ContinuousClock()
    let start = clock.now
    var logits = try session.prefill(promptIDs)
    let afterPrompt = clock.now
    result.promptSeconds = (afterPrompt - start).inSeconds
    result.topLogits = Logits.top(logits, count: 10)
    while result.ids.count < options.maxTokens {
      let token = sampler.next(logits)
      if !options.ignoresEnd, tokenizer.stopTokens.contains(token) {
        result.hasEnded = true
        break
      }
      result.ids.append(token)
      sampler.see(token)
      let text = stream.append(tokenizer.bytes(token))
      result.text += text
      if !text.isEmpty { try onText(text) }
      guard result.ids.count < options.maxTokens, session.position < contextLength else { break }
      logits = try session.decode(token)
    }
    result.decodeSeconds = (clock.now - afterPrompt).inSeconds
    let rest = stream.finish()
    result.text += rest
    if !rest.isEmpty { try onText(rest) }
    return result
  }
}

extension Duration {
  /// The duration as a floating-point number of seconds.
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
