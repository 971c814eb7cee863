/// What the user's rules say of a model, and which of them decided.
public struct Ruling: Sendable, Hashable {
  /// A rule of the configuration; the names of the keys in `[watch]`.
  public enum Rule: String, Sendable, CaseIterable {
    /// Its author is muted.
    case mute
    /// Its author is followed.
    case follow
    /// It is marked as not for all audiences.
    case nsfw
    /// Its licence is not among the wanted ones.
    case licences
    /// It states languages, and none of the wanted ones.
    case languages
    /// It has fewer parameters than wanted.
    case minParameters
    /// It has more parameters than wanted.
    case maxParameters
    /// It, or a model that it came from, matches a wanted family.
    case families
    /// Its architecture is, or is not, among the wanted ones.
    case architectures
    /// Nothing tells its architecture yet: it is let in until its header was read.
    case unknownArchitecture
  }

  /// Whether it is let in.
  public let isAdmitted: Bool
  /// The rule that decided.
  public let rule: Rule
  /// What the rule found: the architecture, the author, the licence …; cut to 80 bytes.
  public let finding: String

  /// A decision.
  public init(isAdmitted: Bool, rule: Rule, finding: String = "") {
    self.isAdmitted = isAdmitted
    self.rule = rule
    self.finding = finding.utf8.count <= 80 ? finding : String(finding.prefix(20))
  }

  /// The form in which a catalog of a million models keeps it: `+architectures llama`.
  public var code: String {
    var bytes: [UInt8] = []
    appendCode(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Puts its code behind other bytes, which is what recording a million models needs.
  public func appendCode(to bytes: inout [UInt8]) {
    bytes.append(isAdmitted ? UInt8(ascii: "+") : UInt8(ascii: "-"))
    bytes.append(contentsOf: rule.rawValue.utf8)
    guard !finding.isEmpty else { return }
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: finding.utf8)
  }

  /// A ruling out of its code; nil for any other text.
  public init?(code: String) {
    guard let sign = code.first, sign == "+" || sign == "-" else { return nil }
    let parts = code.dropFirst().split(separator: " ", maxSplits: 1)
    guard let name = parts.first, let rule = Rule(rawValue: String(name)) else { return nil }
    self.init(isAdmitted: sign == "+", rule: rule, finding: parts.count == 2 ? String(parts[1]) : "")
  }

  /// The decision in words.
  public var explanation: String {
    switch (rule, isAdmitted) {
    case (.mute, _): "watch.mute names \(finding)"
    case (.follow, _): "watch.follow names \(finding)"
    case (.nsfw, _): "marked \(finding), and watch.nsfw is false"
    case (.licences, _): "licence \(finding.isEmpty ? "not stated" : finding), not among watch.licences"
    case (.languages, _): "languages \(finding), none of watch.languages"
    case (.minParameters, _): "\(finding) parameters, below watch.min_parameters"
    case (.maxParameters, _): "\(finding) parameters, above watch.max_parameters"
    case (.families, _): "\(finding) matches watch.families"
    case (.architectures, true): "architecture \(finding) is among watch.architectures"
    case (.architectures, false): "architecture \(finding) is not among watch.architectures"
    case (.unknownArchitecture, _): "nothing tells its architecture yet"
    }
  }
}
