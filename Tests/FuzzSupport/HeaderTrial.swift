import Domain
import Fit
import ModelFiles

/// What is done with a foreign header on the way to a verdict.
public enum HeaderTrial: String, CaseIterable, Sendable {
  case gguf, safetensors, index, configuration

  /// Reads `bytes` as this and computes everything that `fit` does with it.
  ///
  /// - Returns: what came of it, without numbers and names, so that inputs which fare alike say the same.
  public func run(_ bytes: [UInt8]) -> String {
    do throws(ModelFileError) {
      switch self {
      case .gguf: return try gguf(bytes)
      case .safetensors: return try safetensors(bytes)
      case .index:
        let index = try SafetensorsIndex(bytes, name: "trial")
        return "index of \(index.files.count > 1 ? "several" : "one")"
      case .configuration: return try configuration(bytes)
      }
    } catch {
      return "\(error.kind): \(Self.plain(error.detail))"
    }
  }

  /// The first words of a reason, without numbers and without what stands in quotes.
  private static func plain(_ detail: String) -> String {
    var (words, isQuoted) = ("", false)
    for character in detail where words.count < 32 {
      if "'\"".contains(character) {
        isQuoted.toggle()
      } else if !isQuoted, character.isASCII, character.isLetter || character == " " {
        words.append(character)
      }
    }
    return words
  }

  private func gguf(_ bytes: [UInt8]) throws(ModelFileError) -> String {
    // The data may be a hole: a file is as long as it says.
    let size = Int64(bytes.count) + 1 << 40
    guard case .complete(let header) = try GGUFHeader.parse(bytes, fileSize: size, name: "trial") else {
      return "incomplete"
    }
    _ = GGUFFacts(header)
    let shape = try ModelShape(gguf: header)
    let layout = WeightLayout(
      tensors: header.tensors.map { (name: $0.name, bytes: $0.byteCount) }, layers: shape.layers)
    judge(shape, layout)
    guard let inventory = TensorInventory(gguf: [header], layers: shape.layers) else { return "no inventory" }
    predict(shape, inventory)
    return "gguf \(shape.attention == nil ? "plain" : "planned") \(shape.experts > 0)"
  }

  private func safetensors(_ bytes: [UInt8]) throws(ModelFileError) -> String {
    let header = try SafetensorsHeader.parse(bytes, fileSize: Int64(bytes.count), name: "trial")
    let parameters = try StoredParameters(of: [header])
    let inventory = TensorInventory(safetensors: [header], layers: 4)
    return "safetensors \(parameters.isPacked) \(inventory == nil)"
  }

  private func configuration(_ bytes: [UInt8]) throws(ModelFileError) -> String {
    let configuration = try ModelConfiguration(bytes, name: "trial")
    let shape = try configuration.shape()
    guard let basis = try WeightBasis(shape, configuration, [], counted: 1_000_000_000) else { return "no basis" }
    predict(shape, basis.inventory)
    return "configuration \(basis.isVerified) \(shape.attention == nil)"
  }

  // MARK: Arithmetic

  private func judge(_ shape: ModelShape, _ layout: WeightLayout) {
    for device in Self.devices {
      for request in Self.requests {
        let estimate = MemoryArithmetic(shape: shape, layout: layout, device: device).estimate(request)
        precondition(estimate.total.bytes >= 0 && estimate.host.bytes >= 0 && estimate.maxContext >= 0)
        precondition(estimate.maxContext <= shape.contextLength)
      }
    }
  }

  private func predict(_ shape: ModelShape, _ inventory: TensorInventory) {
    for importance in [true, false] {
      let predictor = WeightPredictor(inventory: inventory, shape: shape, hasImportance: importance)
      for recipe in [GGUFRecipe.q4_K_M, .iq1_S, .iq3_XS, .mxfp4, .f32, .q3_K_M] {
        let layout = predictor.layout(recipe)
        precondition(layout.total == predictor.sums(recipe).total && layout.total >= 0)
        if recipe == .q4_K_M { judge(shape, layout) }
      }
    }
    for scheme in PackedScheme.usual {
      precondition(scheme.layout(of: inventory, experts: shape.experts).total >= 0)
    }
  }

  private static let devices: [Device] = [
    .card(gibibytes: 12), Device.named("2x RTX 3090") ?? .card(gibibytes: 48),
    Device(name: "main memory", total: .gibibytes(16), free: .gibibytes(8), source: .mainMemory),
  ]

  private static let requests = [
    FitRequest(), FitRequest(context: 1, kvType: .q4_0, batch: 1, sequences: 7),
    FitRequest(context: 1 << 24, kvType: .f32, batch: 65_536, flashAttention: false, sharesCache: true),
  ]
}
