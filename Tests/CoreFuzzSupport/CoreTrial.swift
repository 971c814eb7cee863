import Domain
import Foundation
import FuzzSupport
import Inference

/// What the core does with foreign files.
public enum CoreTrial: String, CaseIterable, Sendable {
  /// A GGUF file, or the parts of a split one: opened, a few tokens computed.
  case gguf
  /// A folder of safetensors, as the hub has them.
  case folder
  /// Any file with a tokenizer: texts encoded and decoded.
  case tokenizer

  /// Does it with files in an empty folder.
  ///
  /// - Returns: what came of it, without numbers and names, so that inputs which fare alike say the same.
  /// - Throws: only when the files cannot be written.
  public func run(_ set: FileSet, in folder: String) throws -> String {
    try set.write(to: folder)
    guard let first = set.files.first else { return "nothing" }
    do {
      switch self {
      case .gguf: return try model("\(folder)/\(first.name)", Self.options(set))
      case .folder: return try model(folder, Self.options(set))
      case .tokenizer: return try tokenizer("\(folder)/\(first.name)")
      }
    } catch let error as any ReportableError {
      return "\(type(of: error)): \(Self.plain(error.problem, folder))"
    }
    // An error that nobody can act upon leaves this function, and ends the fuzzer.
  }

  /// Whether an outcome of `run` says that the files were used.
  public static func isGood(_ outcome: String) -> Bool { outcome.hasPrefix("ran ") || outcome.hasPrefix("read ") }

  /// Ways to run a model, a different one for other files and always the same for the same.
  private static func options(_ set: FileSet) -> LanguageModel.Options {
    var options = LanguageModel.Options(threads: 1, contextLength: 16, batch: 8)
    let choice = Hash.fnv(set.bytes)
    options.exact = choice % 8 == 0
    options.cacheType = choice / 8 % 4 == 0 ? .q8_0 : .f16
    options.quantize = [nil, nil, .q4_0, .q4_k][Int(choice / 32 % 4)]
    options.kernels = [nil, nil, .portable, .avx2][Int(choice / 128 % 4)]
    return options
  }

  private func model(_ path: String, _ options: LanguageModel.Options) throws -> String {
    let model = try LanguageModel(file: path, options: options)
    let count = Int32(model.shape.vocabulary)
    let session = try model.session()
    let logits = try session.prefill([0, count / 2, count - 1])
    precondition(logits.count == Int(count) && logits.allSatisfy(\.isFinite), "logits of another model")
    let next = try session.decode(Int32(model.tokenizer.vocabularySize - 1))
    precondition(next.count == Int(count) && session.position == 4)
    return "ran \(model.quantizationName) \(words(model.tokenizer))"
  }

  private func tokenizer(_ path: String) throws -> String { "read \(words(try Tokenizer(path: path)))" }

  /// Every text becomes tokens that exist, and every token bytes.
  private func words(_ tokenizer: Tokenizer) -> String {
    var shape = ""
    for text in Self.texts {
      for (adds, parses) in [(true, true), (false, false)] {
        let ids = tokenizer.encode(text, addSpecial: adds, parseSpecial: parses)
        for id in ids {
          precondition((0..<Int32(clamping: tokenizer.vocabularySize)).contains(id), "a token that is none")
        }
        _ = tokenizer.decode(ids, special: true)
        _ = tokenizer.text(ids)
        if !adds { shape += ids.isEmpty ? "0" : ids.count < text.utf8.count ? "<" : "=" }
      }
    }
    // Tokens that a text need not lead to, and some that do not exist.
    let last = Int32(clamping: tokenizer.vocabularySize)
    for id in [0, 1, last / 3, last / 2, last - 1, last, .max, -1, .min] { _ = tokenizer.bytes(id, special: true) }
    return shape
  }

  private static let texts = [
    "", " ", "a", "The cat sat on the mat, didn't it?  1234567\n\n\tx", "Äpfel 北京 👩‍👩‍👧 e\u{301}\u{0}<s></s><|im_end|>",
    String(repeating: "ab ", count: 40), "\u{FFFD}\u{10FFFF}\u{E000}\r\n",
  ]

  /// The first words of a reason, without numbers, paths and what stands in quotes.
  private static func plain(_ problem: String, _ folder: String) -> String {
    var (words, isQuoted) = ("", false)
    for character in problem.replacingOccurrences(of: folder, with: "") where words.count < 48 {
      if "'\"".contains(character) {
        isQuoted.toggle()
      } else if !isQuoted, character.isASCII, character.isLetter || character == " " {
        words.append(character)
      }
    }
    return words
  }
}
