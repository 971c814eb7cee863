import Domain

/// What a model made of a suite; also the JSON that the child process hands to its parent.
public struct ProbeReport: Sendable, Codable, Equatable {
  /// One result a probe, in the suite's order.
  public var results: [ProbeResult]
  /// Why nothing could be asked, for a person; nil when something was.
  public var trouble: String?
  /// How the model was asked, when that needs a word.
  public var note: String?
  /// Whether the file is not what it claims to be.
  public var isBrokenContainer = false
  /// From opening the file to the last answer.
  public var seconds = 0.0

  /// Nothing asked, and why.
  public init(_ suite: [Probe], trouble: String) {
    self.trouble = trouble
    results = suite.map { ProbeResult($0, .notAsked, reason: trouble) }
  }

  init(results: [ProbeResult]) { self.results = results }

  /// The report with nothing in it that the suite does not ask for: the process may have been taken over by what it read.
  func within(_ suite: [Probe]) -> ProbeReport {
    var report = self
    report.results = suite.map { probe in
      guard let given = results.first(where: { $0.name == probe.name }) else {
        return ProbeResult(probe, .notAsked, reason: "no result came back")
      }
      return ProbeResult(
        probe, given.outcome, right: min(max(given.right, 0), probe.cases.count),
        reason: given.reason.map { String($0.prefix(ProbeResult.textLimit)) },
        answer: given.answer.map { String($0.prefix(ProbeResult.textLimit)) })
    }
    report.trouble = trouble.map { String($0.prefix(1000)) }
    report.note = note.map { String($0.prefix(1000)) }
    report.seconds = seconds.isFinite ? min(max(seconds, 0), 1e6) : 0
    return report
  }
}
