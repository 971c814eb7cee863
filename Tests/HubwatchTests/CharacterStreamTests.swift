import FuzzSupport
import Testing

@testable import hubwatch

@Suite("Text that comes in pieces")
struct CharacterStreamTests {
  @Test(arguments: 0..<50) func noCharacterIsLost(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    let alphabet = Array("aé日🦙\n\u{202E}\u{0301}")
    let text = String(
      (0..<Int.random(in: 0...200, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
    var (bytes, stream, told) = (Array(text.utf8)[...], CharacterStream(), "")
    while !bytes.isEmpty {
      let piece = bytes.prefix(Int.random(in: 1...7, using: &random))
      bytes = bytes.dropFirst(piece.count)
      let words = stream.take(Array(piece))
      #expect(!words.contains("\u{FFFD}"))
      told += words
    }
    #expect(Array(told.utf8) == Array(text.utf8))
  }

  @Test(arguments: 0..<200) func rubbishIsTakenAsItComes(seed: UInt64) {
    var random = SeededGenerator(state: seed)
    var stream = CharacterStream()
    for _ in 0..<20 {
      let piece = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      #expect(stream.take(piece).utf8.count <= 3 * (piece.count + 3))
    }
  }
}
