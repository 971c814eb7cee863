import Domain
import FuzzSupport
import ModelFiles

extension Breakage {
  private static func set(
    _ name: String, _ value: GGUFValue
  ) -> @Sendable (inout EditableModel, inout SeededGenerator) -> Void {
    { model, _ in model[model.key(name)] = value }
  }

  /// Wrong numbers in the header.
  static let header: [Breakage] = [
    Breakage(
      "RoPE base ten times too small",
      { model, _ in
        let base = model[model.key("rope.freq_base")]?.float ?? 10_000
        model[model.key("rope.freq_base")] = .float32(base / 10)
      }),
    Breakage(
      "RoPE base ten times too large",
      { model, _ in
        let base = model[model.key("rope.freq_base")]?.float ?? 10_000
        model[model.key("rope.freq_base")] = .float32(base * 10)
      }),
    Breakage(
      "linear RoPE scaling by 4 that was not trained",
      { model, _ in
        model[model.key("rope.scaling.type")] = .string("linear")
        model[model.key("rope.scaling.factor")] = .float32(4)
      }),
    Breakage(
      "half as many heads, twice as long",
      { model, _ in
        for name in ["attention.head_count", "attention.head_count_kv"] {
          guard let heads = model[model.key(name)]?.int else { continue }
          model[model.key(name)] = .uint32(UInt32(heads.isMultiple(of: 2) ? heads / 2 : heads / 3))
        }
        for name in ["rope.dimension_count", "attention.key_length", "attention.value_length"] {
          model[model.key(name)] = nil
        }
      }),
    Breakage(
      "only half of each head turns",
      { model, _ in
        guard let width = model[model.key("embedding_length")]?.int,
          let heads = model[model.key("attention.head_count")]?.int
        else { return }
        model[model.key("rope.dimension_count")] = .uint32(UInt32(width / heads / 2))
      }),
    Breakage("norm epsilon of 0.1", set("attention.layer_norm_rms_epsilon", .float32(0.1))),
    Breakage("norm epsilon of 0.000001", set("attention.layer_norm_rms_epsilon", .float32(1e-6))),
  ]

  /// Tokens.
  static let vocabulary: [Breakage] = [
    Breakage(
      "tokens shifted by one", { model, _ in reorderTokens(&model) { order, count in order.map { ($0 + 1) % count } } }),
    Breakage(
      "tokens of another tokenizer",
      { model, generator in reorderTokens(&model) { order, _ in order.shuffled(using: &generator) } }),
    Breakage(
      "embedding of another model",
      { model, generator in
        model.change("token_embd.weight") { $0.shuffleRows(&generator) }
      }),
    Breakage(
      "embedding shifted by one row",
      { model, _ in
        model.change("token_embd.weight") { tensor in
          let rows = tensor.rows
          tensor.reorderRows((0..<rows).map { ($0 + 1) % rows })
        }
      }),
    Breakage(
      "merges are missing",
      { model, _ in
        if case .array(let merges)? = model["tokenizer.ggml.merges"], merges.count > 0 {
          model["tokenizer.ggml.merges"] = .array(GGUFArray(strings: []))
        } else if case .array(let scores)? = model["tokenizer.ggml.scores"] {
          model["tokenizer.ggml.scores"] = .array(GGUFArray(floats: [Float](repeating: 0, count: scores.count)))
        }
      }),
    Breakage(
      "end of text is an ordinary word",
      { model, _ in model["tokenizer.ggml.eos_token_id"] = .uint32(300) }),
    Breakage(
      "no beginning of text",
      { model, _ in
        model["tokenizer.ggml.bos_token_id"] = nil
        model["tokenizer.ggml.add_bos_token"] = .bool(false)
      }),
  ]

  private static func reorderTokens(_ model: inout EditableModel, _ order: ([Int], Int) -> [Int]) {
    guard case .array(let tokens)? = model["tokenizer.ggml.tokens"], let texts = tokens.strings() else { return }
    // Those with a duty stay where they are.
    let kinds: [Int] =
      if case .array(let array)? = model["tokenizer.ggml.token_type"] { array.ints() ?? [] } else { [] }
    let ordinary = texts.indices.filter { kinds.indices.contains($0) ? kinds[$0] == 1 : true }
    let places = order(Array(0..<ordinary.count), ordinary.count)
    var changed = texts
    for (index, place) in places.enumerated() { changed[ordinary[index]] = texts[ordinary[place]] }
    model["tokenizer.ggml.tokens"] = .array(GGUFArray(strings: changed))
  }
}
