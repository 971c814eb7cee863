/// The tags of a simulated model, 10 to 25 of them.
struct Tags {
  let facts: ModelFacts
  let names: ModelNames
  let isEmpty: Bool

  /// The members of the JSON array.
  func put(_ out: inout ByteBuffer) {
    let family = Family.all[facts.family]
    let style = facts.style
    let isGGUF = facts.kind == .gguf || facts.kind == .duplicate
    if !isGGUF || style & 1 << 20 == 0 { out.put("\"transformers\",") }
    if !isGGUF, !isEmpty { out.put(facts.isPickle ? "\"pytorch\"," : "\"safetensors\",") }
    if facts.hasGGUFTag { out.put("\"gguf\",") }
    if facts.hasLlamaTag { out.put("\"llama\",") }
    switch facts.kind {
    case .adapter: out.put("\"peft\",\"lora\",")
    case .mlx: out.put("\"mlx\",\"mlx-my-repo\",")
    case .merge: out.put("\"mergekit\",\"merge\",")
    case .gptq: out.put("\"4-bit\",\"gptq\",")
    case .awq: out.put("\"4-bit\",\"awq\",")
    case .exl2: out.put("\"4-bit\",\"exl2\",")
    default: break
    }
    if !isGGUF { out.put("\"text-generation\",") }
    var words = Draws(seed: style, index: facts.index)
    let first = words.below(Words.freeTags.count)
    // Steps of an odd number over a power of two meet no word twice.
    let step = 1 + 2 * words.below(16)
    for number in 0..<(1 + words.below(7)) {
      tag(Words.freeTags[(first + number * step) & (Words.freeTags.count - 1)], &out)
    }
    if style & 1 << 21 == 0 { out.put("\"conversational\",") }
    out.put("\"en\",")
    if style & 7 << 22 == 0 {
      for number in 1..<(2 + words.below(8)) { tag(Words.languages[number], &out) }
    }
    for _ in 0..<max(0, words.below(6) - 2) {
      let month = 1 + words.below(12)
      out.put("\"arxiv:2")
      out.put(number: (1 + words.below(6)) * 100 + month)
      out.put(".")
      out.put(number: 10_000 + words.below(9000))
      out.put("\",")
    }
    if style & 3 << 25 == 0 { out.put("\"dataset:HuggingFaceH4/ultrachat_200k\",") }
    if let relation = facts.relation {
      out.put("\"base_model:")
      let start = out.count
      putParent(&out)
      let end = out.count
      out.put("\",\"base_model:")
      out.put(relation)
      out.put(":")
      out.again(start..<end)
      out.put("\",")
    }
    out.put("\"license:")
    out.put(family.licence)
    out.put("\",")
    if facts.isImatrix { out.put("\"imatrix\",") }
    if facts.notForAll { out.put("\"not-for-all-audiences\",") }
    if style & 1 << 27 == 0 { out.put("\"autotrain_compatible\",") }
    if style & 3 << 28 != 0 { out.put("\"endpoints_compatible\",") }
    out.put("\"region:us\"")
  }

  /// The id of the base model, as the hub knew it when this one was made.
  func putParent(_ out: inout ByteBuffer) {
    guard let parent = facts.parent else { return names.putFamilyID(facts.family, &out) }
    names.putID(names.facts(parent), &out)
  }

  private func tag(_ text: StaticString, _ out: inout ByteBuffer) {
    out.put("\"")
    out.put(text)
    out.put("\",")
  }
}
