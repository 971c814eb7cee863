import Domain

/// What the smoke test says of a model; also the JSON that the child process hands to its parent.
public struct SmokeReport: Sendable, Codable, Equatable {
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
  /// What the model went on to say.
  public var text: String?
  /// Capability probes that were run.
  public var probes: [String] = []
  /// How a process that prints this report ends: 0 for a pass, 65 for a broken container, else 1.
  public var isBrokenContainer = false

  enum CodingKeys: String, CodingKey {
    case schema, path, verdict, reasons, architecture, quantization, parameters, loadSeconds
    case promptTokensPerSecond, tokensPerSecond, perplexity, peakMemoryBytes, text, probes, isBrokenContainer
  }

  /// A report with a verdict and nothing measured.
  public init(path: String, verdict: SmokeVerdict, reasons: [String]) {
    self.path = path
    self.verdict = verdict
    self.reasons = reasons
  }

  /// The exit code that the contract gives to this report.
  public var exitCode: ExitCode {
    if isBrokenContainer { return .badInput }
    return verdict == .pass ? .done : .failed
  }
}
