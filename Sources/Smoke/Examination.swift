import CLinux
import Domain
import Foundation
import Inference
import ModelFiles
import Synchronization

/// One model under test: the checks in their order, cheap ones first, each with what it found.
struct Examination {
  private let options: SmokeTest.Options
  private let model: LanguageModel
  private let session: Session
  private let start: ContinuousClock.Instant
  private var report: SmokeReport
  private var findings: [Finding] = []
  private var readings: [Reading] = []
  /// Prompt tokens a second, as measured here.
  private var speed = 0.0

  /// Larger float models are tested in 4 bits: as most people run them, and in a quarter of the memory.
  private static let floatLimit = ByteCount(1 << 30)
  /// Tokens that are read of one text.
  private static let textTokens = 192
  /// Changes that get a second look after the tour.
  private static let suspicions = 8
  /// Tokens that are scored in it.
  private static let glance = 64
  /// Tokens of the text with which the layers are toured.
  private static let tourTokens = 48
  /// Tokens of an answer at most.
  private static let answerTokens = 48
  /// Tokens that the model goes on to say after each prompt.
  private static let spokenTokens = 32

  /// Loads the model.
  ///
  /// - Throws: `ModelFileError` or `InferenceError` when it cannot be loaded.
  init(path: String, options: SmokeTest.Options, report: SmokeReport) throws {
    self.options = options
    self.report = report
    start = .now
    var loading = LanguageModel.Options(threads: options.threads)
    loading.contextLimit = options.contextLength
    loading.memory = options.memory
    loading.quantizeAbove = Self.floatLimit
    loading.surveys = true
    // What the process has before weights are copied, the tokenizer with it, comes on top of what the core foresees.
    let before = Mutex<Int64>(0)
    loading.willRepack = {
      hubwatch_give_back_code()
      before.withLock { $0 = ProcessMemory.resident ?? 0 }
    }
    model = try LanguageModel(file: path, options: loading)
    session = try model.session()
    self.report.loadSeconds = (.now - start).inSeconds
    self.report.architecture = model.shape.architecture
    self.report.quantization = model.quantizationName
    self.report.parameters = model.shape.parameters
    self.report.estimateBytes =
      before.withLock { $0 } + model.memory.weights.bytes + model.memory.cache.bytes + model.memory.compute.bytes
  }

  /// Runs all checks.
  mutating func run() -> SmokeReport {
    do {
      look()
      try read()
      try speak()
      report.peakMemoryBytes = ProcessMemory.peak
      try converse()
      try compareCache()
      try tryAlternatives()
      try tourLayers()
    } catch let error as InferenceError where error.kind == .notFinite {
      if !findings.contains(where: { $0.gravity == .broken }) {
        findings.append(.broken("the logits are NaN or infinite: weights or scales are damaged"))
      }
      findThePlace()
    } catch {
      findings.append(.broken("\((error as? any ReportableError)?.problem ?? "\(error)")"))
    }
    return judged()
  }

  // MARK: Checks

  /// Weights, header and tokenizer, without computing anything.
  private mutating func look() {
    if let survey = model.survey, let directions = model.kinship {
      findings += WeightEvidence(survey).findings
      let kinship = KinshipEvidence(survey, directions, keyLength: model.shape.keyLength)
      findings += kinship.findings(turnsNeighbours: model.turnsNeighbours)
    }
    findings += HeaderEvidence(header: model.header, shape: model.shape, expected: options.expected).findings
    findings += TokenizerEvidence(tokenizer: model.tokenizer).findings
  }

  /// Perplexities.
  private mutating func read() throws {
    var (count, duration) = (0, Duration.zero)
    func isWellKnown() -> Bool { readings.contains { $0.share < ReadingEvidence.wellKnown } }
    for text in ReferenceText.all {
      if readings.count >= ReferenceText.first.count, isWellKnown() { break }
      guard readings.isEmpty || hasTime(tokens: Self.textTokens) else {
        leaveOut("more texts")
        break
      }
      let ids = tokens(of: text)
      guard ids.count >= 24 else { continue }
      let begin = ContinuousClock.now
      session.reset()
      let losses = try session.losses(ids, scored: Self.scored(ids))
      duration += .now - begin
      count += ids.count
      speed = Double(count) / max(duration.inSeconds, 1e-9)
      let bytes = Self.scored(ids).reduce(0) { $0 + model.tokenizer.bytes(ids[$1 + 1]).count }
      readings.append(Reading(text: text, losses: losses, bytes: bytes))
    }
    report.promptTokensPerSecond = speed > 0 ? speed : nil
    report.perplexity = readings.first?.perplexity
    report.texts = readings.map {
      SmokeReport.Text(name: $0.text.name, perplexity: $0.perplexity, bitsPerByte: $0.bitsPerByte)
    }
    let evidence = ReadingEvidence(
      readings: readings, vocabulary: model.shape.vocabulary, parameters: model.shape.parameters)
    findings += evidence.findings
  }

  /// Greedy continuations.
  private mutating func speak() throws {
    var (continuations, texts): ([[Int32]], [String]) = ([], [])
    for prompt in ReferenceText.prompts {
      guard texts.isEmpty || hasTime(tokens: 8 * Self.spokenTokens) else { break }
      let ids = Array(model.tokenizer.encode(prompt, parseSpecial: false).prefix(max(1, model.contextLength / 2)))
      guard !ids.isEmpty else { continue }
      let speech = try model.generate(promptIDs: ids, options: .init(maxTokens: Self.spokenTokens), in: session)
      if let best = speech.topLogits.first, let last = speech.topLogits.last, best.logit == last.logit,
        speech.topLogits.count > 1
      {
        findings.append(.broken("all logits are equal: the weights are empty"))
        return
      }
      continuations.append(speech.ids)
      texts.append(speech.text)
      if report.text == nil {
        report.text = speech.text
        report.tokensPerSecond = speech.tokensPerSecond > 0 ? speech.tokensPerSecond : nil
      }
    }
    findings += SpeechEvidence(continuations: continuations, texts: texts).findings
  }

  /// Whether a model with a chat template answers in it and comes to an end.
  private mutating func converse() throws {
    guard let source = model.chatTemplate else { return }
    let text: String
    do {
      text = try ChatTemplate(source).render(
        [.user(ReferenceText.question)], addsGenerationPrompt: true, beginning: model.beginningText,
        end: model.endText)
    } catch {
      // Nothing is guessed: a template that cannot be rendered here may be a good one.
      findings.append(.note("not asked in its chat template: \(error.problem)"))
      return
    }
    let ids = model.conversationTokens(text)
    guard !ids.isEmpty, ids.count + Self.answerTokens <= model.contextLength,
      hasTime(tokens: ids.count + 8 * Self.answerTokens)
    else { return leaveOut("an answer in the chat template") }
    let answer = try model.generate(promptIDs: ids, options: .init(maxTokens: Self.answerTokens), in: session)
    report.answer = answer.text
    let evidence = ChatEvidence(prompt: text, promptIDs: ids, answer: answer, tokenizer: model.tokenizer)
    findings += evidence.findings
  }

  /// Whether tokens one by one give what they give at once.
  private mutating func compareCache() throws {
    let ids = Array(model.tokenizer.encode(ReferenceText.english.text, parseSpecial: false).prefix(24))
    guard ids.count >= 2, ids.count <= model.contextLength, hasTime(tokens: 6 * ids.count) else { return }
    session.reset()
    let atOnce = try session.prefill(ids)
    session.reset()
    var oneByOne: [Float] = []
    for id in ids { oneByOne = try session.decode(id) }
    let (size, difference) = zip(atOnce, oneByOne).reduce((0.0, 0.0)) { sums, pair in
      let distance = Double(pair.0 - pair.1)
      return (sums.0 + Double(pair.0) * Double(pair.0), sums.1 + distance * distance)
    }
    if difference > 0.01 * size {
      findings.append(.suspect("a prompt read at once and token by token does not lead to the same logits"))
    }
  }

  /// Whether the file says something else than the model was trained with.
  private mutating func tryAlternatives() throws {
    guard let text = knownTexts.first ?? readings.first else { return }
    let ids = tokens(of: text.text)
    for alternative in Alternative.all(base: model.ropeBase, epsilon: model.normEpsilon) {
      guard hasTime(tokens: ids.count) else { return leaveOut("other readings of the header") }
      guard let changed = try finiteLosses(text, alternative.change) else { continue }
      guard Self.gain(changed, text.losses) > LayerEvidence.hint else { continue }
      guard let (before, after) = try confirmed(alternative.change, gain: Alternative.gain) else { continue }
      findings.append(alternative.finding(perplexity: before, changed: after))
      return
    }
  }

  /// Whether every half of a layer helps, and layers stand in their order.
  private mutating func tourLayers() throws {
    guard let text = knownTexts.first else { return }
    let ids = Array(tokens(of: text.text).prefix(Self.tourTokens))
    // Half a pass for each half of a layer, as much for each two layers, and the logits of what is scored.
    guard hasTime(tokens: model.shape.layers * ids.count * 5 / 2) else { return leaveOut("layer by layer") }
    let evidence = LayerEvidence(
      tour: try session.tour(ids, scored: Self.scored(ids), while: { hasTime(tokens: ids.count) }))
    findings += evidence.broken
    for (change, words) in evidence.suspicions.prefix(Self.suspicions) {
      guard try isWorthALook(change) else { continue }
      guard let (before, after) = try confirmed(change, gain: LayerEvidence.gain) else { continue }
      findings.append(LayerEvidence.finding(words, perplexity: before, changed: after))
      return
    }
  }

  /// Whether the beginning of another text becomes easier, too: most of what one short text says is chance.
  private func isWorthALook(_ change: GraphChange) throws -> Bool {
    guard let text = knownTexts.dropFirst().first else { return true }
    let ids = tokens(of: text.text)
    let first = Self.scored(ids).lowerBound
    let scored = first..<min(first + Self.glance, ids.count - 1)
    let changed = try finiteLosses(Array(ids.prefix(scored.upperBound + 1)), scored, change)
    return changed.map { Self.gain($0, Array(text.losses.prefix(scored.count))) > LayerEvidence.hint } ?? false
  }

  /// The perplexity on all known texts before and after a change, if chance does not explain how much easier they became;
  /// what is true of one text must be true of others.
  private func confirmed(_ change: GraphChange, gain: Double) throws -> (before: Double, after: Double)? {
    var (before, after): ([Double], [Double]) = ([], [])
    for text in knownTexts {
      guard hasTime(tokens: Self.textTokens), let changed = try finiteLosses(text, change) else { return nil }
      before += text.losses
      after += changed
      // What was chance is mostly gone with the next text.
      guard Self.gain(after, before) > LayerEvidence.hint else { return nil }
    }
    guard Spread.liesBelow(-gain, sigmas: LayerEvidence.sigmas, zip(after, before).map { $0 - $1 }) else {
      return nil
    }
    return (Self.perplexity(before), Self.perplexity(after))
  }

  /// After which layer the numbers go wrong, for a model whose logits are not finite.
  private mutating func findThePlace() {
    let ids = Array(model.tokenizer.encode(ReferenceText.english.text, parseSpecial: false).prefix(8))
    // That nothing is finite is known already; a second error would say no more.
    guard let tour = try? session.tour(ids, scored: 0..<1, while: { false }) else { return }
    findings += LayerEvidence(tour: tour).broken
  }

  // MARK: Help

  /// The texts that the model knows. Prose comes first: code is so easy that little could make it harder.
  private var knownTexts: [Reading] { readings.filter { $0.share < ReadingEvidence.known } }

  private func tokens(of text: ReferenceText) -> [Int32] {
    let ids = model.tokenizer.encode(text.text, parseSpecial: false)
    return Array(ids.prefix(min(Self.textTokens, model.contextLength)))
  }

  /// What is scored of a text: all but its beginning, which nobody could predict.
  private static func scored(_ ids: [Int32]) -> Range<Int> { ids.count / 4..<ids.count - 1 }

  /// The losses after a change; nil when it makes the model compute nonsense.
  private func finiteLosses(_ reading: Reading, _ change: GraphChange) throws -> [Double]? {
    let ids = tokens(of: reading.text)
    return try finiteLosses(ids, Self.scored(ids), change)
  }

  private func finiteLosses(_ ids: [Int32], _ scored: Range<Int>, _ change: GraphChange) throws -> [Double]? {
    do {
      return try session.losses(ids, scored: scored, changed: change)
    } catch let error as InferenceError where error.kind == .notFinite {
      return nil
    }
  }

  /// Nats a token by which a text became easier.
  private static func gain(_ changed: [Double], _ losses: [Double]) -> Double {
    zip(losses, changed).reduce(0) { $0 + $1.0 - $1.1 } / Double(max(1, losses.count))
  }

  private static func perplexity(_ losses: [Double]) -> Double {
    exp(losses.reduce(0, +) / Double(max(1, losses.count)))
  }

  /// Whether so many more tokens can be read within the budget.
  private func hasTime(tokens: Int) -> Bool {
    let spent = (.now - start).inSeconds
    return spent + Double(tokens) / max(speed, 1e-3) < options.budgetSeconds
  }

  private mutating func leaveOut(_ what: String) {
    let words = "not examined for lack of time: \(what)"
    if !report.notes.contains(words) { report.notes.append(words) }
  }

  private func judged() -> SmokeReport {
    var report = report
    let grave = findings.filter { $0.gravity > .note }.sorted { $0.gravity > $1.gravity }
    report.reasons = grave.map(\.words)
    report.notes += findings.filter { $0.gravity == .note }.map(\.words)
    report.verdict =
      switch grave.first?.gravity {
      case .broken: .fail
      case .suspect: .suspect
      default: .pass
      }
    return report
  }
}
