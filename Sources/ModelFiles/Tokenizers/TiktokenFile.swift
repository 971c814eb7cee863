/// A tiktoken vocabulary: one token a line, its bytes in base64 and its rank, which is its id.
public struct TiktokenFile: Sendable {
  /// The file as the caller named it.
  public let name: String
  /// The bytes of each token by rank.
  public let tokens: [[UInt8]]

  /// Tokens of one list: four times the largest known vocabulary.
  private static let limit = 1 << 20

  /// Reads the lines.
  ///
  /// - Throws: `ModelFileError.malformed` for a line that is no token, ranks that are not 0 to n − 1, and a token that is
  ///   there twice.
  public init(_ bytes: [UInt8], name: String) throws(ModelFileError) {
    self.name = name
    var pairs: [(rank: Int, token: [UInt8])] = []
    for (number, line) in bytes.split(separator: 0x0A).enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty { continue }
      guard let blank = line.firstIndex(of: 0x20), let token = Base64.decode(line[..<blank]), !token.isEmpty,
        let rank = Int(String(decoding: line[(blank + 1)...], as: UTF8.self)), (0..<Self.limit).contains(rank)
      else {
        throw ModelFileError(.malformed, file: name, "line \(number + 1) is no token with a rank")
      }
      pairs.append((rank, token))
    }
    guard !pairs.isEmpty else { throw ModelFileError(.malformed, file: name, "holds no tokens") }
    var tokens = [[UInt8]](repeating: [], count: pairs.count)
    for (rank, token) in pairs {
      guard rank < tokens.count, tokens[rank].isEmpty else {
        throw ModelFileError(.malformed, file: name, "the rank \(rank) is there twice, or beyond the number of tokens")
      }
      tokens[rank] = token
    }
    guard Set(tokens).count == tokens.count else {
      throw ModelFileError(.malformed, file: name, "has a token twice")
    }
    self.tokens = tokens
  }
}
