import CKernels
import Domain
import ModelFiles

/// The tensors of a model folder under GGUF's names: floats in place in the mappings, packed integers unpacked once.
struct SafetensorsWeights: WeightSource {
  let name: String
  let header: GGUFHeader
  let ropePairs: RopePairs? = .halves
  let tensorNames: [String]
  private let folder: SafetensorsFolder
  private let entries: [String: Entry]

  private enum Entry: Sendable {
    /// In a file, as floats of this type, under this name.
    case stored(TensorType, [Int], String)
    case owned(OwnedMatrix)
    /// Out of the configuration.
    case computed([Float])
  }

  /// Collects the tensors of a folder and unpacks what is packed.
  ///
  /// - Throws: `ModelFileError` for a folder that contradicts itself, `InferenceError.unsupported` for tensors and
  ///   packings that we do not know.
  init(_ folder: SafetensorsFolder, threads: Int) throws {
    name = folder.path
    self.folder = folder
    if case .other(let packing) = folder.packing { throw InferenceError.unsupported(packing, file: folder.path) }
    if let activation = folder.configuration.foreignActivation {
      throw InferenceError.unsupported(
        "activation \(String(activation.prefix(40)).debugDescription)", file: folder.path)
    }
    if let name = folder.configuration.foreignClass {
      throw InferenceError.unsupported("class \(String(name.prefix(80)).debugDescription)", file: folder.path)
    }
    var collection = Collection(folder: folder)
    for tensor in folder.tensors { try collection.add(tensor) }
    try collection.unpack(threads: threads)
    // In GGUF a missing output matrix means that the embedding takes its place.
    guard folder.configuration.tiedEmbeddings || collection.entries["output.weight"] != nil else {
      throw ModelFileError(
        .badTensors, file: folder.path, "the tensor 'lm_head.weight' is missing, and the embedding is not tied to it")
    }
    for (name, factors) in try folder.configuration.rotationFactors(try folder.configuration.shape()) {
      try collection.insert(name, .computed(factors), .f32, [Int64(factors.count)])
    }
    entries = collection.entries
    header = GGUFHeader(
      name: folder.path, metadata: try folder.configuration.ggufMetadata(), tensors: collection.infos)
    tensorNames = collection.infos.map(\.name)
  }

  func forgetPages() { for file in folder.files { file.forgetPages() } }

  func has(_ tensor: String) -> Bool { entries[tensor] != nil }

  func matrix(_ tensor: String) throws -> Matrix {
    switch entries[tensor] {
    case .owned(let owned): return owned.matrix
    case .stored(let type, let shape, let stored):
      guard let data = folder.data(of: stored)?.baseAddress, let columns = shape.last else { break }
      return Matrix(
        data: data, type: type, rows: shape.dropLast().reduce(1, *), columns: columns, isMapped: true)
    case .computed, nil: break
    }
    throw InferenceError(.badModel, "\(name): the tensor '\(tensor)' is missing")
  }

  func floats(_ tensor: String) throws -> [Float] {
    switch entries[tensor] {
    case .computed(let floats): return floats
    case .stored(let type, let shape, let stored):
      guard let data = folder.data(of: stored)?.baseAddress else { break }
      let elements = shape.reduce(1, *)
      // No vector of a model is so long.
      guard elements <= 1 << 24 else {
        throw InferenceError(.badModel, "\(name): the tensor '\(tensor)' has \(elements) elements")
      }
      let floats = [Float](unsafeUninitializedCapacity: elements) { buffer, count in
        Kernels.portable.table.dequantize(type.rawValue, data, elements, buffer.baseAddress)
        count = elements
      }
      // Gemma's norms multiply by 1 more than they hold.
      let isOffset = folder.configuration.offsetNorms && tensor.hasSuffix("norm.weight")
      return isOffset ? floats.map { 1 + $0 } : floats
    case .owned, nil: break
    }
    throw InferenceError(.badModel, "\(name): the tensor '\(tensor)' is missing")
  }

  /// What has been found so far.
  private struct Collection {
    let folder: SafetensorsFolder
    private(set) var entries: [String: Entry] = [:]
    private(set) var infos: [GGUFTensorInfo] = []
    private var layers: [String] = []

    init(folder: SafetensorsFolder) { self.folder = folder }

    mutating func insert(_ name: String, _ entry: Entry, _ type: TensorType, _ dimensions: [Int64]) throws {
      guard let info = GGUFTensorInfo(name: name, type: type, dimensions: dimensions) else {
        throw ModelFileError(.badTensors, file: folder.path, "the tensor '\(name)' is empty")
      }
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw ModelFileError(.badTensors, file: folder.path, "holds two tensors that mean '\(name)'")
      }
      infos.append(info)
    }

    /// Takes a tensor, or notes the layer whose integers it holds.
    mutating func add(_ tensor: SafetensorsTensor) throws {
      if let dot = tensor.name.lastIndex(of: "."), let integers = folder.packing.integers {
        let layer = String(tensor.name[..<dot])
        let part = String(tensor.name[tensor.name.index(after: dot)...])
        if part == integers { layers.append(layer) }
        // What stands beside them is read with them.
        if WeightPacking.parts.contains(part), folder.tensor("\(layer).\(integers)") != nil { return }
      }
      guard let name = try ggufName(tensor.name) else { return }
      let types: [SafetensorsType: TensorType] = [.float32: .f32, .float16: .f16, .bfloat16: .bf16]
      guard let type = types[tensor.type] else {
        throw InferenceError.unsupported("tensor type \(tensor.type.rawValue) of '\(name)'", file: folder.path)
      }
      // Files of 2023 carry biases of zeros that their models do not have.
      if name.hasSuffix(".bias"), !folder.configuration.needsBiases,
        TensorView(tensor.name, in: folder)?.isZero == true
      {
        return
      }
      let shape = tensor.shape.isEmpty ? [1] : tensor.shape
      try insert(name, .stored(type, shape.map { Int($0) }, tensor.name), type, shape.reversed())
    }

    /// The name in GGUF; nil for what is not needed.
    private func ggufName(_ tensor: String) throws -> String? {
      switch folder.configuration.ggufName(of: tensor) {
      case .named(let name): return name
      case .ignored: return nil
      case .unknown:
        throw InferenceError.unsupported("tensor \(String(tensor.prefix(80)).debugDescription)", file: folder.path)
      }
    }

    mutating func unpack(threads: Int) throws {
      guard !layers.isEmpty else { return }
      let pool = WorkerPool(count: threads)
      let orders = ColumnOrders()
      for layer in layers {
        guard let name = try ggufName("\(layer).weight") else { continue }
        let packed = try PackedLayer(layer, in: folder)
        let owned = try packed.unpacked(keepsOrder: name == "token_embd.weight", orders: orders, pool: pool)
        try insert(name, .owned(owned), owned.matrix.type, [Int64(packed.columns), Int64(packed.rows)])
      }
    }
  }
}
