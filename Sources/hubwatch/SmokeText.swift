import Console
import Domain
import Foundation
import Smoke

/// What a smoke test found, for a terminal or a program.
enum SmokeText {
  static func render(_ report: SmokeReport, _ asked: ProbeReport?, json: Bool, style: Style) throws -> String {
    guard json else { return text(report, asked, style) }
    let rows = asked.map { $0.results.map { ProbeFindings.Row(result: $0, at: Date()) } } ?? []
    return try JSONOutput.document(PublicReport(report, probes: rows))
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
