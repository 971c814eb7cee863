/// A regular expression of the kind that tokenizers use to cut text into words.
///
/// Classes of characters (`\p{…}`, `[…&&[^…]]`), groups, alternatives, greedy, lazy and possessive repetition, looking
/// ahead, `^`, `$`, `\b`, `(?i:…)`. No captures and no looking back; what is beyond that is refused. Expressions come
/// out of foreign files: whatever they say, matching ends, since states that failed are remembered.
struct TextRegex: Sendable {
  /// Why an expression is not taken.
  struct Refusal: Error, Equatable {
    /// What about it.
    let reason: String
  }

  /// One step of the compiled expression; numbers are places of steps, or of sets.
  enum Step: Sendable {
    /// One character of a set.
    case one(set: Int)
    /// As many characters of a set as there are, within bounds; gives back one at a time unless `keeps`.
    case run(set: Int, least: Int, most: Int, keeps: Bool)
    /// Go on at the first place; when that fails, at the second.
    case fork(Int, Int)
    case jump(Int)
    /// Whether the steps up to `after` match here decides, without using anything up.
    case look(wants: Bool, after: Int)
    /// What the steps up to `after` match is not given back.
    case keep(after: Int)
    case atStart
    case atEnd
    case atLineStart
    case atLineEnd
    case atWordEdge(wants: Bool)
    case accept
  }

  let steps: [Step]
  let sets: [ScalarSet]

  /// Compiles an expression.
  ///
  /// - Throws: `Refusal` for a broken one, and for what is not known.
  init(_ expression: String) throws(Refusal) {
    var compiler = RegexCompiler(expression)
    (steps, sets) = try compiler.compile()
  }

  /// What was learned about one piece of text.
  struct Memory {
    /// For a step: the places at which a run is known to lead nowhere.
    fileprivate var deadRuns: [Int: Range<Int>] = [:]
    /// Forks that are known to lead nowhere, step and place.
    fileprivate var deadForks: Set<UInt64> = []
  }

  /// The end of the match that begins at `position`; nil when there is none.
  func match(_ cursor: WordCursor, at position: Int, memory: inout Memory) -> Int? {
    var matcher = RegexMatcher(regex: self, cursor: cursor, memory: memory)
    memory = Memory()
    defer { memory = matcher.memory }
    return matcher.match(from: 0, at: position)
  }
}

/// One attempt to match, with an explicit stack of what can still be tried.
private struct RegexMatcher {
  let regex: TextRegex
  let cursor: WordCursor
  var memory: TextRegex.Memory
  private var effort = 0

  /// What to try when the present way fails.
  private enum Choice {
    case other(step: Int, position: Int)
    /// A run that can still give back: it ends at `end`, and may end no earlier than at `least`.
    case shorter(step: Int, start: Int, least: Int, end: Int, full: Int)
    /// Both ways of a fork have failed.
    case deadFork(UInt64)
  }

  /// Steps that an attempt may take before it begins to remember: real expressions stay far below.
  private static let patience = 512
  /// Runs shorter than this are cheap to repeat.
  private static let shortRun = 16

  init(regex: TextRegex, cursor: WordCursor, memory: TextRegex.Memory) {
    self.regex = regex
    self.cursor = cursor
    self.memory = memory
  }

  mutating func match(from first: Int, at start: Int) -> Int? {
    var step = first
    var position = start
    var choices: [Choice] = []
    while true {
      effort += 1
      var fails = false
      switch regex.steps[step] {
      case .one(let set):
        if holds(set, position) {
          position += 1
          step += 1
        } else {
          fails = true
        }
      case .run(let set, let least, let most, let keeps):
        if memory.deadRuns[step]?.contains(position) == true {
          fails = true
          break
        }
        var end = position
        let limit = most < cursor.end - position ? position + most : cursor.end
        let members = regex.sets[set]
        while end < limit, members.contains(cursor.text.scalars[end], cursor.text.classes[end]) { end += 1 }
        guard end - position >= least else {
          fails = true
          break
        }
        if !keeps, end - position > least {
          choices.append(
            .shorter(
              step: step, start: position, least: position + least, end: end,
              full: most == .max && least <= 1 ? end : position))
        }
        position = end
        step += 1
      case .fork(let one, let two):
        if effort > Self.patience {
          let key = UInt64(step) << 40 | UInt64(position)
          if memory.deadForks.contains(key) {
            fails = true
            break
          }
          choices.append(.deadFork(key))
        }
        choices.append(.other(step: two, position: position))
        step = one
      case .jump(let place): step = place
      case .look(let wants, let after):
        if (match(from: step + 1, at: position) != nil) == wants { step = after } else { fails = true }
      case .keep(let after):
        if let end = match(from: step + 1, at: position) {
          position = end
          step = after
        } else {
          fails = true
        }
      case .atStart, .atEnd, .atLineStart, .atLineEnd, .atWordEdge:
        if isEdge(regex.steps[step], position) { step += 1 } else { fails = true }
      case .accept: return position
      }
      if fails {
        guard let next = retry(&choices) else { return nil }
        (step, position) = next
      }
    }
  }

  /// The next thing to try.
  private mutating func retry(_ choices: inout [Choice]) -> (step: Int, position: Int)? {
    while let choice = choices.popLast() {
      switch choice {
      case .other(let step, let position): return (step, position)
      case .shorter(let step, let start, let least, let end, let full):
        if end > least {
          choices.append(.shorter(step: step, start: start, least: least, end: end - 1, full: full))
          return (step + 1, end - 1)
        }
        // A later beginning in the same run could only end where this one did.
        if full - start > Self.shortRun { memory.deadRuns[step] = start..<full }
      case .deadFork(let key): memory.deadForks.insert(key)
      }
    }
    return nil
  }

  private func holds(_ set: Int, _ position: Int) -> Bool {
    position < cursor.end
      && regex.sets[set].contains(cursor.text.scalars[position], cursor.text.classes[position])
  }

  private func isEdge(_ step: TextRegex.Step, _ position: Int) -> Bool {
    switch step {
    case .atStart: position == cursor.start
    case .atEnd: position == cursor.end
    case .atLineStart: position == cursor.start || cursor.text.scalars[position - 1] == "\n"
    case .atLineEnd: position == cursor.end || cursor.text.scalars[position] == "\n"
    case .atWordEdge(let wants): (isWord(position - 1) != isWord(position)) == wants
    default: false
    }
  }

  private func isWord(_ position: Int) -> Bool {
    position >= cursor.start && cursor.has(position, .word)
  }
}
