import Domain
import Testing

@Suite("Quantizations and sizes")
struct QuantizationTests {
  @Test(arguments: [
    ("Llama-2-7B.Q4_K_M.gguf", "Q4_K_M"), ("model-q8_0-00001-of-00002.gguf", "Q8_0"),
    ("SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1"), ("x-fp16.gguf", "F16"), ("Q4_0-lookalike-IQ3_XXS.gguf", "IQ3_XXS"),
    ("UD-Q5_K_M.gguf", "Q5_K_M"), ("llama_Q6_K.gguf", "Q6_K"), ("model.BF16.gguf", "BF16"),
  ])
  func namesInFileNames(_ fileName: String, _ expected: String) {
    #expect(Quantization(fileName: fileName)?.description == expected)
  }

  @Test func noQuantizationIsInvented() {
    #expect(Quantization(fileName: "model.gguf") == nil)
    #expect(Quantization("Q9_K") == nil)
  }

  @Test func blockSizesGiveTheKnownBitsPerWeight() {
    #expect(TensorType.q4_0.bitsPerWeight == 4.5)
    #expect(TensorType.q6_K.bitsPerWeight == 6.5625)
    #expect(TensorType.mxfp4.bitsPerWeight == 4.25)
    #expect(TensorType.q4_K.bytes(elements: 512, rowLength: 256) == 288)
    #expect(TensorType.q4_K.bytes(elements: 128, rowLength: 128) == nil)
    #expect(TensorType.f64.bytes(elements: .max, rowLength: 1) == nil)
  }

  @Test func bytesAreReadAsPeopleReadThem() {
    #expect(ByteCount(98_362_432).asDisk == "98.4 MB")
    #expect(ByteCount.gibibytes(12).asMemory == "12.0 GiB")
    #expect(ByteCount(0).asMemory == "0 B")
    #expect(ByteCount(1536).asMemory == "1.50 KiB")
    #expect((ByteCount(.max) + ByteCount(1)).bytes == .max)
    #expect(ByteCount.decimal(0.05, places: 1) == "0.1")
    #expect(ByteCount.decimal(-1.25, places: 2) == "-1.25")
    for value in [Double.nan, .infinity, -.infinity, 1e300, -1e300, 1e15, 9e17] {
      #expect(ByteCount.decimal(value, places: 4) == "\(value)")
    }
  }

  @Test func shardsAreRecognised() throws {
    func file(_ name: String) throws -> ModelFile {
      ModelFile(
        path: try #require(RepoPath(name)), size: 1, hash: .sha256(String(repeating: "0", count: 64)))
    }
    let shard = try #require(try file("q4/model-Q4_K_M-00002-of-00003.gguf").shard)
    #expect(shard.index == 2 && shard.count == 3 && shard.stem == "q4/model-Q4_K_M")
    #expect(try file("model-Q4_K_M.gguf").shard == nil)
    #expect(try file("model-00004-of-00003.gguf").shard == nil)
    #expect(try file("mmproj-model.gguf").isRunnableGGUF == false)
    #expect(try file("a/model.GGUF").isRunnableGGUF)
  }
}
