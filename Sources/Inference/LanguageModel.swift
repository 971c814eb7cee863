import Domain
import Foundation
import ModelFiles

/// A decoder model of the llama kind out of GGUF files or a folder of safetensors, ready to run.
///
/// The weights stay in the mapped file, or are unpacked or repacked once for the processor; what else is needed is allocated
/// by each `Session`.
public final class LanguageModel: Sendable {
  /// How a model is run.
  public struct Options: Sendable {
    /// Threads that work together; 1 to 256.
    public var threads: Int
    /// Positions of the KV cache; nil takes what the model was trained for, at most `contextLimit`.
    public var contextLength: Int?
    /// The most positions that are taken when `contextLength` is nil.
    public var contextLimit = 4096
    /// Memory that the model and one session may take beside the mapped files; nil is what the machine has. Weights for
    /// whose panels there is no room stay in the mapping and are slower.
    public var memory: ByteCount?
    /// Float activations: slow, and as near to the weights' own arithmetic as floats allow.
    public var exact: Bool
    /// Tokens of a prompt that go through the layers together; 1 to 2,048.
    public var batch: Int
    /// The kernels to use; nil takes the fastest that the processor runs.
    public var kernels: KernelSet?
    /// How keys and values are kept.
    public var cacheType: CacheType
    /// Called when the headers and the tokenizer are read, before weights are copied: the moment to let go of memory that
    /// only reading needed.
    public var willRepack: (@Sendable () -> Void)?
    /// What float matrices become while loading; nil leaves them as they are.
    public var quantize: Quantize?
    /// Bytes of float matrices from which on they become Q4_0, even if `quantize` is nil; nil for never.
    public var quantizeAbove: ByteCount?
    /// Whether every tensor is looked at once, before anything is computed with it.
    public var surveys = false

    /// Formats of 4 bits that floats are quantized to while loading; embedding and output matrix get 8 bits.
    public enum Quantize: String, Sendable, CaseIterable {
      /// One scale for 32 weights.
      case q4_0
      /// A scale and a minimum for 32 weights, found by search; more exact, and slower to make.
      case q4_k

      /// The tensor type.
      var type: TensorType { self == .q4_0 ? .q4_0 : .q4_K }
    }

    /// Options with the usual values.
    public init(
      threads: Int = 2, contextLength: Int? = nil, exact: Bool = false, batch: Int = 128,
      kernels: KernelSet? = nil, cacheType: CacheType = .f16, quantize: Quantize? = nil
    ) {
      self.threads = threads
      self.contextLength = contextLength
      self.exact = exact
      self.batch = batch
      self.kernels = kernels
      self.cacheType = cacheType
      self.quantize = quantize
    }
  }

  /// Bytes that a model takes while one session runs.
  public struct Memory: Sendable, Equatable {
    /// Tensor data, in the mapped files or unpacked.
    public let weights: ByteCount
    /// The KV cache.
    public let cache: ByteCount
    /// Activations and logits.
    public let compute: ByteCount

    /// What a process needs beside a model: the runtime, a tokenizer, the header.
    private static let usual: Int64 = 128 << 20

    /// What one session takes beside the weights.
    private var session: Int64 { cache.bytes + compute.bytes + Self.usual }

    /// - Parameter taken: what weights that are not in the files take already.
    /// - Throws: `InferenceError` of kind `unsupported` when a session needs more than there may be.
    fileprivate func requireRoom(within limit: ByteCount?, taken: Int64, file: String) throws(InferenceError) {
      guard let limit, session > limit.bytes - taken else { return }
      throw InferenceError.unsupported(
        "a need of \(ByteCount(session + taken).asMemory) beside the files, of which \(limit.asMemory) may be taken",
        file: file)
    }

    /// Bytes that are left for copies of the weights in panels.
    fileprivate func roomForPanels(within limit: ByteCount?, taken: Int64) -> Int {
      guard let limit else { return .max }
      return Int(max(0, limit.bytes - taken - session))
    }
  }

  /// The options after clamping to their ranges.
  public let options: Options
  /// The dimensions.
  public let shape: ModelShape
  /// The tokenizer of the file.
  public let tokenizer: Tokenizer
  /// The template in which its conversations are written, in Jinja; nil for a model that has none.
  public let chatTemplate: String?
  /// Positions of the KV cache.
  public let contextLength: Int
  /// The quantization of most weights as the field writes it: `Q4_K_M`, `F16`.
  public let quantizationName: String
  /// What a session takes.
  public let memory: Memory
  /// What the tensors look like; nil unless the options ask for it.
  public let survey: WeightSurvey?
  /// Whether weights that meet go together; nil unless the options ask for a survey.
  public let kinship: WeightKinship?
  /// The metadata, in GGUF's words also for a folder.
  public var header: GGUFHeader { source.header }
  /// Whether the pairs of queries and keys that turn lie side by side.
  public var turnsNeighbours: Bool { core.rotation.pairs == .interleaved }
  /// The base of the rotation.
  public var ropeBase: Double { core.rotation.base }
  /// What norms add to the mean square.
  public var normEpsilon: Float { core.numbers.epsilon }
  /// The kernels in use: `avx512`, `avx2` or `portable`.
  public var kernelName: String { kernels.name }

  /// Bytes of repacked weights.
  var panelBytes: Int { panels.bytes }

  let core: ModelCore
  let kernels: Kernels
  /// Keeps the repacked weights alive.
  private let panels: PanelStore
  /// Keeps alive what the weights point into.
  private let source: any WeightSource

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - path: a GGUF file, or the first of a split model, whose other parts lie beside it; or a folder with safetensors,
  ///     or one of these.
  ///   - options: how it will be run.
  /// - Throws: `ModelFileError` for a broken file, `InferenceError.unsupported` for what the core cannot run.
  public init(file path: String, options: Options = Options()) throws {
    var options = options
    options.threads = min(max(options.threads, 1), 256)
    options.batch = min(max(options.batch, 1), 2048)
    let stored = try StoredModel(
      path: path, threads: options.threads, quantize: options.quantize, quantizeAbove: options.quantizeAbove)
    source = stored.source
    shape = try ModelShape(gguf: source.header, otherParts: Array(stored.headers.dropFirst()))
    guard Family.named(shape.architecture) != nil else {
      throw InferenceError.unsupported("architecture \(shape.architecture)", file: path)
    }
    tokenizer = stored.tokenizer
    chatTemplate = stored.chatTemplate
    guard
      stored.isPadded
        ? tokenizer.vocabularySize <= shape.vocabulary : tokenizer.vocabularySize == shape.vocabulary
    else {
      throw ModelFileError(
        .badTensors, file: path,
        "lists \(tokenizer.vocabularySize) tokens, but the embedding has \(shape.vocabulary) rows")
    }
    guard options.cacheType.takes(shape.keyLength), options.cacheType.takes(shape.valueLength) else {
      throw InferenceError.unsupported(
        "a KV cache in \(options.cacheType.rawValue) for heads of \(shape.keyLength) elements", file: path)
    }
    kernels = try Self.kernels(options.kernels)
    contextLength = max(1, options.contextLength ?? min(shape.contextLength, options.contextLimit))
    options.batch = min(options.batch, contextLength)
    let weightBytes = stored.headers.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }
    memory = Memory(
      weights: ByteCount(weightBytes),
      cache: ByteCount(CoreMemory.cacheBytes(shape: shape, context: contextLength, type: options.cacheType)),
      compute: CoreMemory(threads: options.threads).computeBytes(
        shape: shape, context: contextLength, batch: options.batch))
    let taken = stored.isUnpacked ? weightBytes : 0
    try memory.requireRoom(within: options.memory, taken: taken, file: path)
    panels = PanelStore(kernels: kernels, room: memory.roomForPanels(within: options.memory, taken: taken))
    core =
      !options.exact && MainMemory.holds(weightBytes)
      ? try ModelCore(PanelWeights(base: source, store: panels), shape: shape, context: contextLength)
      : try ModelCore(source, shape: shape, context: contextLength)
    self.options = options
    quantizationName = stored.quantizationName
    survey =
      options.surveys
      ? try WeightSurvey(
        source, tensors: stored.headers.flatMap(\.tensors), kernels: kernels, threads: options.threads) : nil
    kinship =
      options.surveys
      ? WeightKinship(core.weights, heads: shape.heads, kernels: kernels, threads: options.threads) : nil
    // Headers were read once, and repacked matrices need their file no more.
    options.willRepack?()
    if panels.fill(threads: options.threads) { source.forgetPages() }
  }

  private static func kernels(_ set: KernelSet?) throws -> Kernels {
    guard let set else { return .best }
    guard let kernels = Kernels.named(set) else {
      throw InferenceError(.unsupported, "unsupported: this processor does not run the kernels \(set.rawValue)")
    }
    return kernels
  }

  /// A new conversation with this model, with its own cache and threads.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is not enough memory.
  public func session() throws -> Session { try Session(model: self) }
}
