import Inference

/// What an answer in the chat template says.
struct ChatEvidence {
  /// The rendered conversation.
  let prompt: String
  let promptIDs: [Int32]
  let answer: Generation
  let tokenizer: Tokenizer

  var findings: [Finding] {
    let strange = strangeMarker.map { "its chat template writes \($0), which is no token of its tokenizer" }
    // Some models were tuned with such words as plain text, and know them well.
    guard !answer.hasEnded else { return strange.map { [.note($0)] } ?? [] }
    if let strange {
      return [.suspect("\(strange), and its answer does not end: the template belongs to another model")]
    }
    // Tokens without a text of their own that do not end the turn: the file does not know its own end.
    let markers = answer.ids.map { tokenizer.decode([$0], special: true) }.filter(Self.isMarker)
    if let first = markers.first {
      return [.suspect("its answer goes on beyond \(first), as if the file did not know that it ends a turn")]
    }
    return [.note("its answer had not ended after \(answer.ids.count) tokens")]
  }

  /// The first word like `<|im_start|>` of the template that the tokenizer takes for ordinary text.
  private var strangeMarker: String? {
    var rest = prompt[...]
    while let start = rest.range(of: "<|"), let end = rest[start.upperBound...].range(of: "|>") {
      let marker = String(rest[start.lowerBound..<end.upperBound])
      rest = rest[end.upperBound...]
      guard marker.utf8.count <= 40, !marker.contains(where: \.isWhitespace) else { continue }
      if tokenizer.encode(marker, addSpecial: false).count > 1 { return marker }
    }
    return nil
  }

  private static func isMarker(_ text: String) -> Bool {
    text.hasPrefix("<|") && text.hasSuffix("|>") || ["<end_of_turn>", "</s>", "<eos>"].contains(text)
  }
}
