/// A section of the text digest, before it is known how much of it the screen has room for.
struct ScreenSection {
  /// What is said of one thing.
  struct Block {
    /// All of it.
    var full: [String]
    /// One line that still counts for as many models.
    var brief: String
    /// How many models it stands for.
    var models = 1
  }

  /// The heading, painted.
  var title: String
  /// Its share of the screen beside the others.
  var weight = 1
  /// The best first.
  var blocks: [Block]
  /// Models of the section that have no block.
  var unnamed = 0
  /// The lines that count what is not shown.
  var more: (Int) -> [String]
  /// The one line that is left of the section where there is no room at all.
  var collapsed: (Int) -> String
  /// Blocks that are shown.
  var shown = 8
  /// Whether they are shown by their first line only.
  var isBrief = false

  /// The section with an empty line before it.
  var lines: [String] {
    guard !blocks.isEmpty || unnamed > 0 else { return [] }
    if shown == 0 { return [collapsed(blocks.reduce(unnamed) { $0 + $1.models })] }
    let visible = blocks.prefix(shown).flatMap { isBrief ? [$0.brief] : $0.full }
    let rest = blocks.dropFirst(shown).reduce(unnamed) { $0 + $1.models }
    return ["", title] + visible + (rest > 0 ? more(rest) : [])
  }

  /// Takes one step back; false when nothing is left to leave out.
  private mutating func shrink() -> Bool {
    shown = min(shown, blocks.count)
    if shown > 3 || (isBrief && shown > 0) {
      shown -= 1
    } else if !isBrief, blocks.contains(where: { $0.full.count > 1 }) {
      isBrief = true
    } else if shown > 0 {
      shown -= 1
    } else {
      return false
    }
    return true
  }

  /// Sections cut so that they have `room` lines together; the longest for its weight gives way first.
  static func fitted(_ sections: [ScreenSection], room: Int) -> [ScreenSection] {
    var sections = sections
    var finished: Set<Int> = []
    while sections.reduce(0, { $0 + $1.lines.count }) > room {
      let candidates = sections.indices.filter { !finished.contains($0) }
      let cost = { (index: Int) in sections[index].lines.count * 12 / sections[index].weight }
      // Of equals the last one, which matters least.
      guard let longest = candidates.reversed().max(by: { cost($0) < cost($1) }) else { break }
      if !sections[longest].shrink() { finished.insert(longest) }
    }
    return sections
  }
}
