import Catalog
import Domain
import Fit
import Foundation

/// A catalog like that of a person who has watched the hub for months, made up by a seed: families of originals and
/// quantizations, all states, fits on a card of 12 GiB, and copies in every stage of their life.
struct MadeCatalog {
  let folder: String
  let models: Int
  /// When it was left.
  let now: Date

  private static let device = Device.card(gibibytes: 12)
  /// Since when the hub is watched.
  private static let days = 180

  /// A model of which families are made.
  private struct Mould {
    var name: String
    var shape: ModelShape
    var layouts: [(recipe: GGUFRecipe, layout: WeightLayout)]
    var fits: [Estimate]
  }

  private struct Impossible: Error {}

  private static let recipes: [GGUFRecipe] = [.q8_0, .q6_K, .q5_K_M, .q4_K_M, .iq4_XS, .q3_K_M, .q2_K]

  private static func mould(
    _ name: String, _ architecture: String, layers: Int, width: Int, inner: Int, heads: Int, kvHeads: Int,
    vocabulary: Int, context: Int
  ) throws -> Mould {
    let head = width / heads
    let (e, f, k, v) = (Int64(width), Int64(inner), Int64(kvHeads * head), Int64(vocabulary))
    let layer: [TensorInventory.Tensor] = [
      .init(.attentionQuery, e, e), .init(.attentionKey, e, k), .init(.attentionValue, e, k),
      .init(.attentionOutput, e, e), .init(.feedForwardGate, e, f), .init(.feedForwardUp, e, f),
      .init(.feedForwardDown, f, e), .init(.vector, e, 1), .init(.vector, e, 1),
    ]
    guard
      let inventory = TensorInventory(
        common: [.init(.tokenEmbedding, e, v), .init(.output, e, v), .init(.vector, e, 1)],
        layers: Array(repeating: layer, count: layers))
    else { throw Impossible() }
    let parameters = 2 * e * v + Int64(layers) * (2 * e * e + 2 * e * k + 3 * e * f + 2 * e) + e
    let shape = ModelShape(
      architecture: architecture, layers: layers, embedding: width, feedForward: inner, heads: heads,
      kvHeads: Array(repeating: kvHeads, count: layers), keyLength: head, valueLength: head, vocabulary: vocabulary,
      contextLength: context, parameters: parameters)
    let predictor = WeightPredictor(inventory: inventory, shape: shape)
    let layouts = recipes.map { (recipe: $0, layout: predictor.layout($0)) }
    let solver = FitSolver(shape: shape, request: FitRequest())
    let fits = layouts.map {
      solver.estimate(WeightSums($0.layout), on: device) { [layout = $0.layout] in LayerStack(layout) }
    }
    return Mould(name: name, shape: shape, layouts: layouts, fits: fits)
  }

  /// Fills the folder, which has to be empty.
  func fill() throws {
    var chance = Dice(seed: 8)
    let moulds = [
      try Self.mould(
        "Llama-3.2-1B", "llama", layers: 16, width: 2048, inner: 8192, heads: 32, kvHeads: 8, vocabulary: 128_256,
        context: 131_072),
      try Self.mould(
        "Llama-3.1-8B", "llama", layers: 32, width: 4096, inner: 14336, heads: 32, kvHeads: 8, vocabulary: 128_256,
        context: 131_072),
      try Self.mould(
        "Llama-2-13B", "llama", layers: 40, width: 5120, inner: 13824, heads: 40, kvHeads: 40, vocabulary: 32000,
        context: 4096),
      try Self.mould(
        "Llama-3.3-70B", "llama", layers: 80, width: 8192, inner: 28672, heads: 64, kvHeads: 8, vocabulary: 128_256,
        context: 131_072),
      try Self.mould(
        "Mistral-7B-v0.3", "llama", layers: 32, width: 4096, inner: 14336, heads: 32, kvHeads: 8, vocabulary: 32768,
        context: 32768),
      try Self.mould(
        "Qwen2.5-7B", "qwen2", layers: 28, width: 3584, inner: 18944, heads: 28, kvHeads: 4, vocabulary: 152_064,
        context: 32768),
      try Self.mould(
        "Qwen2.5-32B", "qwen2", layers: 64, width: 5120, inner: 27648, heads: 40, kvHeads: 8, vocabulary: 152_064,
        context: 32768),
      try Self.mould(
        "SmolLM2-1.7B", "llama", layers: 24, width: 2048, inner: 8192, heads: 32, kvHeads: 32, vocabulary: 49152,
        context: 8192),
    ]
    let catalog = try Catalog(folder: folder)
    let days = Self.days
    var number = 0
    for day in 0..<days {
      let moment = now - Double(days - day) * 86_400 + 50_000
      let cycle = try catalog.beginCycle(at: moment)
      let count = models * (day + 1) / days - number
      let made = try (number..<(number + count)).map { try one($0, moulds, &chance, moment) }
      for start in stride(from: 0, to: made.count, by: 1000) {
        _ = try catalog.record(made[start..<min(made.count, start + 1000)].map(\.listed), at: moment)
      }
      for one in made { try describe(one, catalog, &chance, moment) }
      while try catalog.derive(
        limit: 5000, at: moment,
        score: { log(1 + Double($0.likes)) + log(1 + Double($0.downloads)) / 4 + ($0.bestVerdict == .fits ? 2 : 0) })
        > 0
      {}
      try fetch(made, catalog, &chance, moment, isLast: day == days - 1)
      try catalog.endCycle(
        cycle, trouble: day == days / 2 ? "the hub did not answer for 40 minutes" : nil, at: moment + 1500)
      number += count
    }
    try catalog.setMark("digest.read", String((now - 90_000).timeIntervalSince1970))
    try catalog.checkpoint()
  }

  private struct Made {
    var listed: ListedRepo
    var number: Int
    var mould: Mould
    var state: RepoState
  }

  private static let owners = [
    "aurora-labs", "bartholomew", "civic-ai", "deep-meadow", "eleven-oaks", "fjord", "gguf-kitchen", "quant-works",
    "harbor", "ivory-tower", "juniper", "kestrel-ml", "lantern", "mossy", "nightshift", "openloom",
  ]
  private static let words = [
    "Aurora", "Borealis", "Cinder", "Drift", "Ember", "Fable", "Garnet", "Heron", "Iris", "Juno", "Kelp", "Lyra",
    "Mira",
    "Nova", "Onyx", "Pine", "Quill", "Rook", "Sable", "Tern", "Umber", "Vesper", "Wren", "Xenon", "Yarrow", "Zephyr",
  ]
  private static let kinds = ["Instruct", "Chat", "Coder", "Writer", "RP", "Math", "Base", "Thinker"]
  private static let licences = ["apache-2.0", "llama3.1", "mit", "cc-by-nc-4.0", "other"]

  private func one(_ number: Int, _ moulds: [Mould], _ chance: inout Dice, _ moment: Date) throws -> Made {
    // Four in a row are a family: an original, and what three others made of it.
    let (family, member) = (number / 4, number % 4)
    let mould = moulds[family * 7 % moulds.count]
    let stem =
      "\(Self.words[family % 26])-\(mould.name)-\(Self.kinds[family / 26 % 8])"
      + (family >= 208 ? "-v\(family / 208)" : "")
    let maker = Self.owners[family * 5 % 12]
    let owner =
      member == 0
      ? maker
      : Self.owners[(family + member * 3) % 16] == maker ? "gguf-kitchen" : Self.owners[(family + member * 3) % 16]
    guard let id = RepoID("\(owner)/\(stem)" + (member == 0 ? "" : "-GGUF")),
      let commit = CommitHash(String(format: "%040x", number &+ 0xABCDE))
    else { throw Impossible() }
    let roll = Int.random(in: 0..<100, using: &chance)
    let state: RepoState =
      switch member {
      case 0: roll < 70 ? .described : roll < 80 ? .gated : roll < 84 ? .pickleOnly : roll < 90 ? .noWeights : .sized
      default:
        roll < 72
          ? .sized : roll < 86 ? .seen : roll < 93 ? .leftOut : roll < 95 ? .gone : roll < 96 ? .broken : .noWeights
      }
    var tags = ["gguf", mould.shape.architecture, "text-generation", "license:\(Self.licences[family % 5])", "en"]
    if member > 0 { tags.append("base_model:quantized:\(maker)/\(stem)") }
    let popularity = pow(Double.random(in: 0..<1, using: &chance), 6)
    var listed = ListedRepo(
      id: id, objectID: HubObjectID(String(format: "%024x", number + 1)), commit: commit,
      createdAt: moment - Double.random(in: 0..<86_400, using: &chance),
      lastModified: moment - 600,
      tags: TagList(tags), gated: state == .gated, downloads: Int(popularity * 400_000), likes: Int(popularity * 3000),
      trending: popularity * 50, architecture: mould.shape.architecture, parameters: mould.shape.parameters)
    if state == .leftOut {
      listed.ruling = Ruling(isAdmitted: false, rule: .licences, finding: Self.licences[family % 5])
    }
    return Made(listed: listed, number: number, mould: mould, state: state)
  }

  private func describe(_ made: Made, _ catalog: Catalog, _ chance: inout Dice, _ moment: Date) throws {
    let id = made.listed.id
    guard let commit = made.listed.commit else { throw Impossible() }
    var facts = ModelDescription()
    facts.licence = "apache-2.0"
    facts.languages = ["en", "de", "fr"]
    facts.hasChatTemplate = true
    facts.elementType = "BF16"
    switch made.state {
    case .seen, .leftOut: return
    case .sized:
      let weights = try made.mould.layouts.map { recipe, layout in
        guard let path = RepoPath("\(id.name).\(recipe.name).gguf"), let quantization = Quantization(recipe.name),
          let hash = ContentHash(String(format: "%064x", Int64(made.number) * 64 + layout.total % 64))
        else { throw Impossible() }
        return WeightsRecord(
          repo: id, path: path, commit: commit, quantization: quantization, bytes: layout.total, evidence: .header,
          layout: layout, files: [ModelFile(path: path, size: layout.total, hash: hash)])
      }
      try catalog.describe(
        id,
        DescriptionRecord(
          commit: commit, shape: made.mould.shape, facts: facts,
          card: "# \(id.name)\n\nA model of \(id.owner), trained for conversations and long letters."),
        state: .sized, reason: nil, weights: weights, at: moment)
      try catalog.setFits(
        zip(weights, made.mould.fits).map { weights, estimate in
          FitRecord(
            repo: id, path: weights.path, device: Self.device.name, context: 4096, total: estimate.total,
            margin: estimate.margin, verdict: estimate.verdict, maxContext: estimate.maxContext)
        }, of: id)
    case .gated:
      try catalog.setState(id, .gated, reason: "its terms have to be accepted on the hub", at: moment)
    case .described:
      try catalog.describe(
        id, DescriptionRecord(commit: commit, shape: made.mould.shape, facts: facts), state: .described,
        reason: "only safetensors", weights: [], at: moment)
    default:
      try catalog.setState(id, made.state, reason: "as it was found", at: moment)
    }
  }

  /// Two copies a day, and on the last day some in every other stage.
  private func fetch(
    _ made: [Made], _ catalog: Catalog, _ chance: inout Dice, _ moment: Date, isLast: Bool
  ) throws {
    let fitting = made.filter { $0.state == .sized && $0.mould.fits[3].verdict == .fits }
    func want(_ one: Made) throws -> CopyRecord {
      let weights = try catalog.weights(of: one.listed.id)
      guard let chosen = weights.first(where: { $0.quantization.description == "Q4_K_M" }) else { throw Impossible() }
      return try catalog.want(
        repo: one.listed.id, commit: chosen.commit, quantization: "Q4_K_M", files: chosen.files, byHand: false,
        at: moment + 100)
    }
    for (place, one) in fitting.prefix(isLast ? 4 : 2).enumerated() {
      let copy = try want(one)
      for part in try catalog.parts(ofCopy: copy.id) {
        try catalog.setVerified(
          copy: copy.id, path: part.file.path, origin: .fetched, boot: "boot", at: moment + 400)
      }
      try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: moment + 400)
      let roll = Int.random(in: 0..<10, using: &chance)
      let verdict: SmokeVerdict = roll < 7 || isLast && place == 0 ? .pass : roll < 8 ? .suspect : .fail
      var smoke = SmokeRecord(
        copy: copy.id, at: moment + 500, verdict: verdict,
        reasons: verdict == .pass
          ? [] : verdict == .suspect ? ["perplexity 31.2 is high for its size"] : ["it repeats one token"],
        tokensPerSecond: Double.random(in: 4..<40, using: &chance),
        perplexity: 30 * pow(0.985, moment.timeIntervalSince(now) / 86_400 + 40)
          + Double.random(in: 0..<8, using: &chance),
        sample:
          "Once upon a time there was a lighthouse keeper who wrote a letter to the sea every evening, and one day the sea answered."
      )
      smoke.promptTokensPerSecond = 120
      smoke.loadSeconds = 2.4
      smoke.peakMemoryBytes = copy.bytes + 400 << 20
      smoke.estimateBytes = copy.bytes + 380 << 20
      try catalog.record(smoke)
      guard verdict == .pass else { continue }
      let results = ["read a table", "sort words", "count letters", "write JSON", "find a needle", "add numbers"]
        .enumerated().map {
          ProbeResult(
            name: $1, capability: "reading", version: "1",
            outcome: Int.random(in: 0..<4, using: &chance) > 0 ? .passed : .failed,
            right: 2, cases: 3, reason: nil, answer: "42")
        }
      _ = try catalog.record(results, ofCopy: copy.id, classes: [8 << 30, 12 << 30], at: moment + 600)
    }
    guard isLast else { return }
    let states: [(CopyState, String?)] = [
      (.downloading, nil), (.downloading, nil), (.wanted, nil), (.waiting, "space: 3.2 GB more have to be free"),
      (.waiting, "network: the hub did not answer"), (.blocked, "its hash was wrong twice"),
    ]
    for (one, (state, reason)) in zip(fitting.dropFirst(10), states) {
      let copy = try want(one)
      try catalog.setState(ofCopy: copy.id, state, reason: reason, at: moment + 700)
      guard state == .downloading, let part = try catalog.parts(ofCopy: copy.id).first else { continue }
      let there = Int64(Double(part.file.size) * Double.random(in: 0.2..<0.8, using: &chance))
      try catalog.setPartial(part.file.hash, PartialRecord(boot: "boot", durable: ByteRanges([0..<there])))
    }
  }
}

/// The same numbers for the same seed (SplitMix64).
private struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
