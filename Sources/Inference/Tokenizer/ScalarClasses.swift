/// What the patterns of pre-tokenizers ask of a character: its general category, one bit each, and whether it is a blank.
struct ScalarClass: OptionSet, Sendable, Hashable {
  let rawValue: UInt32

  /// `\p{L}`
  static let letter: ScalarClass = [.uppercase, .lowercase, .titlecase, .modifierLetter, .otherLetter]
  static let uppercase = ScalarClass(.uppercaseLetter)
  static let lowercase = ScalarClass(.lowercaseLetter)
  static let titlecase = ScalarClass(.titlecaseLetter)
  static let modifierLetter = ScalarClass(.modifierLetter)
  static let otherLetter = ScalarClass(.otherLetter)
  /// `\p{N}`
  static let number: ScalarClass = [.digit, ScalarClass(.letterNumber), ScalarClass(.otherNumber)]
  /// `\p{Nd}`
  static let digit = ScalarClass(.decimalNumber)
  /// `\p{M}`
  static let mark: ScalarClass = [
    ScalarClass(.nonspacingMark), ScalarClass(.spacingMark), ScalarClass(.enclosingMark),
  ]
  /// `\p{P}`
  static let punctuation: ScalarClass = [
    .connector, ScalarClass(.dashPunctuation), ScalarClass(.openPunctuation), ScalarClass(.closePunctuation),
    ScalarClass(.initialPunctuation), ScalarClass(.finalPunctuation), ScalarClass(.otherPunctuation),
  ]
  /// `\p{Pc}`
  static let connector = ScalarClass(.connectorPunctuation)
  /// `\p{S}`
  static let symbol: ScalarClass = [
    ScalarClass(.mathSymbol), ScalarClass(.currencySymbol), ScalarClass(.modifierSymbol),
    ScalarClass(.otherSymbol),
  ]
  /// `\p{Z}`
  static let separator: ScalarClass = [
    ScalarClass(.spaceSeparator), ScalarClass(.lineSeparator), ScalarClass(.paragraphSeparator),
  ]
  /// `\p{C}`
  static let other: ScalarClass = [
    ScalarClass(.control), ScalarClass(.format), ScalarClass(.surrogate), ScalarClass(.privateUse),
    ScalarClass(.unassigned),
  ]
  /// `\w`
  static let word: ScalarClass = [.letter, .mark, .digit, .connector]
  /// `\s`: Unicode's White_Space
  static let space = ScalarClass(rawValue: 1 << 30)
  /// `\r` or `\n`
  static let lineEnd = ScalarClass(rawValue: 1 << 31)

  init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The class of a general category.
  init(_ category: Unicode.GeneralCategory) { rawValue = 1 << Self.bit(category) }

  /// The classes of one character.
  init(_ scalar: Unicode.Scalar) {
    self = scalar.value < 128 ? Self.ascii[Int(scalar.value)] : Self.lookup(scalar)
  }

  /// Whether the two have a class in common.
  func meets(_ other: ScalarClass) -> Bool { rawValue & other.rawValue != 0 }

  private static let ascii: [ScalarClass] = (UInt8(0)..<128).map { lookup(Unicode.Scalar($0)) }

  private static func lookup(_ scalar: Unicode.Scalar) -> ScalarClass {
    let properties = scalar.properties
    var classes = ScalarClass(properties.generalCategory)
    if properties.isWhitespace { classes.insert(.space) }
    if scalar == "\r" || scalar == "\n" { classes.insert(.lineEnd) }
    return classes
  }

  private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 {
    switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
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
