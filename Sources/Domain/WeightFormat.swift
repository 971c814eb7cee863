/// A form in which a repository offers weights: a file format, or a layout inside one that needs its own engine.
public enum WeightFormat: String, Hashable, Sendable, Codable, CaseIterable {
  case gguf, safetensors, onnx, openvino, flax, tflite, coreml
  // Files that can run code when they are loaded.
  case pickle, keras
  /// The formats of llama.cpp before GGUF.
  case ggml
  // Layouts inside of safetensors.
  case mlx, gptq, awq, exl2, exl3, bitsandbytes, fp8, mxfp4, nvfp4
  case compressedTensors = "compressed-tensors"

  /// Whether loading it can run code that its publisher put there.
  public var canRunCode: Bool { self == .pickle || self == .keras }

  /// The forms that a repository's files, its tags and its configuration show.
  public static func offered(
    files: [ModelFile], tags: [String] = [], quantization: QuantizationScheme? = nil
  ) -> Set<WeightFormat> {
    var found = Set(files.compactMap { ofFile($0.path) })
    guard found.contains(.safetensors) || found.contains(.pickle) else { return found }
    for tag in tags { if let format = layouts[tag.lowercased()] { found.insert(format) } }
    if let method = quantization?.method, let format = layouts[method.rawValue] { found.insert(format) }
    return found
  }

  /// The format of a file that holds weights; nil for any other file, also for what training leaves behind.
  public static func ofFile(_ path: RepoPath) -> WeightFormat? {
    let name = path.fileName.lowercased()
    guard let dot = name.lastIndex(of: ".") else { return nil }
    let stem = name[..<dot]
    let isTraining = leftovers.contains { stem == $0 || stem.hasPrefix("\($0)_") || stem.hasPrefix("\($0)-") }
    switch name[name.index(after: dot)...] {
    case "gguf": return name.contains("imatrix") ? nil : .gguf
    case "safetensors": return isTraining ? nil : .safetensors
    case "xml": return stem.hasPrefix("openvino_") ? .openvino : nil
    case "bin" where stem.hasPrefix("openvino_"): return .openvino
    case "bin" where stem.hasPrefix("ggml"): return .ggml
    case "bin", "pt", "pth", "ckpt", "pkl", "pickle": return isTraining ? nil : .pickle
    case "onnx", "onnx_data": return .onnx
    case "h5", "keras": return .keras
    case "msgpack": return .flax
    case "tflite": return .tflite
    case "mlmodel", "mlpackage": return .coreml
    default: return nil
    }
  }

  /// Names of files that training leaves beside the weights.
  private static let leftovers = [
    "training_args", "optimizer", "scheduler", "rng_state", "scaler", "trainer_state", "random_states",
  ]

  private static let layouts: [String: WeightFormat] = [
    "mlx": .mlx, "gptq": .gptq, "awq": .awq, "exl2": .exl2, "exl3": .exl3, "bitsandbytes": .bitsandbytes,
    "fp8": .fp8, "mxfp4": .mxfp4, "nvfp4": .nvfp4, "compressed-tensors": .compressedTensors,
  ]
}
