import Domain
import TestSupport
import Testing

@testable import ModelFiles

@Suite("Configurations")
struct ModelConfigurationTests {
  private func read(_ text: String) throws(ModelFileError) -> ModelConfiguration {
    try ModelConfiguration(Array(text.utf8), name: "config.json")
  }

  private static func llama(_ changes: [String: String] = [:]) -> String {
    var members = [
      "model_type": #""llama""#, "architectures": #"["LlamaForCausalLM"]"#, "hidden_size": "64",
      "intermediate_size": "128", "num_hidden_layers": "3", "num_attention_heads": "8", "num_key_value_heads": "2",
      "vocab_size": "1000", "max_position_embeddings": "512",
    ]
    members.merge(changes) { $1 }
    return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ",") + "}"
  }

  private func refusal(_ changes: [String: String]) throws -> ModelFileError? {
    let configuration = try read(Self.llama(changes))
    do throws(ModelFileError) {
      _ = try configuration.shape()
      return nil
    } catch { return error }
  }

  @Test func aPlainLlama() throws {
    let shape = try read(Self.llama()).shape()
    #expect(shape.architecture == "llama" && shape.kvHeads == [2, 2, 2] && shape.keyLength == 8)
    let layer = 2 * 64 + 2 * 64 * 64 + 2 * 64 * 16 + 3 * 64 * 128
    #expect(shape.parameters == Int64(2 * 1000 * 64 + 64 + 3 * layer))
    let biased = try read(Self.llama(["attention_bias": "true"])).shape()
    // Queries, keys, values and what attention gives back.
    #expect(biased.parameters == shape.parameters + Int64(3 * (64 + 16 + 16 + 64)))
  }

  @Test func wholeNumbersAsFloats() throws {
    #expect(try read(Self.llama(["hidden_size": "64.0", "vocab_size": "1e3"])).shape().embedding == 64)
  }

  @Test(arguments: [
    ("hidden_size", "\"64\""), ("hidden_size", "64.5"), ("hidden_size", "0"), ("hidden_size", "-64"),
    ("hidden_size", "1048577"), ("num_hidden_layers", "2049"), ("num_hidden_layers", "[3]"),
    ("num_attention_heads", "7"), ("num_attention_heads", "0"), ("num_key_value_heads", "3"),
    ("num_key_value_heads", "16"), ("num_key_value_heads", "0"), ("vocab_size", "16777217"), ("vocab_size", "1e300"),
    ("max_position_embeddings", "67108865"), ("max_position_embeddings", "Infinity"), ("head_dim", "16385"),
    ("head_dim", "NaN"), ("intermediate_size", "true"), ("num_local_experts", "9223372036854775807"),
    ("num_experts_per_tok", "\"2\""), ("sliding_window", "\"x\""), ("kv_lora_rank", "99999"),
    ("layer_types", #"["full_attention"]"#), ("layer_types", #"["a","b","c"]"#), ("layer_types", "[1,2,3]"),
    ("model_type", #""lla ma""#), ("hybrid_override_pattern", #""M*""#), ("attn_type_list", "[0,1,2]"),
    ("block_configs", "[{}]"),
    ("block_configs", #"[{"attention":{"n_heads_in_group":3},"ffn":{"ffn_mult":1}}]"#),
    ("block_configs", #"[{"attention":{"no_op":true},"ffn":{"ffn_mult":1e300}}]"#),
    ("linear_attn_config", #"{"full_attn_layers":[4]}"#), ("linear_attn_config", #"{"full_attn_layers":["1"]}"#),
    ("rope_scaling", #"{"type":"yarn","factor":1e9,"original_max_position_embeddings":512}"#),
  ])
  func impossibleValues(_ key: String, _ value: String) throws {
    // Experts are needed before anyone asks how many are used.
    let more = key == "num_experts_per_tok" ? ["num_local_experts": "4"] : [:]
    let refusal = try #require(try refusal(more.merging([key: value]) { $1 }))
    #expect(refusal.kind == .badMetadata && refusal.exitCode == .badInput)
  }

  @Test(arguments: [
    ("hidden_size", "hidden size"), ("num_hidden_layers", "number of layers"),
    ("num_attention_heads", "number of attention heads"), ("vocab_size", "vocabulary size"),
    ("max_position_embeddings", "context length"), ("intermediate_size", "feed-forward width"),
    ("model_type", "model_type"),
  ])
  func missingValues(_ key: String, _ words: String) throws {
    let refusal = try #require(try refusal([key: "null"]))
    #expect(refusal.kind == .noShape && refusal.detail == "has no \(words)" && refusal.advice == nil)
  }

  @Test(arguments: [
    (#""t5""#, "encoder and decoder of 't5'"), (#""roberta""#, "encoder-only 'roberta'"),
    (#""mamba""#, "recurrent 'mamba'"),
  ])
  func otherKinds(_ family: String, _ reason: String) throws {
    #expect(try refusal(["model_type": family])?.detail.hasSuffix(reason) == true)
  }

  @Test func encodersOfUnknownNames() throws {
    let changes = [
      "model_type": #""my_bert""#, "architectures": #"["MyBertModel"]"#, "type_vocab_size": "2",
    ]
    #expect(try refusal(changes)?.detail == "has no decoder: encoder-only 'my_bert'")
    #expect(try refusal(["is_encoder_decoder": "true"])?.kind == .noShape)
  }

  @Test func everyFieldHasANameThatNoOtherHas() {
    let names = ConfigurationField.allCases.flatMap(\.names)
    #expect(names.count == Set(names).count && ConfigurationField.allCases.allSatisfy { !$0.names.isEmpty })
  }

  /// Names of families that the recorded files lack.
  @Test(arguments: [
    // MPT-7B, DBRX, OPT-1.3B, Falcon-7B, BLOOM-560M.
    (
      #"{"model_type":"mpt","d_model":4096,"n_heads":32,"n_layers":32,"max_seq_len":2048,"vocab_size":50432}"#,
      [32, 4096, 32, 32, 16384, 2048]
    ),
    (
      #"{"model_type":"dbrx","d_model":6144,"n_heads":48,"n_layers":40,"max_seq_len":32768,"vocab_size":100352,"#
        + #""attn_config":{"kv_n_heads":8},"ffn_config":{"ffn_hidden_size":10752,"moe_num_experts":16,"moe_top_k":4}}"#,
      [40, 6144, 48, 8, 10752, 32768]
    ),
    (
      #"{"model_type":"opt","hidden_size":2048,"num_attention_heads":32,"num_hidden_layers":24,"ffn_dim":8192,"#
        + #""max_position_embeddings":2048,"vocab_size":50272}"#,
      [24, 2048, 32, 32, 8192, 2048]
    ),
    (
      #"{"model_type":"falcon","hidden_size":4544,"num_attention_heads":71,"num_kv_heads":71,"num_hidden_layers":32,"#
        + #""multi_query":true,"new_decoder_architecture":false,"vocab_size":65024}"#,
      [32, 4544, 71, 1, 18176, 2048]
    ),
    (
      #"{"model_type":"bloom","n_embed":1024,"num_attention_heads":16,"n_layer":24,"vocab_size":250880}"#,
      [24, 1024, 16, 16, 4096, 2048]
    ),
  ])
  func otherFamilies(_ text: String, _ expected: [Int]) throws {
    let shape = try read(text).shape()
    let found = [
      shape.layers, shape.embedding, shape.heads, shape.kvHeads[0], shape.feedForward, shape.contextLength,
    ]
    #expect(found == expected)
  }

  @Test func hybridsByPeriod() throws {
    let next = try read(Self.llama(["full_attention_interval": "3"])).shape()
    #expect(next.kvHeads == [0, 0, 2])
    let jamba = try read(Self.llama(["attn_layer_period": "2", "attn_layer_offset": "1"])).shape()
    #expect(jamba.kvHeads == [0, 2, 0])
    let shared = try read(Self.llama(["num_kv_shared_layers": "2"])).shape()
    #expect(shared.kvHeads == [2, 0, 0])
    let lightning = try read(Self.llama(["attn_type_list": "[0,1,0]"])).shape()
    #expect(lightning.kvHeads == [0, 2, 0])
    // Attention of a kind that came after this program.
    let words = #"["linear_attention","newly_made_attention","conv","full_attention"]"#
    #expect(try read(Self.llama(["layer_types": words])).shape().kvHeads == [0, 2, 0])
    #expect(try read(Self.llama(["layer_types": words])).shape().parameters == 0)
  }

  @Test func nestedAndDeeper() throws {
    let text = Self.llama()
    for wrapped in [
      #"{"model_type":"x","llm_config":\#(text)}"#,
      #"{"model_type":"qwen2_5_omni","thinker_config":{"audio_config":{"a":1},"vision_config":{"a":1},"text_config":\#(text)}}"#,
    ] { #expect(try read(wrapped).shape() == (try read(text).shape())) }
    let omni = try read(#"{"thinker_config":{"audio_config":{"a":1},"vision_config":{"b":1},"text_config":\#(text)}}"#)
    #expect(omni.modalities == [.text, .vision, .audio])
    #expect(try read(Self.llama(["text_config": "{}"])).shape().layers == 3)
    let stated = try read(#"{"torch_dtype":"float16","text_config":{"hidden_size":64,"torch_dtype":null}}"#)
    #expect(stated.statedType == "float16")
    let deep = (0..<9).reduce(text) { inner, _ in #"{"text_config":\#(inner)}"# }
    #expect(throws: ModelFileError.self) { try read(deep).shape() }
  }

  @Test func namesOfAbsurdLengthAreNone() throws {
    let long = "\"" + String(repeating: "x", count: 129) + "\""
    let configuration = try read(
      Self.llama(["model_type": long, "architectures": "[\(long),\"A\",3]", "dtype": long]))
    #expect(configuration.modelType == nil && configuration.textModelType == nil && configuration.statedType == nil)
    #expect(configuration.architectures == ["A"])
    #expect { try configuration.shape() } throws: { ($0 as? ModelFileError)?.kind == .badMetadata }
  }

  /// The official Gemma 3 4B states little of its language model.
  @Test func defaultsOfNestedClasses() throws {
    let shape = try read(
      """
      {"architectures":["Gemma3ForConditionalGeneration"],"model_type":"gemma3","text_config":{"hidden_size":2560,
       "intermediate_size":10240,"model_type":"gemma3_text","num_hidden_layers":34,"sliding_window":1024,
       "rope_scaling":{"factor":8.0,"rope_type":"linear"}},"vision_config":{"model_type":"siglip_vision_model"}}
      """
    ).shape()
    #expect(shape.layers == 34 && shape.heads == 8 && shape.kvHeads[0] == 4 && shape.keyLength == 256)
    #expect(shape.vocabulary == 262_208 && shape.contextLength == 131_072 && shape.tiedEmbeddings)
    // Whole configurations state everything; nothing is made up for them.
    #expect(throws: ModelFileError.self) { try read(#"{"model_type":"llama"}"#).shape() }
  }

  @Test func stretchedContexts() throws {
    func context(_ scaling: String) throws -> Int {
      try read(Self.llama(["rope_scaling": scaling])).shape().contextLength
    }
    #expect(try context(#"{"type":"yarn","factor":4.0,"original_max_position_embeddings":512}"#) == 2048)
    #expect(try context(#"{"type":"yarn","factor":4.0,"original_max_position_embeddings":128}"#) == 512)
    #expect(try context(#"{"rope_type":"llama3","factor":8.0,"original_max_position_embeddings":512}"#) == 512)
    #expect(try context(#"{"type":"linear","factor":4.0}"#) == 512)
    #expect(try context(#"{"type":"yarn","factor":"x","original_max_position_embeddings":-1}"#) == 512)
  }

  @Test func windowsThatAreNotUsed() throws {
    func window(_ changes: [String: String]) throws -> Int? { try read(Self.llama(changes)).slidingWindow }
    #expect(try window(["sliding_window": "128"]) == 128)
    #expect(try window(["sliding_window": "512"]) == nil)
    #expect(try window(["sliding_window": "-1"]) == nil)
    #expect(try window(["sliding_window": "128", "use_sliding_window": "false"]) == nil)
    #expect(try window(["sliding_window": "128", "model_type": #""qwen2""#]) == nil)
    #expect(
      try window(["sliding_window": "128", "model_type": #""qwen2""#, "use_sliding_window": "true"]) == 128)
  }

  @Test(arguments: [
    (#"{"quant_method":"exl2","bits":4.65}"#, QuantizationScheme(method: .exl2)),
    (#"{"quant_method":"hqq","nbits":4,"group_size":64}"#, QuantizationScheme(method: .hqq, bits: 4, groupSize: 64)),
    (#"{"quant_method":"brand-new","bits":2}"#, QuantizationScheme(method: .unknown, bits: 2)),
    (#"{"bits":2}"#, QuantizationScheme(method: .unknown, bits: 2)),
    (#"{"quant_method":"gptq","bits":99,"group_size":0}"#, QuantizationScheme(method: .gptq)),
  ])
  func otherSchemes(_ text: String, _ scheme: QuantizationScheme) throws {
    #expect(try read(Self.llama(["quantization_config": text])).quantization == scheme)
  }

  @Test(arguments: ["", "[]", "3", "null", "{\"a\":1,\"a\":2}", "{", String(repeating: "[", count: 200)])
  func noConfiguration(_ text: String) {
    #expect { try read(text) } throws: { ($0 as? ModelFileError)?.kind == .malformed }
  }

  /// Random values under every known name: an answer within bounds, or a refusal.
  @Test(arguments: UInt64(1)...8)
  func randomValues(_ seed: UInt64) throws {
    var generator = Noise.Generator(seed: seed &+ 77)
    let names =
      ConfigurationField.allCases.flatMap(\.names).filter { !$0.contains(".") } + [
        "layer_types", "text_config", "rope_scaling", "block_configs", "multi_query", "quantization_config",
        "architectures", "hybrid_override_pattern", "hybrid_layer_pattern", "linear_attn_config",
      ]
    let values = [
      "0", "1", "2", "8", "64", "4096", "1048576", "16384", "2048", "16777216", "67108864", "9223372036854775807", "-1",
      "1e308", "NaN", "4096.0", "true", "null", "\"x\"", "[]", "{}", "[1,0,1]", #"["full_attention"]"#,
      #"{"hidden_size":64,"model_type":"llama"}"#,
      #"{"type":"yarn","factor":1e9,"original_max_position_embeddings":4}"#,
    ]
    var (answers, broken) = (0, [[String: String]]())
    for _ in 0..<400 {
      var changes: [String: String] = [:]
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        changes[names.randomElement(using: &generator) ?? ""] = values.randomElement(using: &generator)
      }
      let configuration = try read(Self.llama(changes))
      do throws(ModelFileError) {
        let shape = try configuration.shape()
        if !shape.isPlausible { broken.append(changes) }
        answers += 1
      } catch {
        if error.exitCode != .badInput { broken.append(changes) }
      }
    }
    #expect(broken.isEmpty)
    #expect(answers > 0)
  }
}
