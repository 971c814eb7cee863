import Domain

/// A long, dull text around one sentence, the same every time.
enum HaystackText {
  private static let sentences = [
    "The harbour office opened at seven and the clerk counted the boats.",
    "A grey cat slept on the wall beside the bakery all morning.",
    "Rain was expected in the hills, but the valley stayed dry.",
    "The schoolteacher corrected a pile of essays about the autumn.",
    "Two carpenters carried a long table across the market square.",
    "The train from the south was late because of leaves on the track.",
    "In the library someone had left an umbrella and a pair of gloves.",
    "The gardener planted onions in straight rows behind the chapel.",
    "A letter came for the mayor, with foreign stamps and no sender.",
    "The choir practised the same song until the candles burned low.",
    "At noon the bell rang, and the workers sat down in the shade.",
    "The river carried branches past the mill and under the bridge.",
  ]

  /// The text with its needle.
  static func text(_ haystack: Probe.Haystack) -> String {
    var parts: [String] = []
    var words = 0
    let wanted = max(0, haystack.words)
    let place = Int(min(max(haystack.depth, 0), 1) * Double(wanted))
    var isPlaced = false
    var index = 0
    while words < wanted || !isPlaced {
      if !isPlaced, words >= place {
        parts.append(haystack.needle)
        isPlaced = true
        continue
      }
      // The same order never comes twice in a row.
      let sentence = sentences[(index * 5 + index / sentences.count) % sentences.count]
      parts.append(sentence)
      words += sentence.split(separator: " ").count
      index += 1
    }
    return parts.joined(separator: " ")
  }
}
