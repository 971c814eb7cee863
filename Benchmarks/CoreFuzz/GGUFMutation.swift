import Domain
import FuzzSupport
import ModelFiles

/// Damage to a GGUF file that leaves the container sound: other values, types, names and dimensions.
enum GGUFMutation {
  static func headerLength(_ bytes: [UInt8]) -> Int { header(bytes).map { Int($0.dataStart) } ?? bytes.count }

  private static func header(_ bytes: [UInt8]) -> GGUFHeader? {
    guard case .complete(let header)? = try? GGUFHeader.parse(bytes, fileSize: Int64(bytes.count), name: "seed") else {
      return nil
    }
    return header
  }

  /// A file with one to three changes; nil when it cannot be read.
  static func apply(_ bytes: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8]? {
    guard let header = header(bytes) else { return nil }
    var entries = header.metadata.map { ($0.key, $0.value) }
    var tensors = header.tensors.map { tensor in
      Tensor(
        name: tensor.name, type: tensor.type, dimensions: tensor.dimensions,
        data: Array(bytes[Int(tensor.offset)..<Int(tensor.offset + tensor.byteCount)]))
    }
    for _ in 0...Int.random(in: 0...2, using: &random) {
      if Bool.random(using: &random), !entries.isEmpty {
        change(&entries, &random)
      } else if !tensors.isEmpty {
        change(&tensors, &random)
      }
    }
    var writer = GGUFWriter(alignment: header.alignment)
    for (key, value) in entries where key != "general.alignment" { writer.set(key, value) }
    for tensor in tensors {
      // A combination that the writer refuses is left out: a model without this tensor.
      try? writer.add(tensor.name, type: tensor.type, dimensions: tensor.dimensions, data: tensor.data)
    }
    return writer.bytes()
  }

  // MARK: Metadata

  private static func change(_ entries: inout [(String, GGUFValue)], _ random: inout some RandomNumberGenerator) {
    let index = Int.random(in: 0..<entries.count, using: &random)
    let other = entries[Int.random(in: 0..<entries.count, using: &random)]
    switch Int.random(in: 0..<8, using: &random) {
    case 0: entries.remove(at: index)
    case 1: entries[index].1 = other.1
    case 2: entries.append(extras.randomElement(using: &random) ?? other)
    default: entries[index].1 = changed(entries[index].1, &random)
    }
  }

  /// Keys that a llama may have, with values at which arithmetic breaks.
  private static let extras: [(String, GGUFValue)] = [
    ("llama.rope.freq_base", .float32(0)), ("llama.rope.freq_base", .float32(-.infinity)),
    ("llama.rope.dimension_count", .uint32(6)), ("llama.rope.scaling.type", .string("yarn")),
    ("llama.rope.scaling.type", .string("linear")), ("llama.rope.scaling.factor", .float32(1e-30)),
    ("llama.rope.scaling.factor", .float32(.nan)), ("llama.rope.scaling.original_context_length", .uint32(0)),
    ("llama.attention.key_length", .uint32(3)), ("llama.attention.value_length", .uint32(1 << 20)),
    ("llama.attention.sliding_window", .uint32(1)), ("llama.attention.sliding_window", .uint32(0)),
    ("llama.expert_count", .uint32(4)), ("llama.expert_used_count", .uint32(9)),
    ("llama.attention.head_count_kv", .array(GGUFArray(int32s: [0, -1, 2]))),
    ("llama.vocab_size", .uint32(.max)), ("tokenizer.ggml.add_bos_token", .bool(false)),
    ("tokenizer.ggml.bos_token_id", .uint32(.max)), ("tokenizer.ggml.eos_token_id", .int32(-7)),
    ("tokenizer.ggml.pre", .string("llama-bpe")), ("tokenizer.ggml.pre", .string("")),
    ("general.architecture", .string("qwen2")), ("general.architecture", .string("gemma3")),
    ("split.count", .uint16(3)), ("split.no", .uint16(1)), ("split.tensors.count", .int32(-1)),
  ]

  private static func changed(_ value: GGUFValue, _ random: inout some RandomNumberGenerator) -> GGUFValue {
    let edge = Mutation.edges.randomElement(using: &random) ?? 0
    switch value {
    case .uint32, .uint64, .int32, .int64, .uint16, .int16, .uint8, .int8:
      switch Int.random(in: 0..<4, using: &random) {
      case 0: return .uint64(edge)
      case 1: return .int32(Int32(truncatingIfNeeded: edge))
      case 2: return .float32(Float(edge))
      default: return .uint32(UInt32.random(in: 0...600, using: &random))
      }
    case .float32, .float64:
      return .float32([0, -0, .nan, .infinity, -1, 1e-38, 1e38, 1e6].randomElement(using: &random) ?? 0)
    case .bool(let flag): return .bool(!flag)
    case .string(let text):
      return .string(
        ["", "llama", "gpt2", "bert", String(text.dropLast()), text + "\0", String(repeating: text, count: 99)]
          .randomElement(using: &random) ?? "")
    case .array(let array): return changed(array, &random)
    }
  }

  private static func changed(_ array: GGUFArray, _ random: inout some RandomNumberGenerator) -> GGUFValue {
    if var strings = array.strings(), !strings.isEmpty {
      let (a, b) = (
        strings.indices.randomElement(using: &random) ?? 0, strings.indices.randomElement(using: &random) ?? 0
      )
      switch Int.random(in: 0..<6, using: &random) {
      case 0: strings.removeLast()
      case 1: strings[a] = strings[b]
      case 2: strings[a] = ""
      case 3: strings[a] += strings[b]
      case 4: strings.append(strings[a])
      default:
        strings[a] =
          ["<0xFF>", "<0x0G>", "\u{2581}", "a b c", " ", "\u{10FFFF}", "Ġ Ġ", "<s>"].randomElement(using: &random) ?? ""
      }
      return .array(GGUFArray(strings: strings))
    }
    if var numbers = array.ints(), !numbers.isEmpty, numbers.allSatisfy({ Int32(exactly: $0) != nil }) {
      let index = numbers.indices.randomElement(using: &random) ?? 0
      if Int.random(in: 0..<4, using: &random) == 0 {
        numbers.removeLast()
      } else {
        numbers[index] = [-1, 0, 1, 2, 3, 6, 7, Int(Int32.max)].randomElement(using: &random) ?? 0
      }
      return .array(GGUFArray(int32s: numbers.map { Int32(truncatingIfNeeded: $0) }))
    }
    if var numbers = array.floats(), !numbers.isEmpty {
      let index = numbers.indices.randomElement(using: &random) ?? 0
      numbers[index] = [.nan, .infinity, -.infinity, 0, -1e38].randomElement(using: &random) ?? 0
      return .array(GGUFArray(floats: numbers))
    }
    return .uint32(0)
  }

  // MARK: Tensors

  private struct Tensor {
    var name: String
    var type: TensorType
    var dimensions: [Int64]
    var data: [UInt8]

    /// Makes the data as long as type and dimensions say, if that is sensible.
    mutating func fit() {
      let elements = dimensions.reduce(Int64(1)) { $0.multipliedReportingOverflow(by: max($1, 0)).partialValue }
      guard let row = dimensions.first, row > 0, (0...1 << 20).contains(elements),
        let count = type.bytes(elements: elements, rowLength: row), count <= 4 << 20
      else { return }
      let source = data.isEmpty ? [0x3C] : data
      data = (0..<Int(count)).map { source[$0 % source.count] }
    }
  }

  private static func change(_ tensors: inout [Tensor], _ random: inout some RandomNumberGenerator) {
    let index = Int.random(in: 0..<tensors.count, using: &random)
    let other = tensors[Int.random(in: 0..<tensors.count, using: &random)]
    switch Int.random(in: 0..<9, using: &random) {
    case 0: tensors.remove(at: index)
    case 1: tensors[index].name = other.name
    case 2: tensors[index].name = names.randomElement(using: &random) ?? ""
    case 3, 4:
      tensors[index].type = TensorType.allCases.randomElement(using: &random) ?? .f32
      tensors[index].fit()
    case 5:
      tensors[index].dimensions = other.dimensions
      tensors[index].fit()
    case 6:
      let place = tensors[index].dimensions.indices.randomElement(using: &random) ?? 0
      tensors[index].dimensions[place] = Int64.random(in: 1...300, using: &random)
      tensors[index].fit()
    case 7:
      tensors[index].dimensions.append(Int64.random(in: 1...3, using: &random))
      tensors[index].fit()
    default:
      // Weights of any bits: infinities and NaN among them.
      for place in tensors[index].data.indices where Int.random(in: 0..<4, using: &random) == 0 {
        tensors[index].data[place] = .random(in: 0...255, using: &random)
      }
    }
  }

  private static let names = [
    "rope_freqs.weight", "blk.0.attn_q.bias", "blk.0.attn_k.bias", "blk.0.attn_v.bias", "blk.0.attn_qkv.weight",
    "blk.0.attn_q_norm.weight", "blk.0.attn_k_norm.weight", "blk.0.ffn_gate_inp.weight", "blk.0.ffn_gate_exps.weight",
    "blk.1.attn_q.weight", "blk.18446744073709551615.attn_q.weight", "output.weight", "output.bias",
    "token_embd.weight",
    "blk.0.post_attention_norm.weight", "rope_factors_long.weight", "rope_factors_short.weight", "x",
  ]
}
