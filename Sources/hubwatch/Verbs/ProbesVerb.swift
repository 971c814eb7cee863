import ArgumentParser
import Catalog
import Console
import Domain
import Foundation
import Settings
import Smoke
import Watch

/// What can a model do?
struct ProbesVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "probes", abstract: "Asks a model questions whose answers can be checked, and says what it can do.",
    discussion: """
      A file or folder is asked now. Of a model that hubwatch fetched, the stored results are shown; --run asks it again.
      Answers are the likeliest words, so that two runs say the same. A file probes.toml beside the configuration adds
      questions of your own; --suite prints the built-in ones and how they are written.

      EXIT STATUS: 0 asked, whatever came of it; 1 a model that cannot be asked; 65 a broken file.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "A GGUF file, a folder of safetensors, or the id of a fetched model.") var model: String?
  @Flag(help: "Ask a model of the catalog again, and store the results.") var run = false
  @Flag(help: "Print the built-in suite as TOML.") var suite = false
  @Flag(help: "Show what the model answered.") var answers = false
  @Flag(help: "Print one JSON document.") var json = false
  @Option(help: "Threads; the configuration's by default.") var threads: Int?

  func validate() throws {
    guard suite == (model == nil) else { throw ValidationError("give a model, or --suite") }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads takes 1 to 256") }
  }

  func work() async throws -> Domain.ExitCode {
    guard let model else {
      try common.print(ProbeSuiteFile.builtInText, lineEnd: ProbeSuiteFile.builtInText.hasSuffix("\n") ? "" : "\n")
      return .done
    }
    var loaded = try LoadedSettings(environment: common.environment)
    if let threads { loaded.settings.smoke.threads = threads }
    let findings = try await findings(try ModelSubject(model, loaded), loaded)
    if json {
      try common.print(JSONOutput.document(findings))
    } else {
      try common.print(text(findings))
    }
    if findings.isBrokenContainer { return .badInput }
    return findings.trouble == nil ? .done : .failed
  }

  private func findings(_ subject: ModelSubject, _ loaded: LoadedSettings) async throws -> ProbeFindings {
    switch subject {
    case .path(let path):
      let runner = SmokeRunner(program: SmokeRunner.thisProgram, options: .init(loaded.settings.smoke))
      let report = try await runner.probe(
        path, try loaded.probeSuite(), budgetSeconds: loaded.settings.probes.budgetSeconds)
      return ProbeFindings(subject, report, at: Date())
    case .copy(let copy, _) where run:
      return try await House.open(loaded, observe: Narrator(terminal: common.errorTerminal).observer) { house in
        ProbeFindings(subject, try await house.street.probe(copy), at: Date())
      }
    case .copy(let copy, _):
      let records = try Catalog.ifPresent(folder: loaded.places.state)?.probes(ofCopy: copy.id) ?? []
      guard !records.isEmpty else { throw NotAsked(model: copy.repo.description) }
      return ProbeFindings(subject, records)
    }
  }

  private func text(_ findings: ProbeFindings) -> String {
    let (style, width) = (common.terminal.style, max(40, min(common.terminal.width, 100)))
    let results = findings.probes.map(\.result)
    var lines = [style.paint(TextWidth.cut(ForeignText.safe(findings.title), to: width), .heading)]
    lines.append(ProbeWords.summary(results))
    if let trouble = findings.trouble { lines.append(style.paint(ForeignText.oneLine(trouble, limit: 500), .bad)) }
    if let note = findings.note { lines.append(style.paint(ForeignText.oneLine(note, limit: 500), .warning)) }
    if findings.trouble == nil {
      lines += [""] + ProbeWords.lines(results, width: width, style: style)
      lines += [""] + ProbeWords.abilities(results).map { "  \(ForeignText.safe($0))" }
      if answers {
        for result in results {
          guard let answer = result.answer else { continue }
          lines += [
            "", ForeignText.safe(result.name), style.paint("  “\(ForeignText.oneLine(answer, limit: 300))”", .faint),
          ]
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// A model of the catalog of which nothing is stored.
  private struct NotAsked: ReportableError {
    let model: String
    var problem: String { "\(model) has not been asked yet" }
    var advice: String? { "`hubwatch probes --run \(model)` asks it" }
    var exitCode: Domain.ExitCode { .failed }
  }
}

/// What a model made of a suite, in the form of `probes --json`.
struct ProbeFindings: Encodable {
  /// One probe.
  struct Row: Encodable {
    let result: ProbeResult
    let at: Date

    private enum CodingKeys: String, CodingKey { case name, capability, outcome, right, cases, reason, answer, at }

    /// Every key is there; what is not known is null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(result.name, forKey: .name)
      try container.encode(result.capability, forKey: .capability)
      try container.encode(result.outcome, forKey: .outcome)
      try container.encode(result.right, forKey: .right)
      try container.encode(result.cases, forKey: .cases)
      try container.encode(result.reason, forKey: .reason)
      try container.encode(result.answer, forKey: .answer)
      try container.encode(at, forKey: .at)
    }
  }

  let title: String
  let model: String?
  let quantization: String?
  let path: String
  let probes: [Row]
  let trouble: String?
  let note: String?
  let seconds: Double?
  let isBrokenContainer: Bool

  init(_ subject: ModelSubject, _ report: ProbeReport, at now: Date) {
    self.init(subject, report.results.map { Row(result: $0, at: now) }, report)
  }

  init(_ subject: ModelSubject, _ records: [ProbeRecord]) {
    self.init(subject, records.map { Row(result: $0.result, at: $0.at) }, nil)
  }

  private init(_ subject: ModelSubject, _ rows: [Row], _ report: ProbeReport?) {
    title = subject.title
    path = subject.file
    if case .copy(let copy, _) = subject {
      model = copy.repo.description
      quantization = copy.quantization
    } else {
      model = nil
      quantization = nil
    }
    probes = rows
    trouble = report?.trouble
    note = report?.note
    seconds = report?.seconds
    isBrokenContainer = report?.isBrokenContainer ?? false
  }

  private enum CodingKeys: String, CodingKey {
    case schema, model, quantization, path, passed, failed, notAsked, seconds, trouble, note, probes
  }

  /// Every key is there; what is not known is null.
  func encode(to encoder: any Encoder) throws {
    func count(_ outcome: ProbeResult.Outcome) -> Int { probes.count { $0.result.outcome == outcome } }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("hubwatch.probes/1", forKey: .schema)
    try container.encode(model, forKey: .model)
    try container.encode(quantization, forKey: .quantization)
    try container.encode(path, forKey: .path)
    try container.encode(count(.passed), forKey: .passed)
    try container.encode(count(.failed), forKey: .failed)
    try container.encode(count(.notAsked), forKey: .notAsked)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(trouble, forKey: .trouble)
    try container.encode(note, forKey: .note)
    try container.encode(probes, forKey: .probes)
  }
}
