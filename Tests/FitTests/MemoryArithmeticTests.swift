import Domain
import Fit
import Testing

@Suite("Memory arithmetic")
struct MemoryArithmeticTests {
  static let llama3 = ModelShape(
    architecture: "llama", layers: 32, embedding: 4096, feedForward: 14336, heads: 32,
    kvHeads: Array(repeating: 8, count: 32), keyLength: 128, valueLength: 128, vocabulary: 128_256,
    contextLength: 131_072, parameters: 8_030_261_312)

  /// Llama-3.1-8B Q4_K_M: 4,403.5 MiB on the card, 281.81 MiB of embedding in main memory.
  static let llama3Layout = layout(onCard: 4403.5, output: 410, embedding: 281.81, layers: 32)

  static func layout(onCard: Double, output: Double, embedding: Double, layers: Int) -> WeightLayout {
    func bytes(_ mebibytes: Double) -> Int64 { Int64(mebibytes * 1_048_576) }
    var tensors: [(name: String, bytes: Int64)] = [
      ("token_embd.weight", bytes(embedding)), ("output.weight", bytes(output)),
    ]
    for layer in 0..<layers {
      tensors.append(("blk.\(layer).weights", bytes(onCard - output) / Int64(layers)))
    }
    return WeightLayout(tensors: tensors, layers: layers)
  }

  @Test func theWorkedExampleOfEightBillionParameters() {
    let arithmetic = MemoryArithmetic(
      shape: Self.llama3, layout: Self.llama3Layout, device: .card(gibibytes: 12))
    let estimate = arithmetic.estimate(FitRequest(context: 8192))
    #expect(estimate.kvCache == .mebibytes(1024))
    #expect(abs(Double(estimate.compute.bytes) / 1_048_576 - 258.5) < 1)
    #expect(abs(Double(estimate.total.bytes) / 1_048_576 - 5986) < 2)
    #expect(estimate.verdict == .fits)
    #expect(estimate.gpuLayers == 33)
  }

  @Test func quantizedCachesAndPaddedContexts() {
    let request = FitRequest(context: 8192, kvType: .q8_0)
    let arithmetic = MemoryArithmetic(
      shape: Self.llama3, layout: Self.llama3Layout, device: .card(gibibytes: 12))
    #expect(arithmetic.need(request).kvCache == .mebibytes(544))
    #expect(KVCache.cells(context: 1) == 256)
    #expect(KVCache.cells(context: 256) == 256)
    #expect(KVCache.cells(context: 257) == 512)
  }

  @Test func verdictsComeInTheOrderOfTheirCost() {
    func verdict(_ gibibytes: Double, _ request: FitRequest = FitRequest(context: 8192)) -> FitVerdict {
      MemoryArithmetic(shape: Self.llama3, layout: Self.llama3Layout, device: .card(gibibytes: gibibytes))
        .estimate(request).verdict
    }
    #expect(verdict(12) == .fits)
    #expect(verdict(5.9) == .smallerBatch)
    #expect(verdict(5.6) == .q8kv)
    #expect(verdict(5.2) == .smallerContext)
    #expect(verdict(4) == .split)
    #expect(verdict(0.9) == .no)
  }

  @Test func theChosenContextFitsAndTheNextDoesNot() {
    for gibibytes in stride(from: 5.2, through: 20, by: 0.7) {
      let device = Device.card(gibibytes: gibibytes)
      let arithmetic = MemoryArithmetic(shape: Self.llama3, layout: Self.llama3Layout, device: device)
      let context = arithmetic.estimate(FitRequest()).maxContext
      #expect(context % 256 == 0)
      func fits(_ context: Int) -> Bool {
        let need = arithmetic.need(FitRequest(context: context))
        return need.total + need.margin <= device.free
      }
      #expect(context == 0 || fits(context))
      #expect(context == Self.llama3.contextLength || !fits(context + 256))
    }
  }

  @Test func theNeedGrowsWithEverythingThatIsAskedFor() {
    var random = SystemRandomNumberGenerator()
    let arithmetic = MemoryArithmetic(
      shape: Self.llama3, layout: Self.llama3Layout, device: .card(gibibytes: 24))
    for _ in 0..<2000 {
      let request = FitRequest(
        context: Int.random(in: 1...200_000, using: &random), batch: Int.random(in: 1...4096, using: &random),
        flashAttention: Bool.random(using: &random))
      let need = arithmetic.need(request)
      var more = request
      more.context += 1
      #expect(arithmetic.need(more).total >= need.total)
      more = request
      more.batch += 1
      #expect(arithmetic.need(more).total >= need.total)
      #expect(need.total == need.weights + need.kvCache + need.state + need.compute + need.overhead)
    }
  }

  @Test func aSplitConservesBytesAndNeverExceedsTheCard() {
    let layout = Self.llama3Layout
    #expect(layout.total == layout.onCard + layout.tokenEmbedding)
    for gibibytes in stride(from: 1.0, through: 5, by: 0.25) {
      let device = Device.card(gibibytes: gibibytes)
      let estimate = MemoryArithmetic(shape: Self.llama3, layout: layout, device: device)
        .estimate(FitRequest(context: 4096))
      guard estimate.verdict == .split else { continue }
      #expect((2...32).contains(estimate.gpuLayers))
    }
  }

  @Test func tiedEmbeddingsLieOnTheCardToo() {
    let tensors: [(name: String, bytes: Int64)] = [
      ("token_embd.weight", 100), ("blk.0.a", 10), ("output_norm.weight", 1),
    ]
    let layout = WeightLayout(tensors: tensors, layers: 1)
    #expect(layout.onCard == 111)
    #expect(layout.total == 111)
  }

  @Test func mainMemoryHoldsTheEmbeddingToo() {
    let device = Device(name: "main memory", total: .gibibytes(64), free: .gibibytes(64), source: .mainMemory)
    let estimate = MemoryArithmetic(shape: Self.llama3, layout: Self.llama3Layout, device: device)
      .estimate(FitRequest())
    #expect(estimate.weights.bytes == Self.llama3Layout.total)
    #expect(estimate.overhead.bytes == 0)
  }

  @Test func aSiblingsLayoutIsScaledToTheFile() {
    let scaled = WeightLayout(total: Self.llama3Layout.total * 2, like: Self.llama3Layout)
    #expect(abs(scaled.total - Self.llama3Layout.total * 2) <= 64)
  }

  @Test(arguments: [
    ("RTX 3080 12GB", "GeForce RTX 3080 12GB", 12288), ("rtx a6000", "RTX A6000", 49140),
    ("NVIDIA RTX A5000", "RTX A5000", 24564), ("4090", "GeForce RTX 4090", 24564),
  ])
  func cardsAreFoundByName(_ text: String, _ name: String, _ mebibytes: Int64) {
    #expect(Card.named(text)?.name == name)
    #expect(Card.named(text)?.mebibytes == mebibytes)
  }

  @Test func unknownCardsAreNotGuessed() {
    #expect(Card.named("Voodoo 2") == nil)
    #expect(Card.named("") == nil)
    #expect(Card.all.count > 100)
  }
}
