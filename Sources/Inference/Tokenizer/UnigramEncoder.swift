/// SentencePiece's unigram model: the likeliest way to cut a text into pieces, found by Viterbi's algorithm.
struct UnigramEncoder: Sendable {
  private let trie: ByteTrie
  private let scores: [Double]
  private let unknown: Int32?
  private let unknownScore: Double
  private let byteTokens: [Int32?]

  /// An unknown character costs as much more than the worst piece. Source: `kUnkPenalty` of SentencePiece.
  private static let penalty = 10.0

  /// Prepares the pieces for lookups.
  ///
  /// - Parameters:
  ///   - pieces: text and log probability of each id; nil for one that no text becomes.
  ///   - byteTokens: the tokens of the 256 bytes, for characters without a piece; empty for none.
  init(_ pieces: [(text: [UInt8], score: Double)?], unknown: Int32?, byteTokens: [Int32?]) {
    var trie = ByteTrie()
    for (id, piece) in pieces.enumerated() {
      if let piece { trie.insert(piece.text, Int32(id)) }
    }
    self.trie = trie
    scores = pieces.map { $0?.score ?? 0 }
    self.unknown = unknown
    self.byteTokens = byteTokens
    unknownScore = (pieces.lazy.compactMap { $0?.score }.min() ?? 0) - Self.penalty
  }

  private struct Arrival {
    var score = -Double.infinity
    var start = 0
    var token: Int32 = -1
  }

  /// The tokens of a text; a run of unknown characters becomes one unknown token, or the tokens of its bytes.
  func encode(_ text: [UInt8], into tokens: inout [Int32]) {
    var best = [Arrival](repeating: Arrival(), count: text.count + 1)
    best[0].score = 0
    var place = 0
    while place < text.count {
      let length = min(ByteText.characterLength(text[place]), text.count - place)
      let score = best[place].score
      var coversCharacter = false
      trie.matches(text, at: place) { token, size in
        let candidate = score + scores[Int(token)]
        if candidate > best[place + size].score {
          best[place + size] = Arrival(score: candidate, start: place, token: token)
        }
        if size == length { coversCharacter = true }
      }
      if !coversCharacter, score + unknownScore > best[place + length].score {
        best[place + length] = Arrival(score: score + unknownScore, start: place, token: -1)
      }
      place += length
    }
    var path: [(token: Int32, range: Range<Int>)] = []
    var end = text.count
    while end > 0 {
      let arrival = best[end]
      path.append((arrival.token, arrival.start..<end))
      end = arrival.start
    }
    var afterUnknown = false
    for step in path.reversed() {
      if step.token >= 0 {
        tokens.append(step.token)
        afterUnknown = false
        continue
      }
      let bytes = byteTokens.isEmpty ? [] : text[step.range].compactMap { byteTokens[Int($0)] }
      if bytes.count == step.range.count {
        tokens += bytes
        afterUnknown = false
      } else if let unknown, !afterUnknown {
        tokens.append(unknown)
        afterUnknown = true
      }
    }
  }
}
