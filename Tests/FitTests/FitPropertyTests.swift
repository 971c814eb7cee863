import Domain
import Fit
import Testing

/// What holds for every model, device and request.
@Suite("Properties of fit")
struct FitPropertyTests {
  private static let names = [
    "llama2-7b", "llama2-70b", "llama3.1-8b", "mistral-7b", "mixtral-8x7b", "qwen3-30b-a3b", "gemma2-9b", "gemma3-27b",
    "phi3-mini", "granite3.0-8b", "orca-mini-3b",
  ]

  private static func device(_ random: inout some RandomNumberGenerator) -> Device {
    .card(gibibytes: Double.random(in: 1...50, using: &random))
  }

  private static func request(_ random: inout some RandomNumberGenerator) -> FitRequest {
    FitRequest(
      context: .random(in: 1...140_000, using: &random),
      kvType: [.f16, .q8_0, .q4_0].randomElement(using: &random) ?? .f16,
      batch: [1, 32, 128, 500, 512, 2048, 5000].randomElement(using: &random) ?? 512,
      flashAttention: .random(using: &random))
  }

  @Test(arguments: names)
  func theLargestContextFitsAndTheNextDoesNot(_ name: String) throws {
    let model = try ReferenceModel.named(name)
    let layout = WeightPredictor(inventory: model.inventory, shape: model.shape).layout(.q4_K_M)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let (device, request) = (Self.device(&random), Self.request(&random))
      let arithmetic = MemoryArithmetic(shape: model.shape, layout: layout, device: device)
      let estimate = arithmetic.estimate(request)
      func fits(_ context: Int, _ request: FitRequest) -> Bool {
        var other = request
        other.context = context
        let need = arithmetic.need(other)
        return need.total + need.margin <= device.free
      }
      let largest = estimate.maxContext
      #expect(largest == 0 || fits(largest, request), "\(device.free) \(request) \(largest)")
      #expect(
        largest == model.shape.contextLength || !fits(largest + 256, request), "\(device.free) \(request) \(largest)")
      let wanted = min(request.context, model.shape.contextLength)
      #expect((estimate.verdict == .fits) == fits(wanted, request), "\(device.free) \(request)")
      if let remedy = estimate.remedy { #expect(fits(remedy.context, remedy), "\(device.free) \(request) \(remedy)") }
    }
  }

  @Test(arguments: names)
  func theNeedGrowsAndIsTheSumOfItsParts(_ name: String) throws {
    let model = try ReferenceModel.named(name)
    let predictor = WeightPredictor(inventory: model.inventory, shape: model.shape)
    let layout = predictor.layout(.q4_K_M)
    var random = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      let request = Self.request(&random)
      let arithmetic = MemoryArithmetic(shape: model.shape, layout: layout, device: .card(gibibytes: 24))
      let need = arithmetic.need(request)
      #expect(need.total == need.weights + need.kvCache + need.state + need.compute + need.overhead)
      for change: (inout FitRequest) -> Void in [{ $0.context += 700 }, { $0.batch += 100 }, { $0.kvType = .f32 }] {
        var more = request
        change(&more)
        #expect(arithmetic.need(more).total >= need.total, "\(request) \(more)")
      }
    }
    // More bits a weight are more bytes.
    let ladder: [GGUFRecipe] = [.q2_K, .q3_K_M, .q4_K_M, .q5_K_M, .q6_K, .q8_0, .f16, .f32]
    let sizes = ladder.map { predictor.sums($0).total }
    // Rows that are no whole number of large blocks get the same types from several recipes.
    #expect(sizes == sizes.sorted() && Set(sizes).count > 5)
  }

  @Test(arguments: names)
  func aSplitConservesBytes(_ name: String) throws {
    let model = try ReferenceModel.named(name)
    let predictor = WeightPredictor(inventory: model.inventory, shape: model.shape)
    var stack = LayerStack()
    for recipe in GGUFRecipe.allCases {
      let layout = predictor.layout(recipe)
      predictor.fill(&stack, recipe)
      let plain = LayerStack(layout)
      #expect(stack.last == plain.last && stack.firstExperts == plain.firstExperts)
      #expect(stack.last.last == layout.layerBytes.reduce(0, +))
      for gibibytes in [1.0, 2, 4, 8, 12, 24] {
        let device = Device.card(gibibytes: gibibytes)
        let arithmetic = MemoryArithmetic(shape: model.shape, layout: layout, device: device)
        let estimate = arithmetic.estimate(FitRequest())
        let whole = arithmetic.need(FitRequest())
        let moved = estimate.host.bytes - whole.host.bytes
        switch estimate.verdict {
        case .split:
          // What is not on the card is in main memory, and what is on it fits.
          let caches = KVCache(shape: model.shape, type: .f16).layerBytes(FitRequest())
          let outside = model.shape.layers + 1 - estimate.gpuLayers
          #expect(moved == layout.layerBytes.prefix(outside).reduce(0, +) + caches.prefix(outside).reduce(0, +))
          #expect((whole.total + whole.margin).bytes - moved <= device.free.bytes)
          // One layer more would not.
          let next = layout.layerBytes[outside - 1] + caches[outside - 1]
          #expect((whole.total + whole.margin).bytes - moved + next > device.free.bytes)
        case .expertsOnCpu:
          #expect(moved == layout.expertBytes.prefix(estimate.expertLayersOnHost).reduce(0, +))
          #expect((whole.total + whole.margin).bytes - moved <= device.free.bytes)
        default: #expect(moved == 0)
        }
      }
    }
  }

  @Test func severalCardsAreNotOneLargeOne() throws {
    let model = try ReferenceModel.named("llama2-70b")
    let predictor = WeightPredictor(inventory: model.inventory, shape: model.shape)
    let layout = predictor.layout(.q4_K_M)
    let two = try #require(Device.named("2x RTX 3090"))
    let both = MemoryArithmetic(shape: model.shape, layout: layout, device: two).estimate(FitRequest())
    #expect(both.verdict == .fits)
    // Each card pays for its buffers and its context.
    let one = MemoryArithmetic(shape: model.shape, layout: layout, device: .card(gibibytes: 48)).estimate(FitRequest())
    #expect(both.compute.bytes > 2 * one.compute.bytes && both.margin.bytes == 2 * one.margin.bytes)
    #expect(both.overhead.bytes == 2 * (3 * 82 + 90) << 20)
    // A layer that no card has room for fits nowhere, whatever the sum is.
    let small = Device(
      name: "eight", cards: (0..<8).map { _ in Device.Memory(name: "x", total: .gibibytes(1), free: .gibibytes(1)) },
      source: .given)
    #expect(
      MemoryArithmetic(shape: model.shape, layout: layout, device: small).estimate(FitRequest()).verdict != .fits)
  }

  @Test func whatSlidesIsLatentOrKeepsStateTakesLess() throws {
    let gemma = try ReferenceModel.named("gemma3-27b")
    let request = FitRequest(context: 32768)
    #expect(KVCache(shape: gemma.shape, type: .f16).bytes(request) == 3184 << 20)
    // DeepSeek-V3: one row of 576 elements a layer.
    var latent = gemma.shape
    latent.layers = 61
    latent.kvHeads = Array(repeating: 1, count: 61)
    (latent.keyLength, latent.valueLength) = (576, 512)
    latent.attention = AttentionPlan(layers: Array(repeating: .full, count: 61), isLatent: true)
    #expect(KVCache(shape: latent, type: .f16).bytes(FitRequest(context: 8192)) == 61 * 8192 * 1152)
    var hybrid = gemma.shape
    hybrid.layers = 4
    hybrid.kvHeads = [0, 0, 0, 2]
    hybrid.attention = AttentionPlan(layers: [.recurrent, .recurrent, .none, .full], stateBytes: 1000)
    let cache = KVCache(shape: hybrid, type: .f16)
    #expect(cache.stateBytes(FitRequest()) == 2000 && cache.stateBytes(FitRequest(sequences: 3)) == 6000)
    #expect(cache.layerBytes(FitRequest()) == [1000, 1000, 0, Int64(4096 * 2 * 2 * 2 * hybrid.keyLength)])
  }

  @Test func speedIsBoundByWhatIsRead() throws {
    let model = try ReferenceModel.named("llama3.1-8b")
    let layout = WeightPredictor(inventory: model.inventory, shape: model.shape).layout(.q4_K_M)
    let device = try #require(Device.named("RTX 3080 12GB"))
    let estimate = MemoryArithmetic(shape: model.shape, layout: layout, device: device).estimate(FitRequest())
    let read = Double((estimate.weights + estimate.kvCache).bytes)
    #expect(abs(try #require(estimate.tokensPerSecond) - 912.4e9 / read) < 0.01)
    #expect(
      MemoryArithmetic(shape: model.shape, layout: layout, device: .card(gibibytes: 12)).estimate(FitRequest())
        .tokensPerSecond == nil)
  }

  /// Shapes at the edge of what readers believe, which no arithmetic may overflow at.
  @Test func theLargestShapesThatAreBelieved() throws {
    var random = SystemRandomNumberGenerator()
    func pick(_ values: Int...) -> Int { values.randomElement(using: &random) ?? 1 }
    var judged = 0
    for _ in 0..<3000 {
      let layers = pick(1, 3, 1 << 11)
      let experts = pick(0, 1 << 14)
      var shape = ModelShape(
        architecture: "llama", layers: layers, embedding: pick(1, 1 << 20), feedForward: pick(0, 1, 1 << 24),
        heads: pick(1, 1 << 14), kvHeads: Array(repeating: pick(0, 1, 1 << 14), count: layers),
        keyLength: pick(0, 64), valueLength: pick(1, 64), vocabulary: pick(0, 1 << 24), contextLength: pick(1, 1 << 26),
        experts: experts, expertsUsed: experts, expertFeedForward: 1 << 24, parameters: 0)
      shape.attention = AttentionPlan(
        layers: Array(
          repeating: [.full, .sliding, .both, .recurrent].randomElement(using: &random) ?? .full, count: layers),
        window: pick(0, 1, 1 << 31), slidingKeyLength: pick(1, 64), isLatent: .random(using: &random),
        stateBytes: random.next() % 2 == 0 ? 0 : AttentionPlan.stateLimit)
      guard shape.isPlausible else { continue }
      judged += 1
      let layout = WeightLayout(
        layerBytes: Array(repeating: 1 << 40, count: layers), tokenEmbedding: 1 << 40, output: 0, other: 0)
      let request = FitRequest(
        context: pick(1, 1 << 26), kvType: .f32, batch: pick(1, 65_536), flashAttention: .random(using: &random),
        sequences: pick(1, 1024), sharesCache: .random(using: &random))
      for device in [Device.card(gibibytes: 100_000), .card(gibibytes: 0.5)] {
        let estimate = MemoryArithmetic(shape: shape, layout: layout, device: device).estimate(request)
        #expect(estimate.total.bytes > 0 && estimate.maxContext <= shape.contextLength)
      }
    }
    #expect(judged > 500)
  }
}
