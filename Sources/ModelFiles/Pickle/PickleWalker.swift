/// Steps over the opcodes of a pickle without doing what they say.
///
/// Source of the opcodes and their arguments: Python's `pickletools`, protocols 0 to 5.
struct PickleWalker {
  var imports: [String] = []
  /// Why the walk ended before its STOP; nil when it did not.
  private(set) var trouble: String?

  private let bytes: [UInt8]
  private var position = 0
  /// The last two texts that were put on the stack: module and name of an import that takes them from there.
  private var texts: [String?] = [nil, nil]
  /// What is remembered under a number; nil for anything but a text.
  private var memo: [Int: String?] = [:]
  private var lastText: String?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether a pickle of protocol 2 or later, or a text one, begins here.
  var isAtPickle: Bool { position < bytes.count && (bytes[position] == 0x80 || position == 0) }

  private enum Argument {
    case nothing
    case fixed(Int)
    case line
    case lines
    /// A length of so many bytes, and then that many bytes.
    case counted(Int)
  }

  private static func argument(_ opcode: UInt8) -> Argument? {
    switch opcode {
    case UInt8(ascii: "F"), UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "P"), UInt8(ascii: "S"),
      UInt8(ascii: "V"), UInt8(ascii: "g"), UInt8(ascii: "p"):
      .line
    case UInt8(ascii: "c"), UInt8(ascii: "i"): .lines
    case UInt8(ascii: "J"), UInt8(ascii: "j"), UInt8(ascii: "r"), 0x84: .fixed(4)
    case UInt8(ascii: "K"), UInt8(ascii: "h"), UInt8(ascii: "q"), 0x80, 0x82: .fixed(1)
    case UInt8(ascii: "M"), 0x83: .fixed(2)
    case UInt8(ascii: "G"), 0x95: .fixed(8)
    case UInt8(ascii: "T"), UInt8(ascii: "X"), UInt8(ascii: "B"), 0x8B: .counted(4)
    case UInt8(ascii: "U"), UInt8(ascii: "C"), 0x8A, 0x8C: .counted(1)
    case 0x8D, 0x8E, 0x96: .counted(8)
    case UInt8(ascii: "("), UInt8(ascii: "."), UInt8(ascii: "0"), UInt8(ascii: "1"), UInt8(ascii: "2"),
      UInt8(ascii: "N"), UInt8(ascii: "Q"), UInt8(ascii: "R"), UInt8(ascii: "a"), UInt8(ascii: "b"),
      UInt8(ascii: "d"), UInt8(ascii: "}"), UInt8(ascii: "e"), UInt8(ascii: "l"), UInt8(ascii: "]"),
      UInt8(ascii: "o"), UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: ")"), UInt8(ascii: "u"),
      0x81, 0x85...0x89, 0x8F...0x94, 0x97, 0x98:
      .nothing
    default: nil
    }
  }

  /// Walks to the next STOP.
  mutating func walk() {
    memo = [:]
    while position < bytes.count {
      let opcode = bytes[position]
      guard let argument = Self.argument(opcode) else {
        trouble = "it holds an unknown opcode"
        return
      }
      position += 1
      guard let value = take(argument) else {
        trouble = "it ends in the middle"
        return
      }
      apply(opcode, value)
      if opcode == UInt8(ascii: ".") { return }
    }
    trouble = "it ends in the middle"
  }

  private mutating func take(_ argument: Argument) -> [ArraySlice<UInt8>]? {
    switch argument {
    case .nothing: return []
    case .fixed(let count): return slice(count).map { [$0] }
    case .line: return line().map { [$0] }
    case .lines:
      guard let first = line(), let second = line() else { return nil }
      return [first, second]
    case .counted(let width):
      guard let length = slice(width) else { return nil }
      let count = length.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard count <= UInt64(bytes.count - position) else { return nil }
      return slice(Int(count)).map { [$0] }
    }
  }

  private mutating func slice(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= bytes.count - position else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func line() -> ArraySlice<UInt8>? {
    guard let end = bytes[position...].firstIndex(of: 10) else { return nil }
    defer { position = end + 1 }
    return bytes[position..<end]
  }

  private mutating func apply(_ opcode: UInt8, _ values: [ArraySlice<UInt8>]) {
    func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix(256), as: UTF8.self) }
    func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }
    switch opcode {
    case UInt8(ascii: "c"), UInt8(ascii: "i"): imports.append("\(text(values[0])).\(text(values[1]))")
    case 0x93:
      // Module and name were put on the stack before; an import whose name cannot be told is not harmless.
      imports.append("\(texts[0] ?? "?").\(texts[1] ?? "?")")
    case UInt8(ascii: "S"), UInt8(ascii: "V"):
      push(text(values[0].filter { $0 != 0x27 && $0 != 0x22 }[...]))
    case UInt8(ascii: "X"), 0x8C, 0x8D, UInt8(ascii: "T"), UInt8(ascii: "U"): push(text(values[0]))
    case UInt8(ascii: "q"), UInt8(ascii: "r"): memo.updateValue(lastText, forKey: number(values[0]))
    case UInt8(ascii: "p"): memo.updateValue(lastText, forKey: Int(text(values[0])) ?? -1)
    case 0x94: memo.updateValue(lastText, forKey: memo.count)
    case UInt8(ascii: "h"), UInt8(ascii: "j"): recall(number(values[0]))
    case UInt8(ascii: "g"): recall(Int(text(values[0])) ?? -1)
    case 0x95: return
    default: forgetTexts()
    }
    if opcode == 0x93 || opcode == UInt8(ascii: "c") || opcode == UInt8(ascii: "i") { forgetTexts() }
  }

  /// Whatever lies on the stack now is not what was written down as text: a pickle may push harmless names, take them
  /// away again and import the ones below.
  private mutating func forgetTexts() {
    texts = [nil, nil]
    lastText = nil
  }

  private mutating func push(_ text: String?) {
    texts = [texts[1], text]
    lastText = text
  }

  private mutating func recall(_ index: Int) { push(memo[index] ?? nil) }
}
