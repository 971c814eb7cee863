import Foundation
import Inference
import ModelFiles

/// Whether the tokenizer turns text into tokens and back.
struct TokenizerEvidence {
  let tokenizer: Tokenizer

  var findings: [Finding] {
    guard tokenizer.vocabularySize >= ReadingEvidence.toyVocabulary else { return toy }
    var findings: [Finding] = []
    let texts = [ReferenceText.english, .facts, .code]
    for text in texts where !survives(text.text) {
      findings.append(.suspect("the tokenizer does not give back the text that it was given (\(text.name))"))
      break
    }
    let english = ReferenceText.english.text
    let tokens = tokenizer.encode(english, addSpecial: false, parseSpecial: false)
    let length = Double(english.utf8.count) / Double(max(1, tokens.count))
    if length < 2 {
      findings.append(
        .suspect(
          "the tokenizer cuts plain English into pieces of \(Figures.decimal(length, 1)) bytes: its merges or scores are damaged"
        ))
    }
    return findings
  }

  /// A toy may lack letters, but not most of them.
  private var toy: [Finding] {
    let text = ReferenceText.story.text
    let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
    let back = tokenizer.text(tokens)
    let (wanted, got) = (Set(text.lowercased().filter(\.isLetter)), Set(back.lowercased().filter(\.isLetter)))
    guard wanted.intersection(got).count * 2 < wanted.count else { return [] }
    return [.suspect("the tokenizer does not give back the text that it was given")]
  }

  /// Whether a text comes back, but for blanks at its ends and runs of them, which some tokenizers strip.
  private func survives(_ text: String) -> Bool {
    let tokens = tokenizer.encode(text, addSpecial: false, parseSpecial: false)
    func words(_ text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }
    return words(tokenizer.text(tokens)) == words(text)
  }
}
