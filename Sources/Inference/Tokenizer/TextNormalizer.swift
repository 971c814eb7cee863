import Foundation
import ModelFiles

/// The first step of a `tokenizer.json`: changes the text as a whole.
indirect enum TextNormalizer: Sendable {
  case sequence([TextNormalizer])
  case prepend([UInt8])
  case append([UInt8])
  case replaceText([UInt8], by: [UInt8])
  case replaceMatches(WordPattern, by: [UInt8])
  case form(TokenizerJSON.Normalizer)
  case characterMap(CharacterMap)

  /// Prepares a step.
  ///
  /// - Throws: `InferenceError.unsupported` for one that is not known, `badModel` for a damaged map.
  init(_ step: TokenizerJSON.Normalizer, file: String) throws {
    switch step {
    case .sequence(let steps): self = .sequence(try steps.map { try TextNormalizer($0, file: file) })
    case .prepend(let text): self = .prepend(Array(text.utf8))
    case .append(let text): self = .append(Array(text.utf8))
    case .replace(.text(let text), let content): self = .replaceText(Array(text.utf8), by: Array(content.utf8))
    case .replace(.expression(let expression), let content):
      self = .replaceMatches(try PreTokenizer.pattern(expression, file: file), by: Array(content.utf8))
    case .characterMap(let blob): self = .characterMap(try CharacterMap(blob, file: file))
    case .other(let name):
      throw InferenceError.unsupported("normalizer \(name.debugDescription)", file: file)
    default: self = .form(step)
    }
  }

  /// The changed text.
  func apply(_ text: [UInt8]) -> [UInt8] {
    switch self {
    case .sequence(let steps): return steps.reduce(text) { $1.apply($0) }
    case .prepend(let prefix): return text.isEmpty ? text : prefix + text
    case .append(let suffix): return text.isEmpty ? text : text + suffix
    case .replaceText(let wanted, let content): return ByteText.replacing(wanted, by: content, in: text)
    case .replaceMatches(let pattern, let content):
      let classified = ClassifiedText(text[...])
      var result: [UInt8] = []
      result.reserveCapacity(text.count)
      pattern.cut(classified, classified.scalars.indices) { piece, isMatch in
        result +=
          isMatch ? content[...] : text[classified.offsets[piece.lowerBound]..<classified.offsets[piece.upperBound]]
      }
      return result
    case .characterMap(let map): return map.apply(text)
    case .form(let form): return Self.apply(form, text)
    }
  }

  private static func apply(_ form: TokenizerJSON.Normalizer, _ text: [UInt8]) -> [UInt8] {
    let isASCII = text.allSatisfy { $0 < 0x80 }
    let string = String(decoding: text, as: UTF8.self)
    switch form {
    case .composed: return isASCII ? text : Array(string.precomposedStringWithCanonicalMapping.utf8)
    case .decomposed: return isASCII ? text : Array(string.decomposedStringWithCanonicalMapping.utf8)
    case .compatibilityComposed: return isASCII ? text : Array(string.precomposedStringWithCompatibilityMapping.utf8)
    case .compatibilityDecomposed:
      return isASCII ? text : Array(string.decomposedStringWithCompatibilityMapping.utf8)
    case .lowercase: return Array(string.lowercased().utf8)
    case .stripAccents:
      return Array(String(string.unicodeScalars.filter { !ScalarClass($0).meets(.mark) }).utf8)
    case .strip(let left, let right):
      var view = string.unicodeScalars[...]
      if left { view = view.drop { $0.properties.isWhitespace } }
      while right, view.last?.properties.isWhitespace == true { view.removeLast() }
      return Array(String(view).utf8)
    default: return text
    }
  }
}
