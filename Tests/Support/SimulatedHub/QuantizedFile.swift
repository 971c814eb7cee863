import Domain
import ModelFiles
import Synchronization

/// A GGUF file of a family in one quantization: its real header, and how long the whole would be.
struct QuantizedFile: Sendable {
  let header: [UInt8]
  let size: Int64

  /// One of the usual quantizations: the type of most matrices, of half of the sensitive ones, and of the output.
  ///
  /// Source of the mixes: llama.cpp's `llama_tensor_get_type`, simplified to these three; `fileType` is `llama_ftype`.
  struct Mix: Sendable {
    let name: String
    let most: TensorType
    let sensitive: TensorType
    let output: TensorType
    let fileType: UInt32
  }

  static let all: [Mix] = [
    Mix(name: "Q2_K", most: .q2_K, sensitive: .q3_K, output: .q6_K, fileType: 10),
    Mix(name: "IQ3_XXS", most: .iq3_xxs, sensitive: .q3_K, output: .q5_K, fileType: 23),
    Mix(name: "Q3_K_M", most: .q3_K, sensitive: .q4_K, output: .q6_K, fileType: 12),
    Mix(name: "IQ4_XS", most: .iq4_xs, sensitive: .q5_K, output: .q6_K, fileType: 30),
    Mix(name: "Q4_0", most: .q4_0, sensitive: .q4_0, output: .q6_K, fileType: 2),
    Mix(name: "Q4_K_M", most: .q4_K, sensitive: .q6_K, output: .q6_K, fileType: 15),
    Mix(name: "Q5_K_M", most: .q5_K, sensitive: .q6_K, output: .q6_K, fileType: 17),
    Mix(name: "Q6_K", most: .q6_K, sensitive: .q6_K, output: .q6_K, fileType: 18),
    Mix(name: "Q8_0", most: .q8_0, sensitive: .q8_0, output: .q8_0, fileType: 7),
    Mix(name: "F16", most: .f16, sensitive: .f16, output: .f16, fileType: 1),
  ]

  /// The quantizations of a repository: one that its author needed, or a whole ladder.
  static func kinds(of facts: ModelFacts) -> [Int] {
    switch (facts.isImatrix, facts.style >> 40 & 3) {
    case (true, _): [0, 1, 2, 3, 5, 6]
    case (_, 0): [5]
    case (_, 1): [4, 8]
    default: [0, 2, 5, 6, 7, 8]
    }
  }

  private static let made = Mutex<[Int: QuantizedFile]>([:])

  /// The file of a family, by their places in `Family.all` and `all`; made once.
  static func file(family: Int, kind: Int) -> QuantizedFile {
    made.withLock { made in
      let key = family * all.count + kind
      if let file = made[key] { return file }
      let file = make(Family.all[family], all[kind])
      made[key] = file
      return file
    }
  }

  private static func make(_ family: Family, _ mix: Mix) -> QuantizedFile {
    var writer = GGUFWriter()
    let prefix = "\(family.ggufArchitecture)"
    writer.set("general.architecture", .string(prefix))
    writer.set("general.name", .string("\(family.name)"))
    writer.set("general.file_type", .uint32(mix.fileType))
    for (key, value) in [
      ("block_count", family.layers), ("context_length", family.context), ("embedding_length", family.embedding),
      ("feed_forward_length", family.feedForward), ("attention.head_count", family.heads),
      ("attention.head_count_kv", family.kvHeads), ("attention.key_length", family.headLength),
      ("attention.value_length", family.headLength),
    ] {
      writer.set("\(prefix).\(key)", .uint32(UInt32(value)))
    }
    writer.set("\(prefix).attention.layer_norm_rms_epsilon", .float32(1e-5))
    writer.set("tokenizer.ggml.model", .string("llama"))
    var dataBytes: Int64 = 0
    func add(_ name: String, _ type: TensorType, _ dimensions: [Int]) {
      let dimensions = dimensions.map(Int64.init)
      let elements = dimensions.reduce(1, *)
      guard let bytes = type.bytes(elements: elements, rowLength: dimensions[0]) else {
        preconditionFailure("\(family.name): \(name) does not fit \(type.name)")
      }
      do {
        try writer.add(name, type: type, dimensions: dimensions, data: nil)
      } catch {
        preconditionFailure(error.problem)
      }
      dataBytes += (bytes + 31) / 32 * 32
    }
    let (width, forward) = (family.embedding, family.feedForward)
    let (keys, queries) = (family.kvHeads * family.headLength, family.heads * family.headLength)
    add("token_embd.weight", family.isTied ? mix.output : mix.most, [width, family.vocabulary])
    for layer in 0..<family.layers {
      let sensitive = layer % 2 == 0 ? mix.sensitive : mix.most
      add("blk.\(layer).attn_norm.weight", .f32, [width])
      add("blk.\(layer).attn_q.weight", mix.most, [width, queries])
      add("blk.\(layer).attn_k.weight", mix.most, [width, keys])
      add("blk.\(layer).attn_v.weight", sensitive, [width, keys])
      add("blk.\(layer).attn_output.weight", mix.most, [queries, width])
      add("blk.\(layer).ffn_norm.weight", .f32, [width])
      add("blk.\(layer).ffn_gate.weight", mix.most, [width, forward])
      add("blk.\(layer).ffn_up.weight", mix.most, [width, forward])
      add("blk.\(layer).ffn_down.weight", sensitive, [forward, width])
    }
    add("output_norm.weight", .f32, [width])
    if !family.isTied { add("output.weight", mix.output, [width, family.vocabulary]) }
    let header = writer.header()
    return QuantizedFile(header: header, size: Int64(header.count) + dataBytes)
  }
}
