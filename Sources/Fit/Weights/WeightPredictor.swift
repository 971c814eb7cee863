import Domain

/// What any GGUF quantization of a model weighs, to the byte, before anybody has made it.
///
/// Made once for a model, it answers for every recipe in some dozen multiplications.
public struct WeightPredictor: Sendable {
  /// Elements of one role whose rows have the same divisor.
  private struct Group: Sendable {
    let role: TensorRole
    /// The largest power of two, up to 256, that divides the length of a row.
    let divisor: Int
    /// In the first lane all elements, in the others those at each `LayerPlace`.
    var elements: SIMD8<Int64>
  }

  private let common: [Group]
  private let inLayers: [Group]
  private let inventory: TensorInventory
  /// For each layer the places of its values, its feed-forward part, and its routed experts.
  private let places: [LayerPlaces]
  private let book: RecipeBook

  private struct LayerPlaces: Sendable {
    let value: LayerPlace
    let feedForward: LayerPlace
    let expert: LayerPlace

    func of(_ role: TensorRole) -> LayerPlace {
      switch role {
      case .attentionValue, .attentionFused, .attentionLatent: value
      case .expertDown, .expertGate, .expertUp: expert
      default: feedForward
      }
    }
  }

  /// - Parameters:
  ///   - inventory: the model's tensors.
  ///   - shape: its dimensions, of which the rules ask the heads, the experts and the family.
  ///   - hasImportance: whether the quantizer has an importance matrix, as most publishers have since 2024.
  ///   - era: whose rules.
  public init(
    inventory: TensorInventory, shape: ModelShape, hasImportance: Bool = false, era: RecipeEra = .current
  ) {
    self.inventory = inventory
    book = RecipeBook.of(RecipeFacts(shape, isTied: inventory.isTied, hasImportance: hasImportance), era: era)
    places = Self.places(inventory, hasExperts: shape.experts > 1)
    var common: [Group] = []
    for tensor in inventory.common {
      Self.add(tensor, SIMD8(tensor.elements, 0, 0, 0, 0, 0, 0, 0), to: &common)
    }
    self.common = common
    inLayers = Self.groups(inventory, places)
  }

  /// The bytes of a recipe as sums over the model.
  public func sums(_ recipe: GGUFRecipe) -> WeightSums {
    let number = recipe.number
    var sums = WeightSums()
    for group in inLayers {
      let bytes = bytes(group, recipe, number)
      sums.layers += bytes
      if group.role.isExpert { sums.experts += bytes }
    }
    for group in common {
      let bytes = bytes(group, recipe, number)
      switch group.role {
      case .tokenEmbedding: sums.tokenEmbedding += bytes
      case .perLayerEmbedding: sums.lookedUp += bytes
      case .output: sums.output += bytes
      default: sums.other += bytes
      }
    }
    return sums
  }

  /// The bytes of a recipe, layer by layer.
  public func layout(_ recipe: GGUFRecipe) -> WeightLayout {
    let number = recipe.number
    let sums = sums(recipe)
    var (layerBytes, expertBytes) = ([Int64](), [Int64]())
    layerBytes.reserveCapacity(places.count)
    for (kind, place) in zip(inventory.layers, places) {
      var (all, experts) = (Int64(0), Int64(0))
      for tensor in inventory.kinds[kind] {
        let type = type(tensor.role, at: place.of(tensor.role), divisor: Self.divisor(tensor.rowLength), recipe, number)
        let bytes = Self.bytes(tensor.elements, type)
        all += bytes
        if tensor.role.isExpert { experts += bytes }
      }
      layerBytes.append(all)
      expertBytes.append(experts)
    }
    return WeightLayout(
      layerBytes: layerBytes, expertBytes: sums.experts > 0 ? expertBytes : [], tokenEmbedding: sums.tokenEmbedding,
      lookedUp: sums.lookedUp, output: sums.output, other: sums.other)
  }

  /// Bytes of the data section of a GGUF file: every tensor starts at a multiple of 32 bytes. The rest of the file is
  /// its header.
  public func dataBytes(_ recipe: GGUFRecipe) -> Int64 {
    let number = recipe.number
    func padded(_ tensor: TensorInventory.Tensor, at place: LayerPlace) -> Int64 {
      let type = type(tensor.role, at: place, divisor: Self.divisor(tensor.rowLength), recipe, number)
      return (Self.bytes(tensor.elements, type) + 31) / 32 * 32
    }
    var sum = inventory.common.reduce(0) { $0 + padded($1, at: []) }
    for (kind, place) in zip(inventory.layers, places) {
      for tensor in inventory.kinds[kind] { sum += padded(tensor, at: place.of(tensor.role)) }
    }
    return sum
  }

  // MARK: Types

  private func type(
    _ role: TensorRole, at place: LayerPlace, divisor: Int, _ recipe: GGUFRecipe, _ number: Int
  ) -> TensorType {
    settled(book[number, role].type(at: place), role, divisor, recipe)
  }

  /// The type of a tensor once its rows have been looked at.
  private func settled(_ type: TensorType, _ role: TensorRole, _ divisor: Int, _ recipe: GGUFRecipe) -> TensorType {
    if divisor == 256 { return type }
    let isOutput = role == .output || (role == .tokenEmbedding || role == .perLayerEmbedding) && inventory.isTied
    // An output matrix goes straight to Q8_0 when the recipe's own type does not divide its rows.
    if isOutput, !recipe.isFloat, divisor % recipe.base.blockElements != 0 {
      return TensorType.q8_0.fallback(divisor: divisor)
    }
    return type.fallback(divisor: divisor)
  }

  private func bytes(_ group: Group, _ recipe: GGUFRecipe, _ number: Int) -> Int64 {
    let rule = book[number, group.role]
    var (sum, rest) = (Int64(0), group.elements[0])
    var counted: Int64 = 0
    for exception in [rule.first, rule.second] {
      guard let exception else { continue }
      let here = group.elements[exception.place.lane] - counted
      counted += here
      rest -= here
      sum += Self.bytes(here, settled(exception.type, group.role, group.divisor, recipe))
    }
    return sum + Self.bytes(rest, settled(rule.otherwise, group.role, group.divisor, recipe))
  }

  /// `TensorInventory.elementLimit` keeps the product within 63 bits.
  private static func bytes(_ elements: Int64, _ type: TensorType) -> Int64 {
    // Rows are whole numbers of blocks, so that nothing is lost.
    (elements * type.bytesOf256) >> 8
  }

  // MARK: Places

  private static func places(_ inventory: TensorInventory, hasExperts: Bool) -> [LayerPlaces] {
    func has(_ layer: Int, _ roles: Set<TensorRole>) -> Bool {
      inventory.kinds[layer].contains { roles.contains($0.role) }
    }
    let valueKinds = inventory.kinds.indices.map { has($0, [.attentionValue, .attentionFused, .attentionLatent]) }
    let denseKinds = inventory.kinds.indices.map { has($0, [.feedForwardDown]) }
    let expertKinds = inventory.kinds.indices.map { has($0, [.expertDown]) }
    let values = inventory.layers.count { valueKinds[$0] }
    let layers = inventory.layers.count
    var (value, down) = (0, 0)
    return inventory.layers.enumerated().map { index, kind in
      // With experts the rules go by the layer's number, but for the smallest mixtures, which count the tensors.
      let (first, second) = (down, expertKinds[kind] ? down + 1 : down)
      let running = denseKinds[kind] && !expertKinds[kind] ? first : second
      var feedForward = LayerPlace(hasExperts ? index : first, of: layers)
      var expert = feedForward
      if running < layers / 8 { feedForward.insert(.earlyInFile) }
      if first < layers / 8 { expert.insert(.earlyInFile) }
      let places = LayerPlaces(
        value: valueKinds[kind] ? LayerPlace(value, of: values) : [], feedForward: feedForward, expert: expert)
      if valueKinds[kind] { value += 1 }
      down += (denseKinds[kind] ? 1 : 0) + (expertKinds[kind] ? 1 : 0)
      return places
    }
  }

  private static func groups(_ inventory: TensorInventory, _ places: [LayerPlaces]) -> [Group] {
    // How many layers of each kind stand at each place, by the three ways of counting.
    var counts = [(value: SIMD8<Int64>, feedForward: SIMD8<Int64>, expert: SIMD8<Int64>)](
      repeating: (.zero, .zero, .zero), count: inventory.kinds.count)
    for (kind, place) in zip(inventory.layers, places) {
      counts[kind].value &+= place.value.lanes
      counts[kind].feedForward &+= place.feedForward.lanes
      counts[kind].expert &+= place.expert.lanes
    }
    var groups: [Group] = []
    for (kind, tensors) in inventory.kinds.enumerated() {
      for tensor in tensors {
        let count =
          switch tensor.role {
          case .attentionValue, .attentionFused, .attentionLatent: counts[kind].value
          case .expertDown, .expertGate, .expertUp: counts[kind].expert
          default: counts[kind].feedForward
          }
        add(tensor, count &* tensor.elements, to: &groups)
      }
    }
    return groups
  }

  private static func add(_ tensor: TensorInventory.Tensor, _ elements: SIMD8<Int64>, to groups: inout [Group]) {
    let divisor = divisor(tensor.rowLength)
    for index in groups.indices where groups[index].role == tensor.role && groups[index].divisor == divisor {
      groups[index].elements &+= elements
      return
    }
    groups.append(Group(role: tensor.role, divisor: divisor, elements: elements))
  }

  private static func divisor(_ rowLength: Int64) -> Int { 1 << min(8, rowLength.trailingZeroBitCount) }
}

extension LayerPlace {
  /// One in the first lane, and one in the lane of each place that this is.
  fileprivate var lanes: SIMD8<Int64> {
    var lanes = SIMD8<Int64>(1, 0, 0, 0, 0, 0, 0, 0)
    for lane in 0..<Self.count where rawValue & 1 << UInt8(lane) != 0 { lanes[lane + 1] = 1 }
    return lanes
  }

  /// The lane of a single place.
  fileprivate var lane: Int { rawValue.trailingZeroBitCount + 1 }
}

extension GGUFRecipe {
  /// Its place in `allCases`.
  fileprivate var number: Int { Self.numbers[self] ?? 0 }

  private static let numbers = Dictionary(uniqueKeysWithValues: zip(allCases, allCases.indices))
}
