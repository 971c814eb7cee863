import Domain
import Fit
import Foundation
import TestSupport
import Testing

/// Our arithmetic beside what llama.cpp's own accounting printed.
@Suite("Beside llama.cpp's accounting")
struct MeasuredMemoryTests {
  private static let shapes: [String: ModelShape] = [
    "llama2-7b": shape(32, 4096, 11008, 32, 32, 128, 32000),
    "llama2-13b": shape(40, 5120, 13824, 40, 40, 128, 32000),
    "llama2-70b": shape(80, 8192, 28672, 64, 8, 128, 32000),
    "llama3.1-8b": shape(32, 4096, 14336, 32, 8, 128, 128_256),
    "llama3-70b": shape(80, 8192, 28672, 64, 8, 128, 128_256),
    "llama3.2-1b": shape(16, 2048, 8192, 32, 8, 64, 128_256),
    "mistral-7b": shape(32, 4096, 14336, 32, 8, 128, 32000),
  ]

  private static func shape(
    _ layers: Int, _ embedding: Int, _ feedForward: Int, _ heads: Int, _ kvHeads: Int, _ head: Int, _ vocabulary: Int
  ) -> ModelShape {
    ModelShape(
      architecture: "llama", layers: layers, embedding: embedding, feedForward: feedForward, heads: heads,
      kvHeads: Array(repeating: kvHeads, count: layers), keyLength: head, valueLength: head,
      vocabulary: vocabulary, contextLength: 131_072)
  }

  @Test(.enabled(if: SharedData.path("fit/published/llamacpp_fit_params_measured.csv") != nil, "needs ../shared/fit"))
  func cacheAndComputeBufferOfTheLlamaFamily() throws {
    let path = try #require(SharedData.path("fit/published/llamacpp_fit_params_measured.csv"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var compared = 0
    for line in text.split(whereSeparator: \.isNewline).dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard let shape = Self.shapes.first(where: { fields[0].hasPrefix($0.key + ".") })?.value,
        fields[5].isEmpty, let kvType = KVCacheType(rawValue: fields[4])
      else { continue }
      let request = FitRequest(
        context: try #require(Int(fields[1])), kvType: kvType, batch: try #require(Int(fields[3])),
        flashAttention: fields[2] == "on")
      let need = MemoryArithmetic(
        shape: shape, layout: WeightLayout(tensors: [], layers: shape.layers), device: .card(gibibytes: 1)
      ).need(request)
      let kv = try #require(Double(fields[7]))
      let compute = try #require(Double(fields[8]))
      // The tool prints whole MiB, cut off.
      #expect(abs(Double(need.kvCache.bytes) / 1_048_576 - kv) <= 1, "\(line)")
      #expect(abs(Double(need.compute.bytes) / 1_048_576 - compute) <= max(2, compute * 0.03), "\(line)")
      compared += 1
    }
    #expect(compared >= 40)
  }
}
