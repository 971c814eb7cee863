import Domain
import Fit
import Testing

/// Our arithmetic beside what llama.cpp's own accounting printed.
@Suite("Beside llama.cpp's accounting", .enabled(if: PublishedTable.isHere, "needs ../shared/fit"))
struct MeasuredMemoryTests {
  @Test func weightsCacheAndBuffers() throws {
    var errors: [Double] = []
    for row in try PublishedTable("llamacpp_fit_params_measured").rows {
      let name = row["model"]
      let dot = try #require(name.lastIndex(of: "."))
      let model = try ReferenceModel.named(String(name[..<dot]))
      let recipe = try #require(GGUFRecipe(name: String(name[name.index(after: dot)...])))
      let layout = WeightPredictor(inventory: model.inventory, shape: model.shape).layout(recipe)
      let request = FitRequest(
        context: try row.count("n_ctx"), kvType: try #require(KVCacheType(rawValue: row["kv_type"])),
        batch: try row.count("ubatch"), flashAttention: row["flash_attn"] == "on",
        sequences: row["extra"] == "-np 4" ? 4 : 1, keepsWindowsWhole: row["extra"] == "--swa-full")
      let need = MemoryArithmetic(shape: model.shape, layout: layout, device: .card(gibibytes: 1)).need(request)
      func mebibytes(_ bytes: ByteCount) -> Double { Double(bytes.bytes) / 1_048_576 }
      // The tool prints whole MiB, cut off.
      #expect(mebibytes(need.weights).rounded(.down) == (try row.number("dev_model_MiB")), "\(row.cells)")
      #expect(mebibytes(need.kvCache).rounded(.down) == (try row.number("dev_kv_MiB")), "\(row.cells)")
      let measured = try row.number("dev_total_MiB")
      errors.append((mebibytes(need.weights + need.kvCache + need.compute) - measured) / measured * 100)
    }
    let line = ErrorLine(name: "llama-fit-params: weights, cache, buffers", errors: errors)
    line.show()
    #expect(errors.count == 178)
    #expect(line.median <= 0.01)
    #expect(line.worst <= 1.5)
  }
}
