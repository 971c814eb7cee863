import Domain
import Foundation
import ModelFiles

/// A llama model out of GGUF files or a folder of safetensors, ready to run.
///
/// The weights stay in the mapped file, unless they are packed; what else is needed is allocated by each `Session`.
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
    /// Whether only plain C is used, to compare with.
    public var portable: Bool
    /// What float matrices become while loading; nil leaves them as they are.
    public var quantize: Quantize?

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
      portable: Bool = false, quantize: Quantize? = nil
    ) {
      self.threads = threads
      self.contextLength = contextLength
      self.exact = exact
      self.batch = batch
      self.portable = portable
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
  /// The kernels in use: `avx2` or `portable`.
  public var kernelName: String { kernels.name }

  let weights: LlamaWeights
  let rotation: Rotation
  let epsilon: Float
  let kernels: Kernels
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
    let stored = try StoredModel(path: path, threads: options.threads, quantize: options.quantize)
    source = stored.source
    let header = stored.source.header
    shape = try ModelShape(gguf: header, otherParts: Array(stored.headers.dropFirst()))
    guard shape.architecture == "llama" else {
      throw InferenceError.unsupported("architecture \(shape.architecture)", file: path)
    }
    guard shape.experts == 0 else {
      throw InferenceError.unsupported("mixture of \(shape.experts) experts", file: path)
    }
    tokenizer = stored.tokenizer
    guard
      stored.isPadded
        ? tokenizer.vocabularySize <= shape.vocabulary : tokenizer.vocabularySize == shape.vocabulary
    else {
      throw ModelFileError(
        .badTensors, file: path,
        "lists \(tokenizer.vocabularySize) tokens, but the embedding has \(shape.vocabulary) rows")
    }
    weights = try LlamaWeights(source, shape: shape)
    rotation = try Rotation(header, shape: shape, factors: weights.frequencyFactors)
    epsilon = try header.float("llama.attention.layer_norm_rms_epsilon")
    kernels = options.portable ? .portable : .best
    contextLength = max(1, options.contextLength ?? min(shape.contextLength, 4096))
    options.batch = min(options.batch, contextLength)
    self.options = options
    quantizationName = stored.quantizationName
    memory = Memory(
      weights: ByteCount(stored.headers.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }),
      cache: ByteCount(CoreMemory.cacheBytes(shape: shape, context: contextLength)),
      compute: CoreMemory(threads: options.threads).computeBytes(
        shape: shape, context: contextLength, batch: options.batch))
  }

  /// A new conversation with this model, with its own cache and threads.
  ///
  /// - Throws: `InferenceError` of kind `limit` when there is not enough memory.
  public func session() throws -> Session { try Session(model: self) }
}
