import Domain

/// How weights of safetensors repositories are stored: whole numbers of few bits with scales, or floats.
///
/// Sources: the packing of AutoGPTQ and GPTQModel, AutoAWQ, compressed-tensors, bitsandbytes, ExLlamaV2 and MLX.
public enum PackedScheme: Hashable, Sendable {
  /// Two bytes an element; F32 checkpoints are loaded as these too.
  case half
  /// `qweight`, `scales`, `qzeros`, `g_idx` and a bias; a group of nil is a whole row.
  case gptq(bits: Int, group: Int?)
  /// `qweight`, `scales` and `qzeros`.
  case awq(bits: Int, group: Int?)
  /// `weight_packed` and `weight_scale`, and a zero point unless it is symmetric.
  case compressed(bits: Int, group: Int?, isSymmetric: Bool)
  /// One byte an element with a scale for each row: LLM.int8.
  case int8
  /// NF4 of bitsandbytes, with scales that are quantized again or not.
  case nf4(isDouble: Bool)
  /// One byte an element with a scale for each block of 128 × 128, or for the whole tensor.
  case fp8(isBlockwise: Bool)
  /// Routed experts in MXFP4, all else in two bytes.
  case mxfp4
  /// Four bits with a scale of a byte for each 16.
  case nvfp4
  /// ExLlama's mixtures, at so many bits a weight; the output matrix has its own.
  case exl(bits: Double, headBits: Double)
  /// MLX's groups, with scale and bias of two bytes; embeddings too.
  case mlx(bits: Int, group: Int)

  /// The forms that people make of a model.
  public static let usual: [PackedScheme] = [
    .half, .fp8(isBlockwise: true), .int8, .mlx(bits: 8, group: 64), .exl(bits: 5, headBits: 6),
    .exl(bits: 4, headBits: 6), .gptq(bits: 8, group: 128), .gptq(bits: 4, group: 128), .awq(bits: 4, group: 128),
    .compressed(bits: 4, group: 128, isSymmetric: true), .mlx(bits: 4, group: 64), .nf4(isDouble: false),
    .nf4(isDouble: true), .nvfp4, .exl(bits: 3, headBits: 6), .gptq(bits: 3, group: 128),
  ]

  /// The scheme that a `config.json` states; nil when it does not say enough, or for methods that we do not know.
  public init?(_ stated: QuantizationScheme) {
    let bits = stated.bits
    let group = stated.groupSize
    guard (bits.map { (1...8).contains($0) } ?? true), (group.map { $0 > 0 } ?? true) else { return nil }
    switch stated.method {
    case .gptq: self = .gptq(bits: bits ?? 4, group: group)
    case .awq: self = .awq(bits: bits ?? 4, group: group)
    case .compressedTensors:
      guard let bits else { return nil }
      self = bits == 8 ? .fp8(isBlockwise: false) : .compressed(bits: bits, group: group, isSymmetric: true)
    case .bitsandbytes: self = bits == 8 ? .int8 : .nf4(isDouble: true)
    case .fp8: self = .fp8(isBlockwise: true)
    case .mxfp4: self = .mxfp4
    case .nvfp4: self = .nvfp4
    case .mlx:
      guard let bits else { return nil }
      self = .mlx(bits: bits, group: group ?? 64)
    case .exl2, .exl3:
      guard let bits else { return nil }
      self = .exl(bits: Double(bits), headBits: 6)
    case .aqlm, .hqq, .eetq, .torchao, .quanto, .bitnet, .modelopt, .unknown: return nil
    }
  }

  /// What it is called: `GPTQ 4-bit g128`.
  public var name: String {
    func grouped(_ name: String, _ bits: Int, _ group: Int?) -> String {
      "\(name) \(bits)-bit" + (group.map { " g\($0)" } ?? "")
    }
    return switch self {
    case .half: "FP16"
    case .gptq(let bits, let group): grouped("GPTQ", bits, group)
    case .awq(let bits, let group): grouped("AWQ", bits, group)
    case .compressed(let bits, let group, _): grouped("W\(bits)A16", bits, group)
    case .int8: "LLM.int8"
    case .nf4(let isDouble): isDouble ? "NF4 double" : "NF4"
    case .fp8: "FP8"
    case .mxfp4: "MXFP4"
    case .nvfp4: "NVFP4"
    case .exl(let bits, _): "EXL \(ByteCount.decimal(bits, places: 1)) bpw"
    case .mlx(let bits, let group): grouped("MLX", bits, group)
    }
  }

  /// Whether somebody means this one by a name, in whatever case.
  public func isNamed(_ text: String) -> Bool { name.uppercased() == text.uppercased() }

  /// The engine whose buffers go with it.
  public var engine: Engine {
    if case .exl = self { return .exllama }
    return .torch
  }

  /// The bytes of a model in this scheme.
  ///
  /// All of it goes to the card but ExLlama's embedding, which stays in main memory.
  ///
  /// - Parameters:
  ///   - inventory: the model's tensors.
  ///   - experts: how many routed experts a layer has.
  public func layout(of inventory: TensorInventory, experts: Int) -> WeightLayout {
    let kinds = inventory.kinds.map { tensors in
      tensors.reduce(into: (all: Int64(0), experts: Int64(0))) { sums, tensor in
        let bytes = bytes(tensor, experts: experts)
        sums.all += bytes
        if tensor.role.isExpert { sums.experts += bytes }
      }
    }
    let expertBytes = inventory.layers.map { kinds[$0].experts }
    var layout = WeightLayout(
      layerBytes: inventory.layers.map { kinds[$0].all },
      expertBytes: expertBytes.contains { $0 > 0 } ? expertBytes : [],
      tokenEmbedding: 0, output: 0, other: 0)
    for tensor in inventory.common where tensor.role != .ropeTable {
      let bytes = bytes(tensor, experts: experts)
      switch (tensor.role, self) {
      case (.tokenEmbedding, .exl): layout.tokenEmbedding += bytes
      case (.perLayerEmbedding, .exl): layout.lookedUp += bytes
      case (.output, _): layout.output += bytes
      default: layout.other += bytes
      }
    }
    if case .exl(_, let headBits) = self, inventory.isTied {
      // ExLlama makes an output matrix of the embedding.
      layout.output = inventory.common.filter { $0.role == .tokenEmbedding }
        .reduce(0) { $0 + Int64((Double($1.elements) * headBits / 8).rounded(.up)) }
    }
    return layout
  }

  private func bytes(_ tensor: TensorInventory.Tensor, experts: Int) -> Int64 {
    let isTable = tensor.role == .tokenEmbedding || tensor.role == .output || tensor.role == .perLayerEmbedding
    switch self {
    case .mlx(let bits, let group) where isTable: return Self.grouped(tensor.elements, bits, group)
    case .exl(_, let headBits) where tensor.role == .output:
      return Int64((Double(tensor.elements) * headBits / 8).rounded(.up))
    default: break
    }
    guard tensor.role.isLinear else { return 2 * tensor.elements }
    // The experts of a layer are one tensor in our inventories and as many matrices as there are in these files.
    let matrices = tensor.role.isExpert ? Int64(max(1, experts)) : 1
    return linear(input: tensor.rowLength, output: max(1, tensor.rows / matrices), role: tensor.role) * matrices
  }

  /// Bytes of a linear layer from `input` to `output` elements.
  private func linear(input: Int64, output: Int64, role: TensorRole) -> Int64 {
    func ceil(_ value: Int64, _ step: Int64) -> Int64 { (value + step - 1) / step }
    func groups(_ group: Int?) -> Int64 { group.map { ceil(input, Int64($0)) } ?? 1 }
    let elements = input * output
    switch self {
    case .half: return 2 * elements
    case .gptq(let bits, let group):
      let (bits, groups) = (Int64(bits), groups(group))
      return 4 * output * ceil(input * bits, 32) + 2 * groups * output + 4 * groups * ceil(output * bits, 32)
        + 4 * input + 2 * output
    case .awq(let bits, let group):
      let (bits, groups) = (Int64(bits), groups(group))
      return 4 * input * ceil(output * bits, 32) + 2 * groups * output + 4 * groups * ceil(output * bits, 32)
    case .compressed(let bits, let group, let isSymmetric):
      let (perWord, groups) = (Int64(32 / bits), groups(group))
      return 4 * output * ceil(input, perWord) + 2 * output * groups
        + (isSymmetric ? 0 : 4 * ceil(output, perWord) * groups)
    case .int8: return elements + 4 * output
    case .nf4(let isDouble):
      return isDouble ? Int64((Double(elements) * 4.127 / 8).rounded(.up)) : ceil(elements, 2) + 4 * ceil(elements, 64)
    case .fp8(let isBlockwise): return elements + (isBlockwise ? 4 * ceil(input, 128) * ceil(output, 128) : 4)
    case .mxfp4: return role.isExpert ? 17 * ceil(elements, 32) : 2 * elements
    case .nvfp4: return ceil(elements, 2) + ceil(elements, 16) + 4
    case .exl(let bits, _): return Int64((Double(elements) * bits / 8).rounded(.up))
    case .mlx(let bits, let group): return Self.grouped(elements, bits, group)
    }
  }

  private static func grouped(_ elements: Int64, _ bits: Int, _ group: Int) -> Int64 {
    let group = Int64(group)
    return elements * Int64(bits) / 8 + 4 * ((elements + group - 1) / group)
  }
}
