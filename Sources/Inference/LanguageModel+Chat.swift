extension LanguageModel {
  /// The text of the token that begins a sequence; nil when the model has none.
  public var beginningText: String? { tokenizer.beginning.map { tokenizer.decode([$0], special: true) } }

  /// The text of the token that ends a sequence; nil when the model has none.
  public var endText: String? { tokenizer.end.map { tokenizer.decode([$0], special: true) } }

  /// The tokens of a conversation that a chat template has written.
  ///
  /// Control tokens in the text are taken as such. BOS comes first where the model wants it, and only once: many
  /// templates write it themselves.
  public func conversationTokens(_ text: String) -> [Int32] {
    let tokens = tokenizer.encode(text, addSpecial: false)
    guard tokenizer.addsBeginning, let beginning = tokenizer.beginning, tokens.first != beginning else { return tokens }
    return [beginning] + tokens
  }
}
