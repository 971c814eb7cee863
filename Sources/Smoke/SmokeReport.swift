import Domain

/// What the smoke test says of a model; also the JSON that the child process hands to its parent.
public struct SmokeReport: Sendable, Codable, Equatable {
  /// How well the model predicts one text.
  public struct Text: Sendable, Codable, Equatable {
    /// What it is: `plain English`.
    public var name: String
    /// By token.
    public var perplexity: Double
    /// The same in bits a byte, which compares between vocabularies.
    public var bitsPerByte: Double
  }

  /// The form of the JSON.
  public var schema = "hubwatch.smoke/1"
  /// The file as it was named.
  public var path: String
  /// The verdict.
  public var verdict: SmokeVerdict
  /// Why, for a person; empty for a plain pass.
  public var reasons: [String]
  /// The file's `general.architecture`.
  public var architecture: String?
  /// The type that most weights have, or the name that the file gives.
  public var quantization: String?
  /// All weights.
  public var parameters: Int64?
  /// From opening the file to a model that is ready.
  public var loadSeconds: Double?
  /// Reading speed.
  public var promptTokensPerSecond: Double?
  /// Generation speed.
  public var tokensPerSecond: Double?
  /// On the built-in text; nil when it could not be computed or is not finite.
  public var perplexity: Double?
  /// Peak resident memory of the child process, the mapped file included.
  public var peakMemoryBytes: Int64?
  /// What was foreseen before weights were copied: what the process had by then, and the core's need of weights, KV cache and
  /// activations.
  public var estimateBytes: Int64?
  /// How well it predicts the built-in texts.
  public var texts: [Text] = []
  /// What was not examined, or is odd without being a reason for doubt.
  public var notes: [String] = []
  /// What the model went on to say.
  public var text: String?
  /// What it answered in its chat template; nil when it was not asked.
  public var answer: String?
  /// The walls around the process that ran the model: `limits`, `landlock 7`, `seccomp`.
  public var isolation: [String] = []
  /// How a process that prints this report ends: 0 for a pass, 65 for a broken container, else 1.
  public var isBrokenContainer = false

  enum CodingKeys: String, CodingKey {
    case schema, path, verdict, reasons, architecture, quantization, parameters, loadSeconds
    case promptTokensPerSecond, tokensPerSecond, perplexity, peakMemoryBytes, estimateBytes, texts, notes
    case text, answer, isolation, isBrokenContainer
  }

  /// A report with a verdict and nothing measured.
  public init(path: String, verdict: SmokeVerdict, reasons: [String]) {
    self.path = path
    self.verdict = verdict
    self.reasons = reasons
  }

  /// The most characters of the model's text that a report holds.
  public static let textLimit = 4000

  /// The report with every number and text in the range that an honest test gives: the child may have been taken over
  /// by what it read.
  public var withinBounds: SmokeReport {
    func sane(_ value: Double?) -> Double? { value.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e12 ? $0 : nil } }
    var report = self
    report.loadSeconds = sane(loadSeconds)
    report.promptTokensPerSecond = sane(promptTokensPerSecond)
    report.tokensPerSecond = sane(tokensPerSecond)
    report.perplexity = sane(perplexity)
    report.parameters = parameters.flatMap { $0 >= 0 ? $0 : nil }
    report.peakMemoryBytes = peakMemoryBytes.flatMap { $0 >= 0 ? $0 : nil }
    report.reasons = reasons.prefix(10).map { String($0.prefix(1000)) }
    report.estimateBytes = estimateBytes.flatMap { $0 >= 0 ? $0 : nil }
    report.texts = texts.prefix(20).filter { sane($0.perplexity) != nil && sane($0.bitsPerByte) != nil }.map {
      Text(name: String($0.name.prefix(100)), perplexity: $0.perplexity, bitsPerByte: $0.bitsPerByte)
    }
    report.notes = notes.prefix(10).map { String($0.prefix(1000)) }
    report.text = text.map { String($0.prefix(Self.textLimit)) }
    report.answer = answer.map { String($0.prefix(Self.textLimit)) }
    report.architecture = architecture.map { String($0.prefix(100)) }
    report.quantization = quantization.map { String($0.prefix(100)) }
    report.isolation = isolation.prefix(8).map { String($0.prefix(40)) }
    return report
  }

  /// The exit code that the contract gives to this report.
  public var exitCode: ExitCode {
    if isBrokenContainer { return .badInput }
    return verdict == .pass ? .done : .failed
  }
}
