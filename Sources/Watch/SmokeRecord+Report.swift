import Catalog
import Foundation
import Smoke

extension SmokeRecord {
  /// The characters of the model's text that are kept.
  private static let sampleLimit = 400

  /// What a report says, to be stored.
  public init(copy: Int64, at: Date, _ report: SmokeReport) {
    self.init(
      copy: copy, at: at, verdict: report.verdict, reasons: report.reasons, tokensPerSecond: report.tokensPerSecond,
      perplexity: report.perplexity, sample: report.text.map { String($0.prefix(Self.sampleLimit)) })
    architecture = report.architecture
    parameters = report.parameters
    loadSeconds = report.loadSeconds
    promptTokensPerSecond = report.promptTokensPerSecond
    peakMemoryBytes = report.peakMemoryBytes
    estimateBytes = report.estimateBytes
    bitsPerByte = report.texts.first?.bitsPerByte
  }
}
