import Domain
import Foundation
import Inference
import ModelFiles

/// Asks a model the questions of a suite, in its order, as long as there is time.
public struct ProbeRun {
  /// How a model is asked.
  public struct Options: Sendable, Codable, Equatable {
    /// Threads of the core. Answers may depend on their number in the last bit, and so rarely in a word.
    public var threads: Int
    /// Seconds after which nothing new is asked, loading included.
    public var budgetSeconds: Double
    /// What the model may take beside its mapped files; nil is what the machine has.
    public var memory: ByteCount?

    /// Options.
    public init(threads: Int, budgetSeconds: Double, memory: ByteCount? = nil) {
      self.threads = threads
      self.budgetSeconds = budgetSeconds
      self.memory = memory
    }
  }

  /// Positions of the cache: room for the long texts of the built-in suite, and less where memory is short.
  static let contexts = [2048, 512]
  /// New tokens at most for a model that thinks aloud first.
  static let thinking = 768

  private let model: LanguageModel
  private let session: Session
  private let template: ChatTemplate?
  private let start: ContinuousClock.Instant
  private let options: Options
  /// The slowest reading so far, in seconds a token.
  private var slowest = 0.0

  private init(
    model: LanguageModel, session: Session, template: ChatTemplate?, start: ContinuousClock.Instant, options: Options
  ) {
    self.model = model
    self.session = session
    self.template = template
    self.start = start
    self.options = options
  }

  /// There is no time for a question.
  private struct OutOfTime: Error {}

  private var secondsLeft: Double { options.budgetSeconds - Self.seconds(since: start) }

  /// Loads a model and asks. Never throws: every trouble is said in the report.
  public static func run(_ path: String, _ suite: [Probe], _ options: Options) -> ProbeReport {
    let start = ContinuousClock.now
    var report: ProbeReport
    do {
      let model = try model(path, options)
      let (template, note) = template(of: model)
      var run = try ProbeRun(
        model: model, session: model.session(), template: template, start: start, options: options)
      report = run.ask(suite)
      report.note = note
    } catch let error as any ReportableError {
      report = ProbeReport(suite, trouble: error.problem)
      report.isBrokenContainer = error.exitCode == .badInput
    } catch {
      report = ProbeReport(suite, trouble: "\(error)")
    }
    report.seconds = seconds(since: start)
    return report
  }

  private static func model(_ path: String, _ options: Options) throws -> LanguageModel {
    var core = LanguageModel.Options(threads: options.threads)
    core.memory = options.memory
    for context in contexts.dropLast() {
      core.contextLimit = context
      do {
        return try LanguageModel(file: path, options: core)
      } catch let error as InferenceError where error.kind == .unsupported {
        // There may be room for a smaller cache; what is unsupported for another reason stays so.
      }
    }
    core.contextLimit = contexts[contexts.count - 1]
    return try LanguageModel(file: path, options: core)
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double { (.now - start).inSeconds }

  /// The model's chat template, when it has one that can be rendered.
  private static func template(of model: LanguageModel) -> (ChatTemplate?, String?) {
    guard let source = model.chatTemplate else {
      return (nil, "asked as a model that continues texts: it has no chat template")
    }
    do {
      let template = try ChatTemplate(source)
      _ = try template.render(
        [.user("Hello")], addsGenerationPrompt: true, beginning: model.beginningText, end: model.endText)
      return (template, nil)
    } catch {
      return (nil, "asked as a model that continues texts: \(error.problem)")
    }
  }

  private mutating func ask(_ suite: [Probe]) -> ProbeReport {
    var results: [ProbeResult] = []
    for probe in suite {
      do {
        results.append(try result(probe))
      } catch is OutOfTime {
        results.append(ProbeResult(probe, .notAsked, reason: "there was no time left"))
      } catch let error as any ReportableError {
        results.append(ProbeResult(probe, .notAsked, reason: error.problem))
      } catch {
        results.append(ProbeResult(probe, .notAsked, reason: "\(error)"))
      }
    }
    return ProbeReport(results: results)
  }

  private mutating func result(_ probe: Probe) throws -> ProbeResult {
    guard secondsLeft > 0 else { throw OutOfTime() }
    var right = 0
    var shown: (answer: String, fault: String?)?
    for (index, item) in probe.cases.enumerated() {
      let prompt = try prompt(probe, item)
      guard prompt.count + probe.tokens <= model.contextLength else {
        return ProbeResult(
          probe, .notAsked,
          reason: "\(prompt.count + probe.tokens) tokens do not fit into a context of \(model.contextLength)")
      }
      var answer = try answer(prompt, probe, item)
      // Code that was begun in the prompt goes on in the answer.
      if template == nil, item.check.rule != nil, let head = item.prompt?.split(separator: "\n").last {
        answer = head + answer
      }
      let fault = AnswerCheck.fault(answer, item.check, question: item.question)
      if fault == nil { right += 1 }
      if shown == nil || shown?.fault == nil && fault != nil { shown = (answer, fault) }
      // What cannot be passed any more, or failed, needs no more questions.
      let left = probe.cases.count - index - 1
      if right + left < probe.need { break }
    }
    let text = shown.map {
      String($0.answer.trimmingCharacters(in: .whitespacesAndNewlines).prefix(ProbeResult.textLimit))
    }
    return ProbeResult(
      probe, right >= probe.need ? .passed : .failed, right: right, reason: shown?.fault, answer: text)
  }

  // MARK: Questions

  private func prompt(_ probe: Probe, _ item: Probe.Case) throws -> [Int32] {
    let long = item.haystack.map { HaystackText.text($0) + "\n\n" } ?? ""
    guard let template else {
      let text = long + (item.prompt ?? "Question: \(item.question)\nAnswer:")
      return model.tokenizer.encode(text, parseSpecial: false)
    }
    var turns = [ChatMessage.user(long + item.question)]
    if !probe.system.isEmpty { turns.insert(ChatMessage(role: "system", content: probe.system), at: 0) }
    let text = try template.render(
      turns, addsGenerationPrompt: true, beginning: model.beginningText, end: model.endText)
    return model.conversationTokens(text)
  }

  /// The likeliest continuation, as far as the answer goes.
  ///
  /// - Throws: `OutOfTime` where it would not come to an end within the budget, also before a long text is read.
  private mutating func answer(_ prompt: [Int32], _ probe: Probe, _ item: Probe.Case) throws -> String {
    guard Double(prompt.count) * slowest < secondsLeft else { throw OutOfTime() }
    session.reset()
    let reading = ContinuousClock.now
    var logits = try session.prefill(prompt)
    slowest = max(slowest, Self.seconds(since: reading) / Double(max(1, prompt.count)))
    var ids: [Int32] = []
    var text = ""
    while ids.count < limit(text, probe), session.position < model.contextLength {
      guard secondsLeft > 0 else { throw OutOfTime() }
      let token = Logits.greedy(logits)
      if model.tokenizer.stopTokens.contains(token) { break }
      ids.append(token)
      text = model.tokenizer.decode(ids)
      if template == nil, let end = Self.end(of: text, item) { return String(text[..<end]) }
      logits = try session.decode(token)
    }
    // What a model thinks is not what it answers.
    if let end = text.range(of: "</think>", options: .backwards) { return String(text[end.upperBound...]) }
    return text
  }

  private func limit(_ text: String, _ probe: Probe) -> Int {
    text.contains("<think>") ? Self.thinking : probe.tokens
  }

  /// Where a continued text goes on to something else: it has answered, and asks itself the next question.
  private static func end(of text: String, _ item: Probe.Case) -> String.Index? {
    if let next = text.range(of: "\nQuestion:") { return next.lowerBound }
    let isLong = item.check.rule != nil || item.check.lines != nil || !item.check.json.isEmpty
    guard !isLong, let first = text.firstIndex(where: { !$0.isWhitespace }) else { return nil }
    return text[first...].firstIndex(where: \.isNewline)
  }
}
