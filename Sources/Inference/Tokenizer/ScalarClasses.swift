/// What the patterns of pre-tokenizers ask of a character.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt8

  /// `\p{L}`
  static let letter = ScalarClass(rawValue: 1)
  /// `\p{N}`
  static let number = ScalarClass(rawValue: 2)
  /// `\s`: Unicode's White_Space
  static let space = ScalarClass(rawValue: 4)
  /// `\r` or `\n`
  static let lineEnd = ScalarClass(rawValue: 8)
  /// `\p{P}`
  static let punctuation = ScalarClass(rawValue: 16)

  /// The classes of one character.
  init(_ scalar: Unicode.Scalar) {
    self = scalar.value < 128 ? Self.ascii[Int(scalar.value)] : Self.lookup(scalar)
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  private static let ascii: [ScalarClass] = (UInt8(0)..<128).map { lookup(Unicode.Scalar($0)) }

  private static func lookup(_ scalar: Unicode.Scalar) -> ScalarClass {
    let properties = scalar.properties
    if properties.isWhitespace { return scalar == "\r" || scalar == "\n" ? [.space, .lineEnd] : .space }
    return switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      .punctuation
    default: []
    }
  }
}

/// A text as characters with their classes, and where each begins in the bytes.
struct ClassifiedText {
  /// The characters; ill-formed bytes are U+FFFD.
  private(set) var scalars: [Unicode.Scalar] = []
  /// The classes of each character.
  private(set) var classes: [ScalarClass] = []
  /// First byte of each character, and the end of the text.
  private(set) var offsets: [Int] = []

  /// Decodes UTF-8 leniently: a byte that begins no well-formed character is one of its own.
  init(_ text: ArraySlice<UInt8>) {
    scalars.reserveCapacity(text.count)
    classes.reserveCapacity(text.count)
    offsets.reserveCapacity(text.count + 1)
    var position = text.startIndex
    while position < text.endIndex {
      let (scalar, length) = Self.decode(text[position...])
      scalars.append(scalar)
      classes.append(ScalarClass(scalar))
      offsets.append(position)
      position += length
    }
    offsets.append(position)
  }

  private static func decode(_ text: ArraySlice<UInt8>) -> (Unicode.Scalar, Int) {
    let first = text[text.startIndex]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
    guard length > 1, text.count >= length,
      let character = String(validating: text.prefix(length), as: UTF8.self)?.unicodeScalars.first
    else { return ("\u{FFFD}", 1) }
    return (character, length)
  }
}
