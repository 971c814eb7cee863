import Domain

extension WeightBasis {
  /// The best basis that a repository without GGUF gives: the family's tensors when they add up to what is stored, or to
  /// what the hub counts; else those of the headers; else the family's, or about the right ones, unverified.
  ///
  /// - Parameters:
  ///   - shape: the model's dimensions.
  ///   - configuration: its configuration.
  ///   - shards: the headers of all its safetensors, or none.
  ///   - counted: its parameters as the hub counts them; nil when it does not.
  /// - Throws: `badMetadata` when the configuration states impossible numbers.
  public init?(
    _ shape: ModelShape, _ configuration: ModelConfiguration, _ shards: [SafetensorsHeader], counted: Int64?
  ) throws(ModelFileError) {
    let inventory = try configuration.inventory(of: shape)
    let evidence: FitEvidence = shards.isEmpty ? .config : .safetensors
    let isProven = Architecture.named(shape.architecture)?.isProven == true
    if let inventory {
      // Nobody counts packed weights, so that the family's own arithmetic has to do.
      let isPacked = configuration.quantization != nil
      let known = isPacked ? nil : shards.isEmpty ? counted : shape.parameters
      if let known, known > 0 {
        if Self.addsUp(inventory.parameters, known) {
          self.init(inventory: inventory, evidence: evidence, isVerified: true)
          return
        }
      } else {
        self.init(inventory: inventory, evidence: .config, isVerified: isProven)
        return
      }
    }
    if let found = TensorInventory(safetensors: shards, layers: shape.layers) {
      // Without the eyes and ears that the family's tensors do not have either, the sums may agree.
      let addsUp = inventory.map { Self.addsUp($0.parameters, found.parameters) } ?? false
      self.init(inventory: found, evidence: .safetensors, isVerified: addsUp)
      return
    }
    let rough = try configuration.roughInventory(of: shape)
    guard let fallback = inventory ?? rough else { return nil }
    let scaled = counted.flatMap { inventory == nil ? fallback.scaled(to: $0) : nil }
    self.init(inventory: scaled ?? fallback, evidence: .config, isVerified: false)
  }

  /// Whether two counts of parameters differ by no more than a thousandth.
  private static func addsUp(_ sum: Int64, _ counted: Int64) -> Bool {
    abs(Double(sum) - Double(counted)) <= Double(counted) / 1000
  }
}

extension TensorInventory {
  /// The same with as many elements as are counted, by making the layers' matrices higher or lower; nil when that is
  /// impossible.
  func scaled(to counted: Int64) -> TensorInventory? {
    let fixed = common.reduce(Int64(0)) { $0 + $1.elements }
    let inLayers = elements - fixed
    guard counted > fixed, inLayers > 0 else { return nil }
    let factor = Double(counted - fixed) / Double(inLayers)
    let kinds = self.kinds.map { kind in
      kind.map { Tensor($0.role, $0.rowLength, max(1, Int64((Double($0.rows) * factor).rounded()))) }
    }
    return TensorInventory(common: common, layers: layers.map { kinds[$0] })
  }
}
