import Domain
import Foundation
import Inference
import ModelFiles

/// The test itself, as it runs in the child process.
public enum SmokeTest {
  /// How a model is tested.
  public struct Options: Sendable, Equatable {
    /// Threads of the core.
    public var threads: Int
    /// What the model may take beside its mapped files; nil is what the machine has.
    public var memory: ByteCount?
    /// Seconds after which nothing new is begun; the verdict then rests on what was seen.
    public var budgetSeconds: Double
    /// Positions of the KV cache at most.
    public var contextLength: Int
    /// What is known of the model from elsewhere.
    public var expected: Expectation

    /// Options.
    public init(
      threads: Int, memory: ByteCount? = nil, budgetSeconds: Double = 300, contextLength: Int = 512,
      expected: Expectation = Expectation()
    ) {
      self.threads = threads
      self.memory = memory
      self.budgetSeconds = budgetSeconds
      self.contextLength = contextLength
      self.expected = expected
    }
  }

  /// Loads a model, looks at its weights, lets it read and speak, and judges what is seen. Never throws: every trouble is
  /// a verdict.
  ///
  /// - Parameter path: a GGUF file, or a folder of safetensors.
  public static func run(_ path: String, _ options: Options) -> SmokeReport {
    var report = SmokeReport(path: path, verdict: .fail, reasons: [])
    do {
      var examination = try Examination(path: path, options: options, report: report)
      report = examination.run()
    } catch let error as ModelFileError {
      report.reasons = [error.problem]
      report.isBrokenContainer = error.exitCode == .badInput
    } catch let error as InferenceError {
      let prefix = "unsupported: "
      report.reasons = [error.problem.hasPrefix(prefix) ? String(error.problem.dropFirst(prefix.count)) : error.problem]
      report.verdict = [.unsupported, .unknown].contains(error.kind) ? .unsupported : .fail
      report.isBrokenContainer = error.exitCode == .badInput
    } catch {
      report.reasons = ["\(error)"]
    }
    if report.peakMemoryBytes == nil { report.peakMemoryBytes = ProcessMemory.peak }
    return report.withinBounds
  }
}
