import Domain
import Foundation
import Glibc
import Inference
import ModelFiles

/// The test itself, as it runs in the child process.
public enum SmokeTest {
  /// Tokens of one chunk of the perplexity text.
  static let chunk = 256
  /// Positions of the test at most: all that it reads and writes.
  static let context = 512
  /// Tokens that the model goes on to say.
  static let generated = 48

  /// Loads a model, lets it read and speak, and judges what is seen. Never throws: every trouble is a verdict.
  ///
  /// - Parameters:
  ///   - path: a GGUF file.
  ///   - threads: of the core.
  ///   - memory: what the model may take beside its mapped files; nil is what the machine has.
  public static func run(_ path: String, threads: Int, memory: ByteCount? = nil) -> SmokeReport {
    var report = SmokeReport(path: path, verdict: .fail, reasons: [])
    do {
      try observe(path, threads: threads, memory: memory, into: &report)
    } catch let error as ModelFileError {
      report.reasons = [error.problem]
      report.isBrokenContainer = error.exitCode == .badInput
    } catch let error as InferenceError {
      let prefix = "unsupported: "
      report.reasons = [error.problem.hasPrefix(prefix) ? String(error.problem.dropFirst(prefix.count)) : error.problem]
      report.verdict = error.kind == .unsupported ? .unsupported : .fail
      report.isBrokenContainer = error.kind == .badModel
    } catch {
      report.reasons = ["\(error)"]
    }
    report.peakMemoryBytes = peakMemory()
    return report.withinBounds
  }

  private static func observe(
    _ path: String, threads: Int, memory: ByteCount?, into report: inout SmokeReport
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    var options = LanguageModel.Options(threads: threads, contextLength: nil, exact: false, batch: 128)
    options.contextLimit = context
    options.memory = memory
    let model = try LanguageModel(file: path, options: options)
    report.loadSeconds = seconds(clock.now - start)
    report.architecture = model.shape.architecture
    report.quantization = model.quantizationName
    report.parameters = model.shape.parameters

    let text = ReferenceText.english
    let tokens = model.tokenizer.encode(text)
    var seen = Observations(vocabulary: model.shape.vocabulary)
    seen.textTokens = tokens.count
    seen.textBytes = text.utf8.count
    seen.baselineBitsPerByte = ReferenceText.unigramBitsPerByte(text)
    let context = min(chunk, tokens.count, model.contextLength)
    let reading = clock.now
    do {
      if context >= 4 {
        let result = try model.perplexity(text, context: context)
        seen.perplexity = result.perplexity
        let read = Double(result.chunks * context)
        report.promptTokensPerSecond = read / max(seconds(clock.now - reading), 1e-9)
        report.perplexity = result.perplexity.isFinite ? result.perplexity : nil
      }
      let speech = try model.generate(prompt: ReferenceText.prompt, options: .init(maxTokens: generated))
      seen.generated = speech.ids.map(Int.init)
      if let best = speech.topLogits.first, let last = speech.topLogits.last, speech.topLogits.count > 1 {
        seen.logitsDiffer = best.logit != last.logit
      }
      report.text = speech.text
      report.tokensPerSecond = speech.tokensPerSecond > 0 ? speech.tokensPerSecond : nil
    } catch let error as InferenceError where error.kind == .notFinite {
      seen.logitsAreFinite = false
    }
    (report.verdict, report.reasons) = Judgement.verdict(seen)
  }

  private static func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }

  /// Peak resident memory of this process in bytes; nil when the kernel does not say.
  private static func peakMemory() -> Int64? {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
    return Int64(usage.ru_maxrss) * 1024
  }
}
