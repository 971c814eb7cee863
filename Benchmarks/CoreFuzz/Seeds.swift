import CoreFuzzSupport
import Domain
import Foundation
import FuzzSupport
import ModelFiles

/// Whole inputs of every kind to begin with.
enum Seeds {
  static func all() throws -> [(CoreTrial, FileSet)] {
    var seeds: [(CoreTrial, FileSet)] = []
    let small: [TensorType] = [.f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .iq4_nl, .mxfp4]
    let wide: [TensorType] = [
      .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq1_s, .iq1_m, .iq2_xxs, .iq2_xs, .iq2_s, .iq3_xxs, .iq3_s, .iq4_xs, .tq1_0,
      .tq2_0, .nvfp4, .q1_0,
    ]
    for type in small { seeds.append((.gguf, FileSet([("m.gguf", try llama(type, width: 32).bytes())]))) }
    for type in wide { seeds.append((.gguf, FileSet([("m.gguf", try llama(type, width: 256).bytes())]))) }
    seeds.append((.gguf, try split()))
    seeds.append((.folder, folder()))
    for document in documents { seeds.append((.tokenizer, FileSet([("tokenizer.json", Array(document.utf8))]))) }
    for algorithm: UInt8 in [1, 2] {
      seeds.append((.tokenizer, FileSet([("tokenizer.model", sentencePiece(algorithm))])))
    }
    seeds.append((.tokenizer, FileSet([("tokenizer.model", tiktoken())])))
    for model in ["llama", "gpt2"] {
      var writer = GGUFWriter()
      vocabulary(model, of: &writer)
      seeds.append((.tokenizer, FileSet([("v.gguf", writer.bytes())])))
    }
    return seeds
  }

  /// Models and tokenizers of up to 700 kB below a folder.
  static func found(in path: String) throws -> [(CoreTrial, FileSet)] {
    var seeds: [(CoreTrial, FileSet)] = []
    let limit = 700 << 10
    let root = URL(fileURLWithPath: path)
    guard let names = FileManager.default.enumerator(atPath: path) else { return [] }
    for case let name as String in names {
      let url = root.appending(path: name)
      let folder = url.deletingLastPathComponent()
      func bytes(_ url: URL) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: url.path), data.count <= limit else { return nil }
        return Array(data)
      }
      switch url.lastPathComponent {
      case let file where file.hasSuffix("-00001-of-00003.gguf"):
        let parts = (1...3).map { file.replacingOccurrences(of: "-00001-", with: "-0000\($0)-") }
        let set = parts.compactMap { part in bytes(folder.appending(path: part)).map { (part, $0) } }
        if set.count == 3 { seeds.append((.gguf, FileSet(set))) }
      case let file where file.hasSuffix(".gguf"):
        if !file.contains("-of-"), let file = bytes(url) { seeds.append((.gguf, FileSet([("m.gguf", file)]))) }
      case "model.safetensors", "model.safetensors.index.json":
        let set = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          .filter { $0.hasSuffix(".safetensors") || $0.hasSuffix(".json") || $0 == "tokenizer.model" }
          .compactMap { file in bytes(folder.appending(path: file)).map { (file, $0) } }
        if set.contains(where: { $0.0.hasSuffix(".safetensors") }) { seeds.append((.folder, FileSet(set))) }
      case "tokenizer.json", "tokenizer.model", "tok512.model", "tok105.model":
        let name = url.pathExtension == "json" ? "tokenizer.json" : "tokenizer.model"
        if let file = bytes(url) { seeds.append((.tokenizer, FileSet([(name, file)]))) }
      default: continue
      }
    }
    return seeds
  }

  // MARK: GGUF

  private static let words = [
    "<unk>", "<s>", "</s>", "<0x0A>", "\u{2581}", "a", "b", "t", "h", "e", "\u{2581}a", "th", "the", "\u{2581}the",
    "ab", ".",
  ]

  private static func vocabulary(_ model: String, of writer: inout GGUFWriter, count: Int = 0) {
    let words = words + (words.count..<max(count, words.count)).map { "w\($0)" }
    writer.set("tokenizer.ggml.model", .string(model))
    if model == "gpt2" {
      writer.set("tokenizer.ggml.pre", .string("llama-bpe"))
      let tokens = ["a", "b", "t", "h", "e", "Ġ", "Ċ", "1", "2", "'", "th", "the", "Ġthe", "ab", "<|im_end|>", "."]
      writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: tokens)))
      writer.set("tokenizer.ggml.merges", .array(GGUFArray(strings: ["t h", "th e", "Ġ the", "a b"])))
      writer.set("tokenizer.ggml.token_type", .array(GGUFArray(int32s: tokens.map { $0.hasPrefix("<|") ? 3 : 1 })))
    } else {
      writer.set("tokenizer.ggml.tokens", .array(GGUFArray(strings: words)))
      writer.set("tokenizer.ggml.scores", .array(GGUFArray(floats: words.indices.map { -Float($0) })))
      let kinds: [Int32] = [2, 3, 3, 6] + [Int32](repeating: 1, count: words.count - 4)
      writer.set("tokenizer.ggml.token_type", .array(GGUFArray(int32s: kinds)))
      writer.set("tokenizer.ggml.bos_token_id", .uint32(1))
      writer.set("tokenizer.ggml.eos_token_id", .uint32(2))
    }
  }

  /// One layer of matrices of a type, with random bits.
  private static func llama(
    _ type: TensorType, width: Int, tensors wanted: (String) -> Bool = { _ in true }, hasMetadata: Bool = true,
    split: (number: UInt16, count: UInt16)? = nil
  ) throws -> GGUFWriter {
    var writer = GGUFWriter()
    if hasMetadata {
      writer.set("general.architecture", .string("llama"))
      for (key, value) in [
        ("block_count", 1), ("context_length", 64), ("embedding_length", width), ("feed_forward_length", width),
        ("attention.head_count", 2), ("attention.head_count_kv", 1),
      ] { writer.set("llama.\(key)", .uint32(UInt32(value))) }
      writer.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
      vocabulary("llama", of: &writer)
    }
    if let split {
      writer.set("split.no", .uint16(split.number))
      writer.set("split.count", .uint16(split.count))
      writer.set("split.tensors.count", .int32(12))
    }
    var random = SeededGenerator(state: UInt64(type.rawValue))
    let (full, half, count) = (Int64(width), Int64(width / 2), Int64(words.count))
    let shapes: [(String, [Int64])] = [
      ("token_embd", [full, count]), ("output_norm", [full]), ("output", [full, count]), ("blk.0.attn_norm", [full]),
      ("blk.0.attn_q", [full, full]), ("blk.0.attn_k", [full, half]), ("blk.0.attn_v", [full, half]),
      ("blk.0.attn_output", [full, full]), ("blk.0.ffn_norm", [full]), ("blk.0.ffn_gate", [full, full]),
      ("blk.0.ffn_up", [full, full]), ("blk.0.ffn_down", [full, full]),
    ]
    for (name, dimensions) in shapes where wanted(name) {
      if dimensions.count == 1 {
        try writer.add("\(name).weight", dimensions: dimensions, floats: [Float](repeating: 1, count: width))
        continue
      }
      let elements = dimensions[0] * dimensions[1]
      let size = type.bytes(elements: elements, rowLength: dimensions[0]) ?? 0
      // Small bytes make small scales in most formats.
      let data = (0..<size).map { _ in UInt8.random(in: 0...31, using: &random) }
      try writer.add("\(name).weight", type: type, dimensions: dimensions, data: data)
    }
    return writer
  }

  /// A model of every architecture that the tests have a reference of.
  static func architectures(_ path: String) throws -> [(CoreTrial, FileSet)] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    let document = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    var random = SeededGenerator(state: 3)
    return try (document?["models"] as? [[String: Any]] ?? []).map { model in
      var writer = GGUFWriter()
      for case let entry as [Any] in model["metadata"] as? [Any] ?? [] where entry.count == 3 {
        guard let key = entry[0] as? String, let type = entry[1] as? String else { continue }
        switch (type, entry[2]) {
        case ("uint32", let number as NSNumber): writer.set(key, .uint32(number.uint32Value))
        case ("float32", let number as NSNumber): writer.set(key, .float32(number.floatValue))
        case ("bool", let number as NSNumber): writer.set(key, .bool(number.boolValue))
        case ("bools", let list as [Bool]): writer.set(key, .array(GGUFArray(bools: list)))
        case (_, let text as String): writer.set(key, .string(text))
        default: continue
        }
      }
      vocabulary("llama", of: &writer, count: 200)
      for case let tensor as [Any] in model["tensors"] as? [Any] ?? [] where tensor.count >= 2 {
        guard let name = tensor[0] as? String, let lengths = tensor[1] as? [NSNumber] else { continue }
        let count = lengths.reduce(1) { $0 * $1.intValue }
        let floats = (0..<count).map { _ in Float.random(in: -0.1...0.2, using: &random) }
        try writer.add(name, dimensions: lengths.map(\.int64Value), floats: floats)
      }
      return (.gguf, FileSet([("m.gguf", writer.bytes())]))
    }
  }

  private static func split() throws -> FileSet {
    FileSet([
      ("m-00001-of-00002.gguf", try llama(.q8_0, width: 32, tensors: { !$0.contains("ffn") }, split: (0, 2)).bytes()),
      (
        "m-00002-of-00002.gguf",
        try llama(.q8_0, width: 32, tensors: { $0.contains("ffn") }, hasMetadata: false, split: (1, 2)).bytes()
      ),
    ])
  }

  // MARK: Folders

  /// A small one, so that what is made of it can be kept.
  private static func folder() -> FileSet {
    let configuration = """
      {"architectures":["LlamaForCausalLM"],"model_type":"llama","num_hidden_layers":1,"hidden_size":16,
      "intermediate_size":16,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":12,"rms_norm_eps":1e-5,
      "max_position_embeddings":64,"rope_theta":10000.0,"tie_word_embeddings":true,"torch_dtype":"float16",
      "bos_token_id":0,"eos_token_id":0}
      """
    let shapes: [(String, [Int])] = [
      ("model.embed_tokens", [12, 16]), ("model.norm", [16]), ("model.layers.0.input_layernorm", [16]),
      ("model.layers.0.post_attention_layernorm", [16]), ("model.layers.0.self_attn.q_proj", [16, 16]),
      ("model.layers.0.self_attn.k_proj", [8, 16]), ("model.layers.0.self_attn.v_proj", [8, 16]),
      ("model.layers.0.self_attn.o_proj", [16, 16]), ("model.layers.0.mlp.gate_proj", [16, 16]),
      ("model.layers.0.mlp.up_proj", [16, 16]), ("model.layers.0.mlp.down_proj", [16, 16]),
    ]
    var (members, data): ([String], [UInt8]) = ([], [])
    var random = SeededGenerator(state: 7)
    for (name, shape) in shapes {
      let start = data.count
      for _ in 0..<shape.reduce(1, *) {
        // Halves of either sign below one.
        let bits = UInt16.random(in: 0...UInt16.max, using: &random) & 0x83FF | 0x2800
        data += [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
      }
      members.append(#""\#(name).weight":{"dtype":"F16","shape":\#(shape),"data_offsets":[\#(start),\#(data.count)]}"#)
    }
    let header = Array("{\(members.joined(separator: ","))}".utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return FileSet([
      ("config.json", Array(configuration.utf8)), ("model.safetensors", length + header + data),
      ("tokenizer.json", Array(documents[1].utf8)),
    ])
  }

  // MARK: Tokenizers

  /// The letter that byte-level tokenizers write a byte as. Source: GPT-2's `bytes_to_unicode`.
  private static let letters: [String] = {
    let printable = Array(33...126) + Array(161...172) + Array(174...255)
    var next = 256
    return (0..<256).map { byte in
      if printable.contains(byte) { return String(UnicodeScalar(UInt8(byte))) }
      defer { next += 1 }
      return UnicodeScalar(next).map(String.init) ?? ""
    }
  }()

  private static let documents: [String] = {
    let bytes = letters.enumerated().map { index, letter in
      "\"\(letter == "\"" || letter == "\\" ? "\\" : "")\(letter)\":\(index)"
    }.joined(separator: ",")
    return [
      """
      {"version":"1.0","added_tokens":[{"id":256,"content":"<s>","special":true,"normalized":false},{"id":257,
      "content":"</s>","special":true,"lstrip":true,"rstrip":true,"single_word":true}],"normalizer":null,
      "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
      "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},
      {"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[256],"tokens":["<s>"]}}},
      "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","dropout":null,"unk_token":null,"fuse_unk":false,
      "byte_fallback":false,"ignore_merges":true,"vocab":{\(bytes)},"merges":["a b","t h","th e"]}}
      """,
      """
      {"added_tokens":[{"id":0,"content":"<unk>","special":true}],"normalizer":{"type":"Sequence","normalizers":[
      {"type":"NFC"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"},
      {"type":"Lowercase"},{"type":"Strip","strip_left":true,"strip_right":false}]},"pre_tokenizer":{"type":"Sequence",
      "pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}|\\\\s+(?!\\\\S)|\\\\s+"},
      "behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},{"type":"Punctuation"}]},
      "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},
      {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
      "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
      "vocab":{"<unk>":0,"▁":1,"a":2,"b":3,"t":4,"h":5,"e":6,"th":7,"the":8,"▁the":9,"<0x0A>":10,"<0xC3>":11},
      "merges":[["t","h"],["th","e"],["▁","the"]]}}
      """,
      """
      {"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"decoder":
      {"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},"model":{"type":"Unigram","unk_id":0,
      "byte_fallback":false,"vocab":[["<unk>",0.0],["▁",-2.0],["a",-3.0],["b",-3.5],["▁a",-2.5],["ab",-1.0],["the",-1.5]]}}
      """,
    ]
  }()

  private static func sentencePiece(_ algorithm: UInt8) -> [UInt8] {
    var bytes: [UInt8] = []
    for (index, word) in words.enumerated() {
      let score = (-Float(index)).bitPattern
      let kind: UInt8 = index == 0 ? 2 : index < 3 ? 3 : index == 3 ? 6 : 1
      let piece =
        [0x0A, UInt8(word.utf8.count)] + Array(word.utf8) + [0x15]
        + (0..<4).map { UInt8(truncatingIfNeeded: score >> (8 * $0)) }
        + [0x18, kind]
      bytes += [0x0A, UInt8(piece.count)] + piece
    }
    // The kind of model and byte fallback; a space before the text, none removed, all escaped.
    bytes += [0x12, 5, 0x18, algorithm, 0x98, 0x02, 1]
    return bytes + [0x1A, 6, 0x18, 1, 0x20, 0, 0x28, 1]
  }

  private static func tiktoken() -> [UInt8] {
    let tokens = (0..<256).map { [UInt8($0)] } + ["th", "the", " the", "ab"].map { Array($0.utf8) }
    let lines = tokens.enumerated().map { "\(Data($0.element).base64EncodedString()) \($0.offset)\n" }
    return Array(lines.joined().utf8)
  }
}
