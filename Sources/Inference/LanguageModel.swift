import Domain
import Foundation
import ModelFiles

/// A decoder model of the llama kind out of GGUF files, ready to run.
///
/// The weights stay in the mapped file, or are repacked once for the processor; what else is needed is allocated by each
/// `Session`.
public final class LanguageModel: Sendable {
  /// How a model is run.
  public struct Options: Sendable {
    /// Threads that work together; 1 to 256.
    public var threads: Int
    /// Positions of the KV cache; nil takes what the model was trained for, at most 4,096.
    public var contextLength: Int?
    /// Float activations: slow, and as near to the weights' own arithmetic as floats allow.
    public var exact: Bool
    /// Tokens of a prompt that go through the layers together; 1 to 2,048.
    public var batch: Int
    /// The kernels to use; nil takes the fastest that the processor runs.
    public var kernels: KernelSet?

    /// Options with the usual values.
    public init(
      threads: Int = 2, contextLength: Int? = nil, exact: Bool = false, batch: Int = 128,
      kernels: KernelSet? = nil
    ) {
      self.threads = threads
      self.contextLength = contextLength
      self.exact = exact
      self.batch = batch
      self.kernels = kernels
    }
  }

  /// Bytes that a model takes while one session runs.
  public struct Memory: Sendable, Equatable {
    /// Tensor data in the mapped files.
    public let weights: ByteCount
    /// The KV cache.
    public let cache: ByteCount
    /// Activations and logits.
    public let compute: ByteCount
  }

  /// The options after clamping to their ranges.
  public let options: Options
  /// The dimensions.
  public let shape: ModelShape
  /// The tokenizer of the file.
  public let tokenizer: Tokenizer
  /// Positions of the KV cache.
  public let contextLength: Int
  /// The quantization of most weights as the field writes it: `Q4_K_M`, `F16`.
  public let quantizationName: String
  /// What a session takes.
  public let memory: Memory
  /// The kernels in use: `avx512`, `avx2` or `portable`.
  public var kernelName: String { kernels.name }

  let core: ModelCore
  let kernels: Kernels
  /// Keeps the repacked weights alive.
  private let panels: PanelStore
  /// Keeps the mappings alive that the weights point into.
  private let files: [GGUFFile]

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - path: a GGUF file, or the first of a split model, whose other parts lie beside it.
  ///   - options: how it will be run.
  /// - Throws: `ModelFileError` for a broken file, `InferenceError.unsupported` for what the core cannot run.
  public init(file path: String, options: Options = Options()) throws {
    var options = options
    options.threads = min(max(options.threads, 1), 256)
    options.batch = min(max(options.batch, 1), 2048)
    files = try Self.open(path)
    let header = files[0].header
    shape = try ModelShape(gguf: header, otherParts: files.dropFirst().map(\.header))
    guard Family.named(shape.architecture) != nil else {
      throw InferenceError.unsupported("architecture \(shape.architecture)", file: path)
    }
    tokenizer = try Tokenizer(header)
    guard tokenizer.vocabularySize == shape.vocabulary else {
      throw ModelFileError(
        .badTensors, file: path,
        "lists \(tokenizer.vocabularySize) tokens, but the embedding has \(shape.vocabulary) rows")
    }
    kernels = try Self.kernels(options.kernels)
    contextLength = max(1, options.contextLength ?? min(shape.contextLength, 4096))
    let source = GGUFWeights(files[0], otherParts: Array(files.dropFirst()))
    let weightBytes = files.reduce(0) { $0 + $1.header.tensors.reduce(0) { $0 + $1.byteCount } }
    panels = PanelStore(kernels: kernels)
    core =
      !options.exact && MainMemory.holds(weightBytes)
      ? try ModelCore(PanelWeights(base: source, store: panels), shape: shape, context: contextLength)
      : try ModelCore(source, shape: shape, context: contextLength)
    options.batch = min(options.batch, contextLength)
    self.options = options
    quantizationName = Self.quantizationName(files)
    memory = Memory(
      weights: ByteCount(weightBytes),
      cache: ByteCount(CoreMemory.cacheBytes(shape: shape, context: contextLength)),
      compute: CoreMemory(threads: options.threads).computeBytes(
        shape: shape, context: contextLength, batch: options.batch))
    panels.fill(threads: options.threads)
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

  /// The file, and for a split model the parts beside it.
  private static func open(_ path: String) throws -> [GGUFFile] {
    let first = try GGUFFile(path: path)
    guard let count = first.header["split.count"]?.int, count > 1, first.header["split.no"]?.int ?? 0 == 0
    else { return [first] }
    let suffix = "-00001-of-\(padded(count)).gguf"
    guard count <= 99_999, path.hasSuffix(suffix) else {
      throw ModelFileError(.badMetadata, file: path, "is the first of \(count) parts, but is not named so")
    }
    var files = [first]
    for part in 2...count {
      files.append(
        try GGUFFile(path: path.dropLast(suffix.count) + "-\(padded(part))-of-\(padded(count)).gguf"))
    }
    return files
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
  }

  /// The name that `general.file_type` stands for, if most weights are of that kind; else the type of most weights.
  private static func quantizationName(_ files: [GGUFFile]) -> String {
    var elements: [TensorType: Int64] = [:]
    for tensor in files.flatMap(\.header.tensors)
    where tensor.dimensions.count > 1 && tensor.name.hasPrefix("blk.") {
      elements[tensor.type, default: 0] += tensor.elements
    }
    let most = elements.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key.name ?? "F32"
    // Source: llama.cpp's `llama_ftype`.
    let names = [
      0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
      12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
      25: "IQ4_NL", 30: "IQ4_XS", 32: "BF16",
    ]
    guard let type = files[0].header["general.file_type"]?.int, let name = names[type], name.hasPrefix(most)
    else { return most }
    return name
  }
}
