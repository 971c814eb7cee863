import ArgumentParser
import Console
import Domain
import Downloads
import Foundation
import Inference
import ModelFiles
import Smoke

/// The workbench of the int4 core.
struct CoreVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core",
    abstract: "The workbench of the bundled inference core: works on files and folders, needs no state.",
    subcommands: [
      CoreGenerate.self, CoreTokenize.self, CorePerplexity.self, CoreBench.self, CoreInspect.self,
    ])
}

/// Options of every verb that runs a model.
struct CoreOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Threads.") var threads: Int = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Float activations instead of 16-bit integers: slow, and as near to exact arithmetic as floats allow.")
  var exact = false
  @Option(help: "Quantize float weights while loading: q4_0, or q4_k, which is more exact and slower to make.")
  var quantize: LanguageModel.Options.Quantize?
  @Option(name: .customLong("cache-type"), help: "How keys and values are kept: f16 or q8_0.")
  var cacheType = CacheType.f16
  @Option(help: "Kernels to use instead of the fastest: portable, avx2, avx512 or neon.")
  var kernels: KernelSet?

  func validate() throws {
    guard (1...256).contains(threads) else { throw ValidationError("--threads takes 1 to 256") }
  }

  func open(_ path: String, context: Int? = nil) throws -> LanguageModel {
    guard FileManager.default.fileExists(atPath: path) else { throw InputError.unreadable(path) }
    var options = LanguageModel.Options(
      threads: threads, contextLength: context, exact: exact, kernels: kernels, cacheType: cacheType, quantize: quantize
    )
    options.willRepack = { ProcessMemory.giveBackCode() }
    return try LanguageModel(file: path, options: options)
  }
}

extension CacheType: ExpressibleByArgument {}
extension KernelSet: ExpressibleByArgument {}
extension LanguageModel.Options.Quantize: ExpressibleByArgument {}

/// Continues a prompt.
struct CoreGenerate: Verb {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continues a prompt, greedily unless a temperature is given.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var core: CoreOptions
  @Option(name: .shortAndLong, help: "The text to continue.") var prompt: String
  @Option(name: .short, help: "New tokens at most.") var n: Int = 128
  @Option(name: .customLong("ctx"), help: "Tokens of the context; as trained, up to 4096, when not given.")
  var context: Int?
  @Option(help: "0 always takes the best token.") var temperature: Float = 0
  @Option(name: .customLong("top-k"), help: "Draw from so many of the best tokens; 0 is no limit.") var topK = 0
  @Option(name: .customLong("top-p"), help: "Draw from the best tokens that together have this probability.")
  var topP: Float = 1
  @Option(name: .customLong("min-p"), help: "Draw from tokens with at least this share of the best one's probability.")
  var minP: Float = 0
  @Option(name: .customLong("repeat-penalty"), help: "Makes tokens of the last 64 less likely; 1 does nothing.")
  var repeatPenalty: Float = 1
  @Option(help: "Seed of the drawing.") var seed: UInt64 = 0
  @Flag(help: "The prompt is a question, put into the model's chat template.") var chat = false
  @Flag(help: "One JSON document.") var json = false
  @Argument(help: "A GGUF file, a folder with config.json and safetensors, or one of these.") var file: String

  func validate() throws {
    guard (1...1 << 26).contains(context ?? 1) else { throw ValidationError("--ctx takes 1 or more") }
    guard (1...1_000_000).contains(n) else { throw ValidationError("-n takes 1 to 1000000") }
    guard temperature >= 0, temperature.isFinite else { throw ValidationError("--temperature takes 0 or more") }
    guard sampling.isValid else {
      throw ValidationError("--top-k takes 0 or more, --top-p and --min-p 0 to 1, --repeat-penalty more than 0")
    }
  }

  private var sampling: SamplingOptions {
    var options = SamplingOptions()
    options.temperature = temperature
    (options.topK, options.topP, options.minP) = (topK, topP, minP)
    options.repetitionPenalty = repeatPenalty
    options.seed = seed
    return options
  }

  private struct Document: Encodable {
    struct Scored: Encodable {
      let id: Int32
      let logit: Float
    }
    let schema = "hubwatch.core-generate/1"
    let promptIds: [Int32]
    let ids: [Int32]
    let text: String
    let topLogits: [Scored]
    let tokensPerSecond: Double
  }

  func work() async throws -> Domain.ExitCode {
    let model = try core.open(file, context: context)
    let isJSON = json
    let generation = try model.generate(
      promptIDs: try promptIDs(model), options: .init(maxTokens: n, sampling: sampling)
    ) { text in
      if !isJSON { Terminal.write(ForeignText.safe(text, keepingLineEnds: true), to: 1, lineEnd: "") }
    }
    if json {
      try common.print(
        JSONOutput.document(
          Document(
            promptIds: generation.promptIDs, ids: generation.ids, text: generation.text,
            topLogits: generation.topLogits.map { .init(id: $0.id, logit: $0.logit) },
            tokensPerSecond: generation.tokensPerSecond)))
    } else {
      try common.print("")
      let prompt = Double(generation.promptIDs.count) / max(generation.promptSeconds, 1e-9)
      common.note(
        "\(generation.promptIDs.count) prompt tokens at \(ByteCount.decimal(prompt, places: 1))/s, "
          + "\(generation.ids.count) new at \(ByteCount.decimal(generation.tokensPerSecond, places: 1))/s "
          + "(\(model.quantizationName), \(core.threads) threads, \(model.kernelName))")
    }
    return .done
  }
}

extension CoreGenerate {
  /// The tokens of the prompt, as it stands or as a turn of a conversation.
  private func promptIDs(_ model: LanguageModel) throws -> [Int32] {
    guard chat else { return model.tokenizer.encode(prompt) }
    guard let source = model.chatTemplate else { throw NoChatTemplate(file: file) }
    let text = try ChatTemplate(source).render(
      [.user(prompt)], addsGenerationPrompt: true, beginning: model.beginningText, end: model.endText)
    return model.conversationTokens(text)
  }

  /// A model that only continues texts was asked a question.
  private struct NoChatTemplate: ReportableError {
    let file: String
    var problem: String { "\(file) has no chat template" }
    var advice: String? { "leave --chat out: it continues texts" }
    var exitCode: Domain.ExitCode { .failed }
  }
}

/// Turns text into tokens.
struct CoreTokenize: Verb {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Turns a text into token ids with the model's own tokenizer.")

  @OptionGroup var common: CommonOptions
  @Flag(name: .customLong("no-special"), help: "Add no BOS or EOS, and parse no special tokens.")
  var noSpecial = false
  @Flag(help: "One JSON document.") var json = false
  @Argument(help: "A GGUF file, a tokenizer.json, a tokenizer.model, or a folder with one of them.") var file: String
  @Argument(help: "The text.") var text: String

  private struct Document: Encodable {
    let schema = "hubwatch.core-tokenize/1"
    let ids: [Int32]
  }

  func work() async throws -> Domain.ExitCode {
    guard FileManager.default.fileExists(atPath: file) else { throw InputError.unreadable(file) }
    let tokenizer = try Tokenizer(path: file)
    let ids = tokenizer.encode(text, addSpecial: !noSpecial, parseSpecial: !noSpecial)
    if json {
      try common.print(JSONOutput.document(Document(ids: ids)))
    } else {
      for id in ids {
        try common.print("\(id)\t\(ForeignText.safe(tokenizer.decode([id], special: true)))")
      }
    }
    return .done
  }
}

/// Measures how well a model predicts a text.
struct CorePerplexity: Verb {
  static let configuration = CommandConfiguration(
    commandName: "perplexity", abstract: "Perplexity of a text by llama-perplexity's method.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var core: CoreOptions
  @Option(name: .customLong("ctx"), help: "Tokens of a chunk; its second half is scored.") var context = 512
  @Option(help: "Chunks at most.") var chunks: Int?
  @Option(help: "A file with plain text.") var text: String
  @Flag(help: "One JSON document.") var json = false
  @Argument(help: "A GGUF file, a folder with config.json and safetensors, or one of these.") var file: String

  /// Texts beyond this are refused: they would be held in memory several times over.
  static let textLimit = 256 << 20

  private struct Document: Encodable {
    let schema = "hubwatch.core-perplexity/1"
    let perplexity: Double
    let tokens: Int
    let chunks: Int
  }

  func validate() throws {
    guard (2...1_048_576).contains(context) else { throw ValidationError("--ctx takes 2 to 1048576") }
    if let chunks, chunks < 1 { throw ValidationError("--chunks takes 1 or more") }
  }

  func work() async throws -> Domain.ExitCode {
    guard let handle = FileHandle(forReadingAtPath: text),
      let data = try handle.read(upToCount: Self.textLimit + 1), data.count <= Self.textLimit
    else { throw InputError.unreadable(text) }
    let model = try core.open(file, context: context)
    let result = try model.perplexity(
      String(decoding: data, as: UTF8.self), context: context, chunks: chunks ?? .max)
    if json {
      try common.print(
        JSONOutput.document(
          Document(perplexity: result.perplexity, tokens: result.tokens, chunks: result.chunks)))
    } else {
      try common.print(
        "perplexity \(ByteCount.decimal(result.perplexity, places: 4)) over \(result.chunks) chunks of \(context), "
          + "\(result.tokens) tokens")
    }
    return .done
  }
}

/// Measures speed.
struct CoreBench: Verb {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Speed of prompt processing (pp) and generation (tg).")

  @OptionGroup var common: CommonOptions
  @OptionGroup var core: CoreOptions
  @Option(name: .short, help: "Tokens of the prompt; 0 leaves the test out.") var p = 512
  @Option(name: .short, help: "Tokens to generate; 0 leaves the test out.") var n = 64
  @Option(name: .short, help: "Repetitions.") var r = 3
  @Flag(help: "One JSON document.") var json = false
  @Argument(help: "A GGUF file, a folder with config.json and safetensors, or one of these.") var file: String

  private struct Document: Encodable {
    struct Test: Encodable {
      let name: String
      let threads: Int
      let tokensPerSecond: Double
      let stddev: Double
    }
    let schema = "hubwatch.core-bench/1"
    let tests: [Test]
  }

  func validate() throws {
    guard (0...65_536).contains(p), (0...65_536).contains(n), (1...1000).contains(r) else {
      throw ValidationError("-p and -n take 0 to 65536, -r takes 1 to 1000")
    }
  }

  func work() async throws -> Domain.ExitCode {
    let model = try core.open(file, context: max(p, n, 1))
    let results = try model.benchmark(prompt: p, generation: n, repetitions: r)
    if json {
      let tests = results.map {
        Document.Test(
          name: $0.name, threads: $0.threads, tokensPerSecond: $0.tokensPerSecond, stddev: $0.standardDeviation)
      }
      try common.print(JSONOutput.document(Document(tests: tests)))
    } else {
      for result in results {
        let speed = ByteCount.decimal(result.tokensPerSecond, places: 2)
        let spread = ByteCount.decimal(result.standardDeviation, places: 2)
        try common.print(
          "\(result.name)  \(speed) ± \(spread) tokens/s  (\(result.threads) threads, \(model.kernelName))")
      }
    }
    return .done
  }
}
