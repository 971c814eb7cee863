import Synchronization

/// The safetensors files of a family as one kind of repository holds them: real headers, and how long the whole
/// files would be.
///
/// Format: 8 bytes of little-endian header length, a JSON object, the data. Shards of at most 5 GB and the index
/// are named as transformers names them.
struct SafetensorsSet: Sendable {
  struct Shard: Sendable {
    let name: String
    let header: [UInt8]
    let size: Int64
  }

  let shards: [Shard]
  /// The index file, where there are several shards.
  let index: String?

  private struct Tensor {
    let name: String
    let type: String
    let shape: [Int]
    let bytes: Int
  }

  private static let made = Mutex<[Int: SafetensorsSet]>([:])

  /// The set of a family by its place in `Family.all`; made once.
  static func set(family: Int, kind: ModelKind) -> SafetensorsSet {
    let kind = [.merge, .finetune].contains(kind) ? .base : kind
    return made.withLock { made in
      let key = family << 8 | Int(kind.rawValue)
      if let set = made[key] { return set }
      let set = SafetensorsSet(Self.tensors(Family.all[family], kind), kind: kind)
      made[key] = set
      return set
    }
  }

  private init(_ tensors: [Tensor], kind: ModelKind) {
    var groups: [[Tensor]] = [[]]
    var filled = 0
    for tensor in tensors {
      if filled + tensor.bytes > 5_000_000_000, filled > 0 {
        groups.append([])
        filled = 0
      }
      groups[groups.count - 1].append(tensor)
      filled += tensor.bytes
    }
    let stem = kind == .adapter ? "adapter_model" : "model"
    func name(_ number: Int) -> String {
      guard groups.count > 1 else { return "\(stem).safetensors" }
      func five(_ value: Int) -> String { String(String(100_000 + value).dropFirst()) }
      return "\(stem)-\(five(number + 1))-of-\(five(groups.count)).safetensors"
    }
    shards = groups.enumerated().map { number, group in
      var place = 0
      let entries = group.map { tensor in
        defer { place += tensor.bytes }
        return #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":\#(tensor.shape),"#
          + #""data_offsets":[\#(place),\#(place + tensor.bytes)]}"#
      }
      var text = #"{"__metadata__":{"format":"pt"},"# + entries.joined(separator: ",") + "}"
      while text.utf8.count % 8 != 0 { text += " " }
      let length = (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> (8 * $0)) }
      let header = length + Array(text.utf8)
      return Shard(name: name(number), header: header, size: Int64(header.count + place))
    }
    if groups.count > 1 {
      let places = groups.enumerated().flatMap { number, group in
        group.map { #""\#($0.name)":"\#(name(number))""# }
      }
      let total = tensors.reduce(0) { $0 + $1.bytes }
      index = #"{"metadata":{"total_size":\#(total)},"weight_map":{\#(places.joined(separator: ","))}}"#
    } else {
      index = nil
    }
  }

  private static func tensor(_ name: String, _ type: String, _ shape: [Int]) -> Tensor {
    let width = ["BF16": 2, "F16": 2, "I16": 2][type] ?? 4
    return Tensor(name: name, type: type, shape: shape, bytes: shape.reduce(width, *))
  }

  /// A matrix of `rows` outputs and `columns` inputs, in the packing of a kind.
  ///
  /// Source of the packings: the loaders of AutoGPTQ, AutoAWQ, exllamav2 and mlx-lm, at 4 bits.
  private static func linear(_ name: String, _ kind: ModelKind, rows: Int, columns: Int) -> [Tensor] {
    let group = kind == .mlx ? 64 : 128
    return switch kind {
    case .gptq:
      [
        tensor("\(name).qweight", "I32", [columns / 8, rows]),
        tensor("\(name).qzeros", "I32", [columns / group, rows / 8]),
        tensor("\(name).scales", "F16", [columns / group, rows]), tensor("\(name).g_idx", "I32", [columns]),
      ]
    case .awq:
      [
        tensor("\(name).qweight", "I32", [columns, rows / 8]),
        tensor("\(name).qzeros", "I32", [columns / group, rows / 8]),
        tensor("\(name).scales", "F16", [columns / group, rows]),
      ]
    case .exl2:
      [
        tensor("\(name).q_weight", "I32", [columns / 8, rows]),
        tensor("\(name).q_scale", "I32", [columns / group, rows / 8]),
        tensor("\(name).q_scale_max", "F16", [columns / group]),
        tensor("\(name).q_groups", "I16", [2 * columns / group]),
      ]
    case .mlx:
      [
        tensor("\(name).weight", "U32", [rows, columns / 8]), tensor("\(name).scales", "F16", [rows, columns / group]),
        tensor("\(name).biases", "F16", [rows, columns / group]),
      ]
    case .adapter:
      [
        tensor("base_model.model.\(name).lora_A.weight", "F32", [16, columns]),
        tensor("base_model.model.\(name).lora_B.weight", "F32", [rows, 16]),
      ]
    default: [tensor("\(name).weight", "BF16", [rows, columns])]
    }
  }

  private static func tensors(_ family: Family, _ kind: ModelKind) -> [Tensor] {
    let (width, forward) = (family.embedding, family.feedForward)
    let (keys, queries) = (family.kvHeads * family.headLength, family.heads * family.headLength)
    let plain = kind == .base ? "BF16" : "F16"
    let isAdapter = kind == .adapter
    var tensors: [Tensor] = []
    if !isAdapter { tensors.append(tensor("model.embed_tokens.weight", plain, [family.vocabulary, width])) }
    for layer in 0..<family.layers {
      let place = "model.layers.\(layer)"
      tensors += linear("\(place).self_attn.q_proj", kind, rows: queries, columns: width)
      tensors += linear("\(place).self_attn.k_proj", kind, rows: keys, columns: width)
      tensors += linear("\(place).self_attn.v_proj", kind, rows: keys, columns: width)
      tensors += linear("\(place).self_attn.o_proj", kind, rows: width, columns: queries)
      guard !isAdapter else { continue }
      tensors += linear("\(place).mlp.gate_proj", kind, rows: forward, columns: width)
      tensors += linear("\(place).mlp.up_proj", kind, rows: forward, columns: width)
      tensors += linear("\(place).mlp.down_proj", kind, rows: width, columns: forward)
      tensors.append(tensor("\(place).input_layernorm.weight", plain, [width]))
      tensors.append(tensor("\(place).post_attention_layernorm.weight", plain, [width]))
    }
    if !isAdapter {
      tensors.append(tensor("model.norm.weight", plain, [width]))
      if !family.isTied { tensors.append(tensor("lm_head.weight", plain, [family.vocabulary, width])) }
    }
    return tensors
  }
}
