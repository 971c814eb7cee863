import Domain
import Foundation
import TestSupport
import Testing

@testable import ModelFiles

/// A row of `ConfigurationTable`.
struct ExpectedShape: Sendable, CustomTestStringConvertible {
  let file: String
  let cells: [String]

  var testDescription: String { file }

  static let all: [ExpectedShape] = {
    var (folder, rows) = ("", [ExpectedShape]())
    for line in ConfigurationTable.text.split(separator: "\n").map(String.init) {
      if line.hasPrefix("# ") {
        folder = String(line.dropFirst(2))
      } else {
        let cells = line.split(separator: "|").map(String.init)
        rows.append(ExpectedShape(file: "\(folder)/\(cells[0])", cells: Array(cells.dropFirst())))
      }
    }
    return rows
  }()
}

@Suite("Recorded configurations", .enabled(if: Shared.has("hub/recorded/configs"), "needs ../shared/hub"))
struct RecordedConfigurationTests {
  private static let folder = "hub/recorded/configs"

  private static func read(_ file: String) throws -> ModelConfiguration {
    try ModelConfiguration(try Shared.bytes("\(folder)/\(file).json"), name: file)
  }

  @Test func everyFileHasARow() throws {
    let base = Shared.path(Self.folder)
    let files = try FileManager.default.subpathsOfDirectory(atPath: base).filter { $0.hasSuffix(".json") }
      .map { String($0.dropLast(5)) }
    #expect(files.count >= 238)
    #expect(Set(files) == Set(ExpectedShape.all.map(\.file)))
    #expect(ExpectedShape.all.count == Set(ExpectedShape.all.map(\.file)).count)
  }

  /// Every real configuration of a family that we translate has metadata, with the numbers of its shape.
  @Test func configurationsAreToldInWordsOfGGUF() throws {
    var translated = 0
    for expected in ExpectedShape.all {
      let configuration = try Self.read(expected.file)
      guard configuration.family != nil, let shape = try? configuration.shape() else { continue }
      let metadata: [GGUFHeader.Entry]
      do {
        metadata = try configuration.ggufMetadata()
      } catch let error as ModelFileError where error.detail == "'rms_norm_eps' is missing" {
        // Of some only the fields that matter for memory were recorded.
        continue
      }
      let header = GGUFHeader(name: expected.file, metadata: metadata, tensors: [])
      let prefix = try header.string("general.architecture")
      #expect(try header.int("\(prefix).block_count") == shape.layers, "\(expected.file)")
      #expect(try header.float("\(prefix).rope.freq_base") >= 10_000, "\(expected.file)")
      #expect(try header.int("\(prefix).rope.dimension_count") <= shape.keyLength, "\(expected.file)")
      for (_, factors) in try configuration.rotationFactors(shape) { #expect(factors.count <= shape.keyLength / 2) }
      translated += 1
    }
    #expect(translated > 60)
  }

  @Test(arguments: ExpectedShape.all)
  func shapeOrReason(_ expected: ExpectedShape) throws {
    let configuration = try Self.read(expected.file)
    if expected.cells.count == 1 {
      #expect { try configuration.shape() } throws: { error in
        guard let error = error as? ModelFileError else { return false }
        return error.kind == .noShape && error.detail.hasSuffix(expected.cells[0])
      }
      return
    }
    let shape = try configuration.shape()
    #expect(Self.cells(shape) == expected.cells)
    #expect(shape.isPlausible)
    #expect(configuration.role() == .generation || configuration.architectures.isEmpty)
  }

  private static func cells(_ shape: ModelShape) -> [String] {
    let counts = Dictionary(grouping: shape.kvHeads) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
    let heads =
      counts.count == 1
      ? "\(shape.kvHeads[0])" : counts.map { "\($0.key)*\($0.value)" }.joined(separator: " ")
    let length =
      shape.keyLength == shape.valueLength ? "\(shape.keyLength)" : "\(shape.keyLength)/\(shape.valueLength)"
    let experts =
      shape.experts == 0
      ? "-" : "\(shape.experts)/\(shape.expertsUsed)/\(shape.expertFeedForward.map(String.init) ?? "-")"
    return [
      shape.architecture, "\(shape.layers)", "\(shape.embedding)", "\(shape.heads)", heads, length,
      "\(shape.vocabulary)", "\(shape.contextLength)", "\(shape.feedForward)", experts,
      shape.slidingWindow.map(String.init) ?? "-",
    ]
  }

  /// Which layers of a hybrid model keep keys, not only how many.
  @Test func theRightLayersKeepKeys() throws {
    let qwen = try Self.read("aiconfigurator/Qwen--Qwen3.5-27B").shape()
    #expect(qwen.kvHeads.prefix(8) == [0, 0, 0, 4, 0, 0, 0, 4])
    let nemotron = try Self.read("aiconfigurator/nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16").shape()
    #expect(nemotron.kvHeads.indices.filter { nemotron.kvHeads[$0] > 0 } == [5, 12, 19, 26, 33, 42])
    let kimi = try Self.read("aiconfigurator/moonshotai--Kimi-K3").shape()
    #expect(kimi.kvHeads.prefix(8) == [0, 0, 0, 1, 0, 0, 0, 1])
    let mimo = try Self.read("aiconfigurator/XiaomiMiMo--MiMo-V2-Flash").shape()
    #expect(mimo.kvHeads.prefix(6) == [4, 8, 8, 8, 8, 4])
    // The same pattern as the header of the GGUF: [16, 16, 16, 16, 16, 4, …].
    let gemma = try Self.read("aiconfigurator/nvidia--Gemma-4-31B-IT-NVFP4").shape()
    #expect(gemma.kvHeads.prefix(7) == [16, 16, 16, 16, 16, 4, 16])
    let deci = try Self.read("aiconfigurator/nvidia--Llama-3_3-Nemotron-Super-49B-v1").shape()
    #expect(deci.kvHeads.prefix(9) == [8, 8, 8, 8, 8, 8, 0, 0, 8])
  }

  @Test(arguments: [
    // fit/published and the facts of the GGUF headers have the same numbers.
    ("mlc-preset/llama2_7b", 6_738_415_616), ("inference-sim/llama-3.1-8b-instruct", 8_030_261_248),
    ("mlc-preset/mistral_7b", 7_241_732_096), ("mlc-preset/Mixtral-8x7B-v0.1", 46_702_792_704),
    ("aiconfigurator/mistralai--Mixtral-8x22B-v0.1", 140_620_634_112), ("mlc-preset/smollm2_135m", 134_515_008),
    ("mlc-preset/qwen2_0_5b", 494_032_768), ("mlc-preset/qwen3_0.6b", 596_049_920),
    ("aiconfigurator/Qwen--Qwen3-30B-A3B", 30_532_122_624), ("mlc-preset/gemma2_2b", 2_614_341_888),
  ])
  func parametersWhereTheyFollow(_ file: String, _ count: Int64) throws {
    #expect(try Self.read(file).shape().parameters == count)
  }

  @Test(arguments: [
    ("git-mirrors/Genz-70b-GPTQ", QuantizationScheme(method: .gptq, bits: 3)),
    ("git-mirrors/Quantization-of-LLM-s", QuantizationScheme(method: .gptq, bits: 4, groupSize: 128)),
    ("awq/Qwen--Qwen3-4B-AWQ.core-fields", QuantizationScheme(method: .awq, bits: 4, groupSize: 128)),
    ("git-mirrors/Llama-2-13B-Computer-Engineering-", QuantizationScheme(method: .bitsandbytes, bits: 4)),
    ("git-mirrors/Llama-3.2-1B-ComputerEngineeringLLM", QuantizationScheme(method: .bitsandbytes, bits: 8)),
    ("aiconfigurator/deepseek-ai--DeepSeek-R1", QuantizationScheme(method: .fp8, bits: 8)),
    ("aiconfigurator/Qwen--Qwen3-32B-FP8-Static-PerTensor", QuantizationScheme(method: .fp8, bits: 8)),
    ("aiconfigurator/openai--gpt-oss-20b", QuantizationScheme(method: .mxfp4, bits: 4, groupSize: 32)),
    ("aiconfigurator/nvidia--GLM-5.1-NVFP4", QuantizationScheme(method: .nvfp4, bits: 4, groupSize: 16)),
    ("aiconfigurator/nvidia--Qwen3.6-27B-NVFP4", QuantizationScheme(method: .modelopt)),
    ("aiconfigurator/nvidia--DeepSeek-V4-Flash-NVFP4", QuantizationScheme(method: .modelopt)),
    ("git-mirrors/mpx", QuantizationScheme(method: .mlx, bits: 3, groupSize: 64)),
    ("git-mirrors/fast_qwen", QuantizationScheme(method: .mlx, bits: 4, groupSize: 32)),
    (
      "git-mirrors/mcp_tests--config_AWQ",
      QuantizationScheme(method: .compressedTensors, bits: 4, groupSize: 32)
    ),
    (
      "inference-sim/llama-4-scout-17b-16e-instruct-fp8-dynamic",
      QuantizationScheme(method: .compressedTensors, bits: 8)
    ),
    ("aiconfigurator/moonshotai--Kimi-K3", QuantizationScheme(method: .compressedTensors, bits: 4, groupSize: 32)),
  ])
  func quantization(_ file: String, _ scheme: QuantizationScheme) throws {
    #expect(try Self.read(file).quantization == scheme)
  }

  @Test func plainWeightsAreNotQuantized() throws {
    let plain = try ["mlc-preset/llama2_7b", "rtp-llm/GLM-4.5", "git-mirrors/vicuna"].map(Self.read)
    #expect(plain.allSatisfy { $0.quantization == nil })
  }

  @Test(arguments: ExpectedShape.all)
  func eyes(_ expected: ExpectedShape) throws {
    // By hand: every file with a vision part, under whatever name.
    let seeing = [
      "Qwen3-VL", "Qwen-VL", "Qwen3.5-", "Qwen3.6-", "fast_qwen", "Llama-4-", "llama-4-", "emma-4-", "Kimi-K2.5",
      "Kimi-K2.6", "Kimi-K2.7", "Kimi-K3", "llava", "eval_llm", "llama3v", "mcp_tests", "ministral3", "phi-3_5-vision",
    ]
    let sees = seeing.contains(where: expected.file.contains)
    #expect(try Self.read(expected.file).modalities == (sees ? [.text, .vision] : [.text]))
  }

  @Test func statedFacts() throws {
    let reflection = try Self.read("git-mirrors/Reflection-Llama-3.1-70B")
    #expect(reflection.statedType == "float32" && reflection.vocabulary == 128_262)
    let kimi = try Self.read("aiconfigurator/moonshotai--Kimi-K2.5")
    #expect(kimi.modelType == "kimi_k25" && kimi.textModelType == "kimi_k2" && kimi.statedType == "bfloat16")
    #expect(kimi.architectures == ["KimiK25ForConditionalGeneration", "DeepseekV3ForCausalLM"])
    #expect(
      kimi.latentAttention
        == ModelConfiguration.LatentAttention(
          keyValueRank: 512, rotatedLength: 64, queryRank: 1536, plainLength: 128, valueLength: 128))
    #expect(try Self.read("mlc-preset/smollm2_135m").tiedEmbeddings)
    #expect(try Self.read("mlc-preset/gemma2_2b").tiedEmbeddings)
    #expect(try Self.read("aiconfigurator/Qwen--Qwen3-VL-2B-Instruct").tiedEmbeddings)
    #expect(try !Self.read("mlc-preset/llama2_7b").tiedEmbeddings)
    let snowflake = try Self.read("mlc-preset/snowflake-arctic-embed-m")
    #expect(snowflake.role() == .embedding && snowflake.vocabulary == 30522)
  }
}
