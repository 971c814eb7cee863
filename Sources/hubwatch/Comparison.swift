import Catalog
import Domain
import Foundation
import ModelFiles
import Smoke

/// One of two models that stand side by side; what is not known is nil.
struct ComparedModel: Encodable {
  var model: String?
  var path: String
  var architecture: String?
  var quantization: String?
  var parameters: Int64?
  var layers: Int?
  var embedding: Int?
  var contextLength: Int?
  var vocabulary: Int?
  var fileBytes: Int64?
  var neededBytes: Int64?
  var verdict: SmokeVerdict?
  var reasons: [String] = []
  var loadSeconds: Double?
  var promptTokensPerSecond: Double?
  var tokensPerSecond: Double?
  var peakMemoryBytes: Int64?
  var estimateBytes: Int64?
  var perplexity: Double?
  /// On the built-in English text.
  var bitsPerByte: Double?
  /// For people; not part of the JSON form.
  var title: String
  /// Results of probes; not part of this member of the JSON form.
  var results: [ProbeResult] = []

  private enum CodingKeys: String, CodingKey {
    case model, path, architecture, quantization, parameters, layers, embedding, contextLength, vocabulary, fileBytes
    case neededBytes, verdict, reasons, loadSeconds, promptTokensPerSecond, tokensPerSecond, peakMemoryBytes,
      estimateBytes
    case perplexity, bitsPerByte
  }

  /// A model of which only its place is known.
  init(_ subject: ModelSubject) {
    title = subject.title
    path = subject.file
    let attributes = try? FileManager.default.attributesOfItem(atPath: subject.file)
    fileBytes = (attributes?[.size] as? NSNumber)?.int64Value
    if case .copy(let copy, _) = subject {
      model = copy.repo.description
      quantization = copy.quantization
      fileBytes = copy.bytes
    }
    // A file that cannot be read has its verdict, which says why.
    if let file = try? GGUFFile(path: subject.file), let shape = try? ModelShape(gguf: file.header) { take(shape) }
  }

  mutating func take(_ shape: ModelShape) {
    architecture = shape.architecture
    parameters = shape.parameters
    layers = shape.layers
    embedding = shape.embedding
    contextLength = shape.contextLength
    vocabulary = shape.vocabulary
  }

  mutating func take(_ report: SmokeReport) {
    verdict = report.verdict
    reasons = report.reasons
    architecture = report.architecture ?? architecture
    quantization = quantization ?? report.quantization
    parameters = report.parameters ?? parameters
    loadSeconds = report.loadSeconds
    promptTokensPerSecond = report.promptTokensPerSecond
    tokensPerSecond = report.tokensPerSecond
    peakMemoryBytes = report.peakMemoryBytes
    estimateBytes = report.estimateBytes
    perplexity = report.perplexity
    bitsPerByte = report.texts.first?.bitsPerByte
  }

  mutating func take(_ record: SmokeRecord) {
    verdict = record.verdict
    reasons = record.reasons
    architecture = record.architecture ?? architecture
    parameters = record.parameters ?? parameters
    loadSeconds = record.loadSeconds
    promptTokensPerSecond = record.promptTokensPerSecond
    tokensPerSecond = record.tokensPerSecond
    peakMemoryBytes = record.peakMemoryBytes
    estimateBytes = record.estimateBytes
    perplexity = record.perplexity
    bitsPerByte = record.bitsPerByte
  }
}

/// Two models side by side, and who is better where.
struct Comparison: Encodable {
  /// Which of two is better.
  enum Better: String, Encodable {
    case a, b, equal
  }

  /// One measure.
  struct Measure: Encodable {
    let name: String
    let a: Double?
    let b: Double?
    /// Nil where nobody can say, or where more is not better.
    let better: Better?
  }

  /// One probe that at least one of them was asked.
  struct ProbePair: Encodable {
    let name: String
    let capability: String
    let a: ProbeResult.Outcome?
    let b: ProbeResult.Outcome?
    let better: Better?
  }

  let a: ComparedModel
  let b: ComparedModel
  let measures: [Measure]
  let probes: [ProbePair]

  init(_ a: ComparedModel, _ b: ComparedModel) {
    self.a = a
    self.b = b
    func measure(
      _ name: String, _ path: (ComparedModel) -> Double?, more: Bool? = nil, tolerance: Double = 0
    ) -> Measure {
      let (first, second) = (path(a), path(b))
      var better: Better?
      if let more, let first, let second {
        // Speeds of two runs differ a little although nothing has changed.
        let isEqual = abs(first - second) <= tolerance * max(abs(first), abs(second))
        better = isEqual ? .equal : (first > second) == more ? .a : .b
      }
      return Measure(name: name, a: first, b: second, better: better)
    }
    // Perplexity is by token, so that it compares only between equal vocabularies.
    let isSameVocabulary = a.vocabulary != nil && a.vocabulary == b.vocabulary
    measures = [
      measure("parameters") { $0.parameters.map(Double.init) },
      measure("contextLength", { $0.contextLength.map(Double.init) }, more: true),
      measure("fileBytes", { $0.fileBytes.map(Double.init) }, more: false),
      measure("neededBytes", { $0.neededBytes.map(Double.init) }, more: false),
      measure("peakMemoryBytes", { $0.peakMemoryBytes.map(Double.init) }, more: false, tolerance: 0.02),
      measure("loadSeconds", { $0.loadSeconds }, more: false, tolerance: 0.1),
      measure("promptTokensPerSecond", { $0.promptTokensPerSecond }, more: true, tolerance: 0.1),
      measure("tokensPerSecond", { $0.tokensPerSecond }, more: true, tolerance: 0.1),
      measure("perplexity", { $0.perplexity }, more: isSameVocabulary ? false : nil, tolerance: 0.001),
      measure("bitsPerByte", { $0.bitsPerByte }, more: false, tolerance: 0.001),
    ]
    probes = Self.pairs(a.results, b.results)
  }

  private static func pairs(_ a: [ProbeResult], _ b: [ProbeResult]) -> [ProbePair] {
    var names: [String] = []
    for result in a + b where !names.contains(result.name) { names.append(result.name) }
    return names.compactMap { name in
      let (first, second) = (a.first { $0.name == name }, b.first { $0.name == name })
      guard let capability = (first ?? second)?.capability else { return nil }
      var better: Better?
      // Two versions of a probe are two questions.
      if let first, let second, first.version == second.version, first.outcome != .notAsked, second.outcome != .notAsked
      {
        better = first.outcome == second.outcome ? .equal : first.outcome == .passed ? .a : .b
      }
      return ProbePair(name: name, capability: capability, a: first?.outcome, b: second?.outcome, better: better)
    }
  }

  /// What one of them is better at: measures, and probes that only it passes.
  func wins(of side: Better) -> (measures: [String], probes: [String]) {
    (measures.filter { $0.better == side }.map(\.name), probes.filter { $0.better == side }.map(\.name))
  }

  private enum CodingKeys: String, CodingKey { case schema, a, b, measures, probes }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("hubwatch.compare/1", forKey: .schema)
    try container.encode(a, forKey: .a)
    try container.encode(b, forKey: .b)
    try container.encode(measures, forKey: .measures)
    try container.encode(probes, forKey: .probes)
  }
}
