/// A question of which an answer can be checked: what a model can do, and not how well it talks.
public struct Probe: Sendable, Codable, Equatable {
  /// What a person calls it: `read a table`. No two probes of a suite have the same.
  public var name: String
  /// The ability that it is about: `reading`.
  public var capability: String
  /// Set before the question for chat models; empty for none.
  public var system = ""
  /// How many cases have to be answered right.
  public var need: Int
  /// New tokens of an answer at most.
  public var tokens: Int
  /// The questions.
  public var cases: [Case]

  /// One question.
  public struct Case: Sendable, Codable, Equatable {
    /// For a model that answers in chat.
    public var question: String
    /// For a model that only continues a text; nil puts the question into a plain form.
    public var prompt: String?
    /// The text in which something is to be found; nil for none.
    public var haystack: Haystack?
    /// What a right answer is.
    public var check: ProbeCheck

    /// A question.
    public init(question: String, prompt: String? = nil, haystack: Haystack? = nil, check: ProbeCheck) {
      self.question = question
      self.prompt = prompt
      self.haystack = haystack
      self.check = check
    }
  }

  /// A long text with one sentence that matters.
  public struct Haystack: Sendable, Codable, Equatable {
    /// The sentence.
    public var needle: String
    /// Where it stands: 0 at the beginning, 1 at the end.
    public var depth: Double
    /// Words of the text around it.
    public var words: Int

    /// A long text.
    public init(needle: String, depth: Double, words: Int) {
      self.needle = needle
      self.depth = depth
      self.words = words
    }
  }

  /// A probe.
  public init(name: String, capability: String, need: Int, tokens: Int, cases: [Case]) {
    self.name = name
    self.capability = capability
    self.need = need
    self.tokens = tokens
    self.cases = cases
  }

  /// A short word for what exactly is asked: results of two suites compare where it is the same.
  ///
  /// FNV-1a over the parts, each with its length before it.
  public var version: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ text: String) {
      for byte in "\(text.utf8.count):\(text)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    for part in [name, capability, system, "\(need)", "\(tokens)"] { add(part) }
    for item in cases {
      for part in [item.question, item.prompt ?? "", item.check.identity] { add(part) }
      if let haystack = item.haystack { add("\(haystack.needle) \(haystack.depth) \(haystack.words)") }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// What a right answer is; everything that is said has to hold. Case and space around an answer do not count unless said.
public struct ProbeCheck: Sendable, Codable, Equatable {
  /// The whole answer is one of these, but for quotes around and a full stop behind it; empty for anything.
  public var equals: [String] = []
  /// All of these occur.
  public var contains: [String] = []
  /// One of these occurs; empty for anything.
  public var any: [String] = []
  /// None of these occurs.
  public var excludes: [String] = []
  /// The number that the answer comes to.
  public var number: Double?
  /// How far it may be off.
  public var tolerance = 0.0
  /// Members of the JSON object in the answer.
  public var json: [Member] = []
  /// How many lines the answer has.
  public var lines: Int?
  /// How many words the answer has.
  public var words: Int?
  /// Whether all its letters are capitals.
  public var isUppercase = false
  /// A regular expression that matches somewhere.
  public var pattern: String?
  /// A rule for code.
  public var rule: Rule?

  /// A member that a JSON object shall have.
  public struct Member: Sendable, Codable, Equatable {
    /// Its key.
    public var key: String
    /// Its value as text.
    public var value: String

    /// A member.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// Code that is looked at and never run.
  public enum Rule: String, Sendable, Codable, CaseIterable {
    /// A Python function of the Fibonacci numbers.
    case fibonacci
  }

  /// A check of nothing, to be filled.
  public init() {}

  /// Whether nothing is checked.
  public var isEmpty: Bool { self == ProbeCheck(tolerance: tolerance) }

  private init(tolerance: Double) { self.tolerance = tolerance }

  /// A text that is the same for the same check.
  fileprivate var identity: String {
    let members = json.map { "\($0.key)=\($0.value)" }
    let numbers = "\(number.map { "\($0)" } ?? "") \(tolerance) \(lines ?? -1) \(words ?? -1) \(isUppercase)"
    return [equals, contains, any, excludes, members].map { $0.joined(separator: "\u{1F}") }.joined(separator: "\u{1E}")
      + "\u{1E}\(numbers) \(pattern ?? "") \(rule?.rawValue ?? "")"
  }
}

/// What came of a probe.
public struct ProbeResult: Sendable, Codable, Equatable {
  /// How it ended.
  public enum Outcome: String, Sendable, Codable {
    case passed
    case failed
    /// It got no turn, or did not fit; nothing is said about the model.
    case notAsked
  }

  /// The probe's name.
  public var name: String
  /// Its ability.
  public var capability: String
  /// What exactly was asked.
  public var version: String
  /// How it ended.
  public var outcome: Outcome
  /// Cases that were answered right.
  public var right: Int
  /// Cases.
  public var cases: Int
  /// What was wrong with the first wrong answer, or why it was not asked.
  public var reason: String?
  /// The first wrong answer, or else the first; cut.
  public var answer: String?

  /// A result.
  public init(
    _ probe: Probe, _ outcome: Outcome, right: Int = 0, reason: String? = nil, answer: String? = nil
  ) {
    name = probe.name
    capability = probe.capability
    version = probe.version
    self.outcome = outcome
    self.right = right
    cases = probe.cases.count
    self.reason = reason
    self.answer = answer
  }

  /// A result as it was stored.
  public init(
    name: String, capability: String, version: String, outcome: Outcome, right: Int, cases: Int, reason: String?,
    answer: String?
  ) {
    self.name = name
    self.capability = capability
    self.version = version
    self.outcome = outcome
    self.right = right
    self.cases = cases
    self.reason = reason
    self.answer = answer
  }

  /// The most characters of an answer and of a reason that are kept.
  public static let textLimit = 300
}
