import Domain
import ModelFiles

/// A model as it lies on disk, in whatever kind of file, opened.
struct StoredModel {
  /// Its weights and metadata.
  let source: any WeightSource
  /// The headers of its parts in GGUF's words; the first has the metadata.
  let headers: [GGUFHeader]
  /// Its tokenizer.
  let tokenizer: Tokenizer
  /// The template of its conversations; nil when it has none.
  let chatTemplate: String?
  /// Whether the embedding may have more rows than the tokenizer has tokens, as in folders, whose rows are padded.
  let isPadded: Bool
  /// Whether most weights are in memory of their own, unpacked or quantized, and not in the mapped files.
  let isUnpacked: Bool
  /// The quantization of most weights as the field writes it: `Q4_K_M`, `F16`, `GPTQ`.
  let quantizationName: String

  /// Opens a GGUF file, the first of a split model, or a folder of safetensors.
  ///
  /// - Throws: `ModelFileError` for a broken file, `InferenceError.unsupported` for what the core cannot run.
  ///
  /// - Parameters:
  ///   - quantize: what float matrices become.
  ///   - quantizeAbove: bytes of float matrices from which on they become Q4_0 anyway.
  init(
    path: String, threads: Int, quantize: LanguageModel.Options.Quantize? = nil, quantizeAbove: ByteCount? = nil
  ) throws {
    let source: any WeightSource
    var headers: [GGUFHeader]
    var name: String
    var isPacked = false
    if SafetensorsFolder.isMeant(by: path) {
      let folder = try SafetensorsFolder(path: path)
      source = try SafetensorsWeights(folder, threads: threads)
      headers = [source.header]
      tokenizer = try Tokenizer(path: folder.path).stopping(at: folder.endTokens)
      chatTemplate = try ChatTemplateSource.template(inFolder: folder.path)
      isPadded = true
      isPacked = folder.packing != .floats
      name = folder.packing.name ?? Self.commonType(headers)
    } else {
      let files = try Self.parts(path)
      source = GGUFWeights(files[0], otherParts: Array(files.dropFirst()))
      headers = files.map(\.header)
      tokenizer = try Tokenizer(headers[0])
      chatTemplate = ChatTemplateSource.template(in: headers[0])
      isPadded = false
      name = Self.mixtureName(headers)
    }
    let isHuge = quantizeAbove.map { Self.floatBytes(headers) > $0.bytes } ?? false
    if let quantize = quantize ?? (isHuge ? .q4_0 : nil) {
      let quantized = try QuantizedWeights(source, parts: headers, to: quantize.type, threads: threads)
      headers = [quantized.header]
      self.source = quantized
      // Of a packed model only the embedding and the output matrix change, of others perhaps nothing.
      if quantized.hasQuantized, !isPacked { name = Self.commonType(headers) }
    } else {
      self.source = source
    }
    // What was unpacked or quantized needs its file no more.
    isUnpacked = isPacked || isHuge || quantize != nil
    if isUnpacked { self.source.forgetPages() }
    self.headers = headers
    quantizationName = name
  }

  /// The file, and for a split model the parts beside it.
  private static func parts(_ path: String) throws -> [GGUFFile] {
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

  /// Bytes of the matrices that are not quantized.
  private static func floatBytes(_ headers: [GGUFHeader]) -> Int64 {
    headers.flatMap(\.tensors).reduce(0) {
      [.f32, .f16, .bf16].contains($1.type) && $1.dimensions.count > 1 ? $0 + $1.byteCount : $0
    }
  }

  /// The name of the type that most weights of the layers have.
  private static func commonType(_ headers: [GGUFHeader]) -> String {
    var elements: [TensorType: Int64] = [:]
    for tensor in headers.flatMap(\.tensors) where tensor.dimensions.count > 1 && tensor.name.hasPrefix("blk.") {
      elements[tensor.type, default: 0] += tensor.elements
    }
    return elements.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key.name ?? "F32"
  }

  /// The name that `general.file_type` stands for, if the layers have weights of that kind; else the type of most weights.
  ///
  /// Rows that are no multiple of 256 keep a `Q4_K_M` from being mostly Q4_K.
  private static func mixtureName(_ headers: [GGUFHeader]) -> String {
    let most = commonType(headers)
    let types = Set(headers.flatMap(\.tensors).filter { $0.name.hasPrefix("blk.") }.map(\.type.name))
    // Source: llama.cpp's `llama_ftype`.
    let names = [
      0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
      12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
      25: "IQ4_NL", 30: "IQ4_XS", 32: "BF16",
    ]
    guard let type = headers[0]["general.file_type"]?.int, let name = names[type],
      types.contains(where: name.hasPrefix)
    else { return most }
    return name
  }
}
