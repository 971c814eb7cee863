import FuzzSupport

/// Damage to JSON that mostly leaves it JSON: values and members lost, doubled, exchanged, replaced.
enum JSONMutation {
  static func apply(_ bytes: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0...Int.random(in: 0...2, using: &random) {
      let tokens = values(in: bytes)
      guard let token = tokens.randomElement(using: &random), let other = tokens.randomElement(using: &random) else {
        break
      }
      let isName = token.upperBound < bytes.count && bytes[token.upperBound] == UInt8(ascii: ":")
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        // Also the comma that may follow.
        let end = token.upperBound < bytes.count && bytes[token.upperBound] == UInt8(ascii: ",") ? 1 : 0
        bytes.removeSubrange(token.lowerBound..<token.upperBound + end)
      case 1: bytes.insert(contentsOf: bytes[token] + [UInt8(ascii: ",")], at: token.lowerBound)
      case _ where isName:
        // A member by another name, of which there may be two then.
        if bytes[other.lowerBound] == UInt8(ascii: "\"") { bytes.replaceSubrange(token, with: bytes[other]) }
      case 2:
        let depth = [1, 10, 600, 20_000].randomElement(using: &random) ?? 1
        bytes.replaceSubrange(
          token,
          with: [UInt8](repeating: UInt8(ascii: "["), count: depth) + bytes[token]
            + [UInt8](repeating: UInt8(ascii: "]"), count: depth))
      case 3, 4: bytes.replaceSubrange(token, with: bytes[other])
      case 5, 6: bytes.replaceSubrange(token, with: "\(Mutation.edges.randomElement(using: &random) ?? 0)".utf8)
      default: bytes.replaceSubrange(token, with: (texts.randomElement(using: &random) ?? "null").utf8)
      }
      if bytes.count > 4 << 20 { break }
    }
    return bytes
  }

  private static let texts = [
    "null", "true", "false", "-1", "0", "1.5", "1e999", "-0", "{}", "[]", "\"\"", #""\ud800""#, #""\u0000""#, #""a""#,
    #""BPE""#, #""Unigram""#, #""WordPiece""#, #""ByteLevel""#, #""Metaspace""#, #""Sequence""#, #""F16""#, #""I32""#,
    #""llama""#, #""qwen2""#, #""gptq""#, #""awq""#, #""((a*)*)*b""#, #""[^\\p{L}]+|\\s(?!x){1,9}""#, #""\u2581""#,
    #"{"Regex":"(a|aa)+$"}"#, #"{"String":""}"#, #"{"type":"Sequence","normalizers":[]}"#, "[0,0]",
    "[18446744073709551615]",
  ]

  /// Where strings, numbers and words are, and, more rarely, what stands in brackets.
  private static func values(in bytes: [UInt8]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var open: [Int] = []
    var index = 0
    while index < bytes.count {
      let start = index
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
          index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, bytes.count)
        found.append(start..<index)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        open.append(index)
        index += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        index += 1
        if let start = open.popLast() { found.append(start..<index) }
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
        while index < bytes.count, !",]} \n:".utf8.contains(bytes[index]) { index += 1 }
        found.append(start..<index)
      default: index += 1
      }
    }
    return found
  }
}
