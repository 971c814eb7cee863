import ArgumentParser
import Console
import Domain
import Foundation
import Settings
import Smoke
import Watch

/// Does it really run?
struct SmokeVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "smoke", abstract: "Runs a model in a child process and says whether it works.",
    discussion: """
      A path to a GGUF file or a folder of safetensors needs no state. A model's id tests the copy that hubwatch fetched, and remembers it.
      --devices tests nothing and says which cards are there.

      EXIT STATUS: 0 pass; 1 suspect, fail or unsupported; 65 a broken file.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "A GGUF file, a folder of safetensors, or the id of a fetched model.") var model: String?
  @Flag(help: "Print one JSON document.") var json = false
  @Flag(help: "Ask what passes the questions of `hubwatch probes`, too.") var probes = false
  @Flag(help: "Say which graphics cards there are.") var devices = false
  @Option(help: "Threads; the configuration's by default.") var threads: Int?

  func validate() throws {
    guard devices == (model == nil) else { throw ValidationError("give a model, or --devices") }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads takes 1 to 256") }
  }

  func work() async throws -> Domain.ExitCode {
    var loaded = try LoadedSettings(environment: common.environment)
    if let threads { loaded.settings.smoke.threads = threads }
    guard let model else {
      let answer = await DeviceAnswer.visible(loaded.settings.smoke)
      try common.print(json ? JSONOutput.document(DevicesReport(answer)) : DevicesReport(answer).text)
      return .done
    }
    let (report, asked) =
      InputPath.isFile(model) || InputPath.isModelFolder(model)
      ? try await testFile(model, loaded) : try await testCopy(model, loaded)
    let rows = asked.map { $0.results.map { ProbeFindings.Row(result: $0, at: Date()) } } ?? []
    let text =
      json
      ? try JSONOutput.document(PublicReport(report, probes: rows))
      : Self.text(report, asked, common.terminal.style)
    try common.print(text)
    return report.exitCode
  }

  private func testFile(_ path: String, _ loaded: LoadedSettings) async throws -> (SmokeReport, ProbeReport?) {
    let runner = SmokeRunner(program: SmokeRunner.thisProgram, options: .init(loaded.settings.smoke))
    let report = try await runner.test(path)
    guard probes, report.verdict == .pass else { return (report, nil) }
    let budget = loaded.settings.probes.budgetSeconds
    return (report, try await runner.probe(path, try loaded.probeSuite(), budgetSeconds: budget))
  }

  private func testCopy(_ model: String, _ loaded: LoadedSettings) async throws -> (SmokeReport, ProbeReport?) {
    guard let id = RepoID(model), id.description.contains("/") else { throw InputError.noSuchFile(model) }
    return try await House.open(loaded, observe: Narrator(terminal: common.errorTerminal).observer) { house in
      let copy = try house.catalog.copies(of: id).first { $0.state == .verified || $0.state == .tested }
      guard let copy else { throw InputError.notFetched(model) }
      let report = try await house.street.test(copy)
      return (report, probes && report.verdict == .pass ? try await house.street.probe(copy) : nil)
    }
  }

  private static func text(_ report: SmokeReport, _ asked: ProbeReport?, _ style: Style) -> String {
    let meaning: Style.Meaning =
      switch report.verdict {
      case .pass: .good
      case .suspect, .unsupported: .warning
      case .fail: .bad
      }
    var lines = ["\(style.paint(report.verdict.rawValue, meaning))  \(ForeignText.safe(report.path))"]
    for reason in report.reasons { lines.append("  \(ForeignText.safe(reason, limit: 1000))") }
    var facts: [String] = []
    if let architecture = report.architecture { facts.append(architecture) }
    if let quantization = report.quantization { facts.append(quantization) }
    if let load = report.loadSeconds { facts.append("loaded in \(ByteCount.decimal(load, places: 2)) s") }
    if let speed = report.promptTokensPerSecond {
      facts.append("prompt \(ByteCount.decimal(speed, places: 1)) tokens/s")
    }
    if let speed = report.tokensPerSecond {
      facts.append("generation \(ByteCount.decimal(speed, places: 1)) tokens/s")
    }
    if let perplexity = report.perplexity {
      facts.append("perplexity \(ByteCount.decimal(perplexity, places: 2))")
    }
    if let peak = report.peakMemoryBytes {
      let estimate = report.estimateBytes.map { ", \(ByteCount($0).asMemory) of it foreseen" } ?? ""
      facts.append("peak memory \(ByteCount(peak).asMemory)\(estimate)")
    }
    if !facts.isEmpty { lines.append("  " + facts.map { ForeignText.safe($0, limit: 100) }.joined(separator: ", ")) }
    if let asked {
      lines.append(
        "  " + (asked.trouble.map { ForeignText.oneLine($0, limit: 400) } ?? ProbeWords.summary(asked.results)))
    }
    if !report.isolation.isEmpty {
      let walls = report.isolation.map { ForeignText.safe($0, limit: 40) }.joined(separator: ", ")
      lines.append(style.paint("  kept at bay by \(walls)", .faint))
    }
    for note in report.notes { lines.append(style.paint("  \(ForeignText.safe(note, limit: 1000))", .faint)) }
    if let answer = report.answer, !answer.isEmpty {
      lines.append(style.paint("  asked: “\(ForeignText.oneLine(answer, limit: 200))”", .faint))
    }
    if let text = report.text, !text.isEmpty {
      lines.append(style.paint("  “\(ForeignText.oneLine(text, limit: 400))”", .faint))
    }
    return lines.joined(separator: "\n")
  }
}

/// The report without what only parent and child tell each other.
struct PublicReport: Encodable {
  let schema: String
  let path: String
  let verdict: SmokeVerdict
  let reasons: [String]
  let architecture: String?
  let quantization: String?
  let parameters: Int64?
  let loadSeconds: Double?
  let promptTokensPerSecond: Double?
  let tokensPerSecond: Double?
  let perplexity: Double?
  let peakMemoryBytes: Int64?
  let estimateBytes: Int64?
  let texts: [SmokeReport.Text]
  let notes: [String]
  let text: String?
  let answer: String?
  let probes: [ProbeFindings.Row]
  let isolation: [String]

  init(_ report: SmokeReport, probes: [ProbeFindings.Row]) {
    schema = report.schema
    path = report.path
    verdict = report.verdict
    reasons = report.reasons
    architecture = report.architecture
    quantization = report.quantization
    parameters = report.parameters
    loadSeconds = report.loadSeconds
    promptTokensPerSecond = report.promptTokensPerSecond
    tokensPerSecond = report.tokensPerSecond
    perplexity = report.perplexity
    peakMemoryBytes = report.peakMemoryBytes
    estimateBytes = report.estimateBytes
    texts = report.texts
    notes = report.notes
    text = report.text
    answer = report.answer
    self.probes = probes
    isolation = report.isolation
  }

  private enum CodingKeys: String, CodingKey {
    case schema, path, verdict, reasons, architecture, quantization, parameters, loadSeconds
    case promptTokensPerSecond, tokensPerSecond, perplexity, peakMemoryBytes, estimateBytes, texts, notes
    case text, answer, probes, isolation
  }

  /// Every key of the contract is there; what was not measured is null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(path, forKey: .path)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(reasons, forKey: .reasons)
    try container.encode(architecture, forKey: .architecture)
    try container.encode(quantization, forKey: .quantization)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(loadSeconds, forKey: .loadSeconds)
    try container.encode(promptTokensPerSecond, forKey: .promptTokensPerSecond)
    try container.encode(tokensPerSecond, forKey: .tokensPerSecond)
    try container.encode(perplexity, forKey: .perplexity)
    try container.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
    try container.encode(estimateBytes, forKey: .estimateBytes)
    try container.encode(texts, forKey: .texts)
    try container.encode(notes, forKey: .notes)
    try container.encode(text, forKey: .text)
    try container.encode(answer, forKey: .answer)
    try container.encode(probes, forKey: .probes)
    try container.encode(isolation, forKey: .isolation)
  }
}

/// Tells a path from the id of a model.
enum InputPath {
  /// Whether something other than a folder lies there: a folder may be named as a model is.
  static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// Whether a folder lies there that holds a model, or that was named as a path and not as a model.
  static func isModelFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return false }
    if path.hasPrefix("/") || path.hasPrefix(".") || path.hasSuffix("/") { return true }
    // A folder that cannot be read is taken for a model's name, which then says what is wrong.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.contains { $0 == "config.json" || $0.hasSuffix(".gguf") || $0.hasSuffix(".safetensors") }
  }
}

/// What a person named is not there.
enum InputError: ReportableError, Equatable {
  case noSuchFile(String)
  case notFetched(String)
  case notARepo(String)
  case unreadable(String)

  var problem: String {
    switch self {
    case .noSuchFile(let name): "\(name) is neither a file nor the id of a model"
    case .notFetched(let name): "\(name) has not been fetched"
    case .notARepo(let name): "\(name) is not the id of a model"
    case .unreadable(let name): "\(name) cannot be read"
    }
  }
  var advice: String? {
    switch self {
    case .noSuchFile, .notARepo: "ids look like organisation/name"
    case .notFetched(let name): "run `hubwatch pull \(name)` first"
    case .unreadable: "check its path and mode"
    }
  }
  var exitCode: Domain.ExitCode { .failed }
}
