/// Finds what somebody meant.
enum Spelling {
  /// The known word nearest to `word`, when it is near enough to be a slip.
  static func nearest(_ word: String, in known: [String]) -> String? {
    let ranked = known.map { (distance(Array(word), Array($0)), $0) }.min { $0.0 < $1.0 }
    guard let ranked, ranked.0 <= max(2, word.count / 3) else { return nil }
    return ranked.1
  }

  /// Levenshtein's distance: the fewest insertions, deletions and replacements.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
