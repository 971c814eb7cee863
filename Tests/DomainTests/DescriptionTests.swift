import Domain
import Testing

@Suite("What repositories offer")
struct DescriptionTests {
  private func files(_ names: String...) throws -> [ModelFile] {
    let hash = try #require(ContentHash(String(repeating: "a", count: 64)))
    return try names.map { ModelFile(path: try #require(RepoPath($0)), size: 1, hash: hash) }
  }

  @Test(arguments: [
    ("model.safetensors", WeightFormat.safetensors), ("a/model-00001-of-00002.SAFETENSORS", .safetensors),
    ("x.Q4_K_M.gguf", .gguf), ("imatrix.gguf", nil), ("pytorch_model.bin", .pickle), ("training_args.bin", nil),
    ("optimizer.pt", nil), ("optimizer_state.pt", nil), ("rng_state_0.pth", nil), ("consolidated.00.pth", .pickle),
    ("openvino_model.bin", .openvino), ("openvino_model.xml", .openvino), ("pom.xml", nil),
    ("ggml-model-q4_0.bin", .ggml), ("onnx/model.onnx", .onnx), ("onnx/model.onnx_data", .onnx),
    ("tf_model.h5", .keras), ("flax_model.msgpack", .flax), ("config.json", nil), ("README", nil), (".bin", .pickle),
  ])
  func formatOfAFile(_ name: String, _ format: WeightFormat?) throws {
    #expect(WeightFormat.ofFile(try #require(RepoPath(name))) == format)
  }

  @Test func formatsOfARepository() throws {
    let plain = try files("model.safetensors", "pytorch_model.bin", "config.json")
    #expect(WeightFormat.offered(files: plain) == [.safetensors, .pickle])
    let gptq = QuantizationScheme(method: .gptq, bits: 4)
    #expect(WeightFormat.offered(files: plain, quantization: gptq) == [.safetensors, .pickle, .gptq])
    #expect(WeightFormat.offered(files: try files("a.safetensors"), tags: ["MLX"]) == [.safetensors, .mlx])
    // Without weights a tag is only a word.
    #expect(WeightFormat.offered(files: try files("config.json"), tags: ["mlx"]).isEmpty)
    #expect(WeightFormat.offered(files: try files("a.gguf"), tags: ["gptq"]) == [.gguf])
  }

  @Test func safety() throws {
    #expect(WeightSafety(files: try files("model.safetensors", "pytorch_model.bin")) == .safe)
    #expect(WeightSafety(files: try files("pytorch_model.bin", "tf_model.h5")) == .pickleOnly)
    #expect(WeightSafety(files: try files("training_args.bin", "config.json")) == .none)
    #expect(WeightSafety(files: try files("openvino_model.bin")) == .safe)
  }

  @Test func roles() {
    func role(_ name: String, _ task: String? = nil, _ tags: [String] = []) -> ModelRole? {
      ModelRole.stated(architectures: [name], pipelineTag: task, tags: tags)
    }
    #expect(role("LlamaForCausalLM") == .generation && role("GPT2LMHeadModel") == .generation)
    #expect(role("BertModel") == .embedding && role("ChatGLMModel") == .generation)
    #expect(role("Qwen3ForCausalLM", "feature-extraction") == .embedding)
    #expect(role("Qwen3ForCausalLM", nil, ["sentence-transformers"]) == .embedding)
    #expect(role("Qwen3ForCausalLM", "text-ranking") == .classification)
    #expect(role("LlamaForSequenceClassification") == .classification && role("BertForMaskedLM") == .other)
    #expect(role("WhisperForConditionalGeneration", "automatic-speech-recognition") == .other)
    #expect(role("Qwen2VLForConditionalGeneration", "image-text-to-text") == .generation)
    #expect(ModelRole.stated(architectures: ["LlavaModel"], writesText: true) == .generation)
    #expect(ModelRole.stated() == nil && ModelRole.stated(pipelineTag: "robotics") == .other)
  }

  @Test func modalities() {
    #expect(Modality.stated() == [.text])
    #expect(Modality.stated(architectures: ["LlavaForConditionalGeneration"]) == [.text, .vision])
    #expect(Modality.stated(architectures: ["Gemma3ForCausalLM"]) == [.text])
    #expect(Modality.stated(architectures: ["Gemma3ForConditionalGeneration"]) == [.text, .vision])
    #expect(Modality.stated(architectures: ["WhisperForConditionalGeneration"]) == [.text, .audio])
    #expect(Modality.stated(architectures: ["Qwen2_5OmniForConditionalGeneration"]) == [.text, .vision, .audio])
    #expect(Modality.stated(keys: ["mm_vision_tower"]) == [.text, .vision])
    #expect(Modality.stated(keys: ["audio_config"]) == [.text, .audio])
    #expect(Modality.stated(pipelineTag: "image-classification") == [.vision])
    #expect(
      Modality.stated(architectures: ["LlamaForCausalLM"], pipelineTag: "audio-classification") == [.text, .audio])
  }
}
