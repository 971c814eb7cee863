/// Writes the ids of simulated models.
///
/// Every name carries the model's index in base 36 after its only `_`, so that an id leads back to its model
/// without a table.
struct ModelNames {
  let seed: UInt64
  /// How many models the hub was born with.
  let count: Int

  func facts(_ index: Int) -> ModelFacts { ModelFacts(seed: seed, index: index, count: count) }

  func putID(_ facts: ModelFacts, _ out: inout ByteBuffer) {
    putAuthor(facts.author, &out)
    out.put("/")
    putName(facts, &out)
  }

  func putAuthor(_ author: Int, _ out: inout ByteBuffer) {
    guard author >= Words.quantizers.count else { return out.put(Words.quantizers[author]) }
    let base = Words.syllables.count
    // Shuffles the names: the factor has no divisor in common with their number, 40 to the fourth power.
    var rest = (author - Words.quantizers.count) % 2_560_000 * 1_234_577 % 2_560_000
    for _ in 0..<4 {
      out.put(Words.syllables[rest % base])
      rest /= base
    }
  }

  /// The family's own model that a line of descent ends in.
  func putFamilyID(_ family: Int, _ out: inout ByteBuffer) {
    out.put(Family.all[family].organisation)
    out.put("/")
    out.put(Family.all[family].name)
  }

  func putName(_ facts: ModelFacts, _ out: inout ByteBuffer) {
    putStem(facts, &out)
    out.put("_")
    out.put(base36: facts.index)
    switch facts.kind {
    case .base, .finetune: break
    case .merge: out.put("-slerp")
    case .adapter: out.put("-LoRA")
    case .gguf, .duplicate: out.put(facts.isImatrix ? "-i1-GGUF" : "-GGUF")
    case .gptq: out.put("-GPTQ")
    case .awq: out.put("-AWQ")
    case .exl2: out.put("-4.0bpw-exl2")
    case .mlx: out.put("-4bit-mlx")
    }
  }

  /// The stem of a file's name.
  func putStem(_ facts: ModelFacts, _ out: inout ByteBuffer) {
    // What was made from another model is called after it.
    let named = facts.parent.map(self.facts) ?? facts
    if named.kind == .gguf, named.parent != nil { return putStem(named, &out) }
    out.put(Family.all[named.family].name)
    guard named.kind != .base else { return }
    out.put("-")
    out.put(Words.adjectives[Int(named.style & 15)])
    out.put("-")
    out.put(Words.nouns[Int(named.style >> 4 & 15)])
  }

  func id(_ facts: ModelFacts) -> String {
    var out = ByteBuffer(capacity: 128)
    putID(facts, &out)
    return String(decoding: out.written, as: UTF8.self)
  }

  func stem(_ facts: ModelFacts) -> String {
    var out = ByteBuffer(capacity: 128)
    putStem(facts, &out)
    return String(decoding: out.written, as: UTF8.self)
  }

  func author(_ facts: ModelFacts) -> String {
    var out = ByteBuffer(capacity: 64)
    putAuthor(facts.author, &out)
    return String(decoding: out.written, as: UTF8.self)
  }

  /// The index that an id carries, whether or not there is such a model.
  static func index(in id: String) -> Int? {
    guard let mark = id.utf8.lastIndex(of: UInt8(ascii: "_")) else { return nil }
    let digits = id[id.index(after: mark)...].prefix { $0 != "-" }
    return digits.utf8.count <= 6 ? Int(digits, radix: 36) : nil
  }
}
