import Domain

/// Makes probes out of the elements of a TOML file, and collects what is wrong with them.
struct ProbeReader {
  private(set) var problems: [SettingsError.Problem] = []
  private var probes: [Probe] = []
  /// The line of each probe, and how many right answers it says that it needs.
  private var heads: [(line: Int, need: Int?)] = []

  private static let probeKeys = ["name", "capability", "system", "need", "tokens"]
  private static let caseKeys = [
    "question", "prompt", "needle", "depth", "filler", "equals", "contains", "any", "excludes", "number", "tolerance",
    "json", "lines", "words", "uppercase", "pattern", "rule",
  ]

  mutating func refuse(_ line: Int?, _ description: String) {
    problems.append(SettingsError.Problem(line: line, description: description))
  }

  /// `[[probe]]`.
  mutating func begin(_ element: TOMLElement) {
    var probe = Probe(name: "", capability: "other", need: 1, tokens: 48, cases: [])
    var need: Int?
    for entry in element.entries {
      store(entry, of: "[[probe]]", Self.probeKeys) { entry throws(SettingRefusal) in
        switch entry.key {
        case "name": probe.name = try entry.value.label()
        case "capability": probe.capability = try entry.value.label()
        case "system": probe.system = try entry.value.text()
        case "need": need = try entry.value.whole(1...ProbeSuiteFile.caseLimit)
        case "tokens": probe.tokens = try entry.value.whole(1...512)
        default: return false
        }
        return true
      }
    }
    if probe.name.isEmpty {
      refuse(element.line, "[[probe]] has no name")
    } else if probes.contains(where: { $0.name == probe.name }) {
      refuse(element.line, "[[probe]] \"\(probe.name)\" stands here twice")
    } else if probes.count == ProbeSuiteFile.limit {
      refuse(element.line, "[[probe]] \"\(probe.name)\" is one too many: a file has \(ProbeSuiteFile.limit) at most")
    }
    probes.append(probe)
    heads.append((element.line, need))
  }

  /// `[[probe.case]]`.
  mutating func add(_ element: TOMLElement) {
    guard !probes.isEmpty else { return refuse(element.line, "[[probe.case]] stands before the first [[probe]]") }
    var item = Probe.Case(question: "", check: ProbeCheck())
    var needle: String?
    var (depth, filler) = (0.5, 400)
    for entry in element.entries {
      store(entry, of: "[[probe.case]]", Self.caseKeys) { entry throws(SettingRefusal) in
        switch entry.key {
        case "question": item.question = try entry.value.text()
        case "prompt": item.prompt = try entry.value.text()
        case "needle": needle = try entry.value.text()
        case "depth": depth = try entry.value.number(0...1)
        case "filler": filler = try entry.value.whole(0...100_000)
        default: return try Self.check(entry, &item.check)
        }
        return true
      }
    }
    item.haystack = needle.map { Probe.Haystack(needle: $0, depth: depth, words: filler) }
    if item.question.isEmpty { refuse(element.line, "[[probe.case]] has no question") }
    if item.check.isEmpty { refuse(element.line, "[[probe.case]] does not say what a right answer is") }
    guard probes[probes.count - 1].cases.count < ProbeSuiteFile.caseLimit else {
      return refuse(element.line, "[[probe.case]] is one too many: a probe has \(ProbeSuiteFile.caseLimit) at most")
    }
    probes[probes.count - 1].cases.append(item)
  }

  private static func check(_ entry: TOMLEntry, _ check: inout ProbeCheck) throws(SettingRefusal) -> Bool {
    let value = entry.value
    switch entry.key {
    case "equals": check.equals = try value.oneOrMore()
    case "contains": check.contains = try value.oneOrMore()
    case "any": check.any = try value.oneOrMore()
    case "excludes": check.excludes = try value.oneOrMore()
    case "number": check.number = try value.number(-1e15...1e15)
    case "tolerance": check.tolerance = try value.number(0...1e15)
    case "json":
      check.json = []
      for text in try value.oneOrMore() {
        let parts = text.split(separator: "=", maxSplits: 1).map { $0.trimmed }
        guard parts.count == 2, !parts[0].isEmpty else {
          throw SettingRefusal(wanted: "members such as [\"name = Anna\", \"age = 31\"]")
        }
        check.json.append(ProbeCheck.Member(key: parts[0], value: parts[1]))
      }
    case "lines": check.lines = try value.whole(1...200)
    case "words": check.words = try value.whole(1...1000)
    case "uppercase": check.isUppercase = try value.flag()
    case "pattern":
      let pattern = try value.text()
      guard (try? Regex(pattern)) != nil else { throw SettingRefusal(wanted: "a regular expression") }
      check.pattern = pattern
    case "rule":
      check.rule = ProbeCheck.Rule(rawValue: try value.choice(ProbeCheck.Rule.allCases.map(\.rawValue)))
    default: return false
    }
    return true
  }

  /// Stores an entry, or says why not; `read` tells whether it knows the key.
  private mutating func store(
    _ entry: TOMLEntry, of table: String, _ keys: [String], _ read: (TOMLEntry) throws(SettingRefusal) -> Bool
  ) {
    do throws(SettingRefusal) {
      guard try !read(entry) else { return }
      let nearest = Spelling.nearest(entry.key, in: keys)
      refuse(entry.line, ConfigurationFile.unknown("key \"\(entry.key)\" of \(table)", nearest: nearest))
    } catch {
      refuse(entry.line, "\(entry.key) of \(table) is \(entry.value.kind) but wants \(error.wanted)")
    }
  }

  /// The probes, each with as many right answers to give as it says, or else all.
  mutating func finish() -> [Probe] {
    for index in probes.indices {
      let (line, need) = heads[index]
      let count = probes[index].cases.count
      if count == 0 { refuse(line, "[[probe]] \"\(probes[index].name)\" has no [[probe.case]]") }
      if let need, need > count { refuse(line, "[[probe]] \"\(probes[index].name)\" needs more cases than it has") }
      probes[index].need = need ?? max(1, count)
    }
    return probes
  }
}

extension SettingValue {
  /// A text or a list of them, none of them empty.
  fileprivate func oneOrMore() throws(SettingRefusal) -> [String] {
    let texts: [String]
    switch self {
    case .string(let text): texts = [text]
    case .strings(let list): texts = list
    default: throw SettingRefusal(wanted: "a text, or a list of texts")
    }
    guard !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty }) else {
      throw SettingRefusal(wanted: "a text, or a list of texts, none of them empty")
    }
    return texts
  }

  /// A name of one line.
  fileprivate func label() throws(SettingRefusal) -> String {
    let text = try text()
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value >= 32 && $0.value != 127 && !(128..<160).contains($0.value)
    }
    guard (1...40).contains(text.count), text.utf8.count <= 160, isPlain else {
      throw SettingRefusal(wanted: "1 to 40 printable characters")
    }
    return text
  }
}

extension Substring {
  /// Without blanks around it.
  fileprivate var trimmed: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
