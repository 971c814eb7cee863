import Domain
import Fit
import Testing

/// Weights that we predict beside what llama.cpp makes and what people have published.
@Suite("Beside published sizes", .enabled(if: PublishedTable.isHere, "needs ../shared/fit"))
struct PublishedSizesTests {
  @Test func everyRowOfTheDryRunToTheLastPrintedDigit() throws {
    var errors: [Double] = []
    for row in try PublishedTable("llama_quantize_dryrun_vs_prediction").rows {
      let model = try ReferenceModel.named(row["model"])
      let recipe = try #require(GGUFRecipe(name: row["ftype"]))
      let predictor = WeightPredictor(inventory: model.inventory, shape: model.shape)
      let predicted = Double(predictor.sums(recipe).total) / 1_048_576
      let measured = try row.number("dry_run_MiB")
      errors.append((predicted - measured) / measured * 100)
      // The tool prints hundredths.
      #expect(abs(predicted - measured) <= 0.0051, "\(row["model"]) \(recipe.name): \(predicted), not \(measured)")
      #expect(predictor.layout(recipe).total == predictor.sums(recipe).total)
      #expect(WeightSums(predictor.layout(recipe)) == predictor.sums(recipe))
    }
    #expect(errors.count == 240)
    ErrorLine(name: "llama-quantize --dry-run", errors: errors).show()
  }

  /// What is left of a published file is its header, which is the same for every quantization of one tokenizer.
  @Test func publishedFilesAreOurTensorsAndAHeader() throws {
    var errors: [Double] = []
    for row in try PublishedTable("gguf_exact_sizes_vs_prediction").rows {
      let parts = row["quant"].split(separator: ":")
      let name = row["model"].replacing("-split", with: "")
      let model = try ReferenceModel.named(name)
      let recipe = try #require(GGUFRecipe(name: String(parts[0])))
      let predictor = WeightPredictor(
        inventory: model.inventory, shape: model.shape, hasImportance: parts.count > 1,
        era: try #require(RecipeEra(rawValue: row["rule_era"])))
      let actual = Int64(try row.count("actual_bytes"))
      let header = actual - predictor.dataBytes(recipe)
      let expected = Int64(try row.count("residual_bytes(header+metadata)"))
      errors.append(Double(header - expected) / Double(actual) * 100)
      #expect(header == expected, "\(row["file"])")
    }
    #expect(errors.count == 44)
    ErrorLine(name: "published GGUF files less their headers", errors: errors).show()
  }

  @Test func bitsPerWeightAsTheToolsOwnPagesSay() throws {
    let names = ["Llama 2 7B": "llama2-7b", "Llama 2 13B": "llama2-13b", "Llama 2 70B": "llama2-70b"]
    var compared = 0
    for row in try PublishedTable("llamacpp_readme_sizes").rows where row["unit"] == "bpw" {
      guard let name = names[row["model"]], let recipe = GGUFRecipe(name: row["quant"]) else { continue }
      let model = try ReferenceModel.named(name)
      let sums = WeightPredictor(inventory: model.inventory, shape: model.shape, era: .autumn2023).sums(recipe)
      let bits = Double(sums.total) * 8 / Double(model.inventory.parameters)
      #expect(abs(bits - (try row.number("value"))) <= 0.0101, "\(name) \(recipe.name): \(bits)")
      compared += 1
    }
    #expect(compared == 27)
  }

  @Test func filesOfAMixtureOfExperts() throws {
    let model = try ReferenceModel.named("mixtral-8x22b")
    var errors: [Double] = []
    for row in try PublishedTable("bartowski_mixtral_8x22b").rows {
      let recipe = try #require(GGUFRecipe(name: row["quant"]))
      let predictor = WeightPredictor(
        inventory: model.inventory, shape: model.shape, era: .year2024)
      let published = try row.number("size_GB")
      errors.append((Double(predictor.sums(recipe).total) / 1e9 - published) / published * 100)
    }
    let line = ErrorLine(name: "Mixtral 8x22B, 13 files", errors: errors)
    line.show()
    #expect(errors.count == 13)
    // Sizes are printed in hundredths of a GB, headers included.
    #expect(line.worst <= 0.03)
  }

  @Test func filesOfGPTQ() throws {
    var errors: [Double] = []
    for row in try PublishedTable("gptq_file_sizes").rows {
      let model = try ReferenceModel.named(row["model"])
      let group = try row.count("group_size")
      let scheme = PackedScheme.gptq(bits: try row.count("bits"), group: group > 0 ? group : nil)
      let bytes = scheme.layout(of: model.inventory, experts: model.shape.experts).total
      let published = try row.number("published_GB")
      errors.append((Double(bytes) / 1e9 - published) / published * 100)
    }
    let line = ErrorLine(name: "GPTQ files", errors: errors)
    line.show()
    #expect(errors.count == 24)
    #expect(line.worst <= 0.1)
  }

  @Test func peaksOfTorchEngines() throws {
    var errors: [Engine: [Double]] = [:]
    for row in try PublishedTable("torch_tables_vs_prediction").rows {
      let words = row["case"].split(separator: " ")
      // Rows of weights and cache alone stand beside those with activations.
      if words.last == "w+kv" { continue }
      let engine: Engine = row["table"] == "exllama" ? .exllama : .torch
      let model = try ReferenceModel.named(row["model"])
      let bits = try #require(Int(words[0].dropLast(3)))
      let group = try #require(Int(words[1].dropFirst(2)))
      let scheme: PackedScheme = bits == 16 ? .half : .gptq(bits: bits, group: group > 0 ? group : nil)
      let layout = scheme.layout(of: model.inventory, experts: model.shape.experts)
      let request = FitRequest(context: try #require(Int(words[2].dropFirst(3))))
      let need = MemoryArithmetic(
        shape: model.shape, layout: layout, device: .card(gibibytes: 1), engine: engine
      ).need(request)
      let peak = Double((need.weights + need.kvCache + need.compute).bytes) / 1_048_576
      let published = try row.number("published_MiB")
      errors[engine, default: []].append((peak - published) / published * 100)
    }
    for (engine, rows) in [(Engine.torch, 13), (.exllama, 10)] {
      let line = ErrorLine(name: "peak of \(engine.rawValue)", errors: errors[engine] ?? [])
      line.show()
      #expect(line.errors.count == rows)
      #expect(line.worst <= 3.5)
    }
  }
}
