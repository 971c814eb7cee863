import Domain
import Foundation
import TestSupport
import Testing

@testable import ModelFiles

/// Inventories of recorded configurations beside the parameters that the models' makers state.
@Suite("Architectures", .enabled(if: Shared.has("hub/recorded/configs"), "needs ../shared/hub"))
struct ArchitectureTests {
  private static func inventory(_ file: String) throws -> TensorInventory? {
    let configuration = try ModelConfiguration(
      try Shared.bytes("hub/recorded/configs/aiconfigurator/\(file).json"), name: file)
    return try configuration.inventory(of: try configuration.shape())
  }

  @Test(arguments: [
    ("deepseek-ai--DeepSeek-V3", 671_026_419_200), ("Qwen--Qwen3-235B-A22B", 235_093_634_560),
    ("Qwen--Qwen3-30B-A3B", 30_532_122_624), ("openai--gpt-oss-20b", 20_914_757_184),
    ("openai--gpt-oss-120b", 116_829_156_672), ("Qwen--Qwen3-8B", 8_190_735_360),
    ("meta-llama--Meta-Llama-3.1-405B", 405_853_388_800), ("mistralai--Mixtral-8x7B-v0.1", 46_702_792_704),
  ])
  func parametersAsTheMakersCount(_ file: String, _ parameters: Int64) throws {
    let inventory = try #require(try Self.inventory(file))
    #expect(inventory.parameters == parameters)
  }

  /// Makers that print a rounded number: Google for Gemma 4, Zhipu for GLM-5.
  @Test(arguments: [
    ("google--gemma-4-26B-A4B", 25.2), ("nvidia--Gemma-4-31B-IT-NVFP4", 30.7), ("nvidia--GLM-5-NVFP4", 744),
  ])
  func parametersAsTheMakersRound(_ file: String, _ billions: Double) throws {
    let inventory = try #require(try Self.inventory(file))
    #expect(abs(Double(inventory.parameters) / 1e9 - billions) <= billions * 0.003)
  }

  /// GLM-4-9B-0414, AFM-4.5B and Nemotron-Mini-4B, by the dimensions and the counts on their makers' pages.
  @Test(arguments: [
    ("glm4", 40, 4096, 13696, 32, 2, 128, 151_552, 9.40), ("arcee", 36, 2560, 18432, 20, 4, 128, 128_004, 4.62),
    ("nemotron", 32, 3072, 9216, 24, 8, 128, 256_000, 4.19),
  ])
  func familiesWithoutARecordedConfiguration(
    _ family: String, _ layers: Int, _ hidden: Int, _ inner: Int, _ heads: Int, _ kvHeads: Int, _ head: Int,
    _ vocabulary: Int, _ billions: Double
  ) throws {
    let text = """
      {"model_type": "\(family)", "num_hidden_layers": \(layers), "hidden_size": \(hidden), "head_dim": \(head),
       "intermediate_size": \(inner), "num_attention_heads": \(heads), "num_key_value_heads": \(kvHeads),
       "vocab_size": \(vocabulary), "max_position_embeddings": 32768}
      """
    let shape = try ModelConfiguration(Array(text.utf8), name: family).shape()
    #expect(abs(Double(shape.parameters) / 1e9 - billions) < 0.006)
  }

  @Test func inventoriesSurviveTheirText() throws {
    for file in ["deepseek-ai--DeepSeek-V3", "openai--gpt-oss-20b", "google--gemma-4-26B-A4B", "Qwen--Qwen3.5-27B"] {
      let inventory = try #require(try Self.inventory(file))
      let text = try JSONEncoder().encode(inventory)
      #expect(text.count < 1500)
      #expect(try JSONDecoder().decode(TensorInventory.self, from: text) == inventory)
    }
  }

  @Test(arguments: [
    "", ";", "te4096x1;0*1", "te0x5;;0*1", "te4096x9999999999999;;", "zz1x1;;", "te1x1;aq1x1;1*1", "te1x1;aq1x1;0*9999",
    "te1x1;aq1x1;0*-1", "te1;aq1x1;0*1",
  ])
  func textsThatAreNoInventoriesAreRefused(_ text: String) throws {
    let json = try JSONEncoder().encode(text)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(TensorInventory.self, from: json) }
  }

  @Test func everyNameStandsForOneRow() {
    let names = Architecture.table.flatMap(\.names)
    #expect(names.count == Set(names).count)
  }
}
