import Domain

/// What any GGUF quantization of a model weighs, to the byte, before anybody has made it.
///
/// Made once for a model, it answers for every recipe in some dozen multiplications: layers of one kind differ only
/// where a recipe makes exceptions, and those are few.
public struct WeightPredictor: Sendable {
  /// Elements of one role in a layer of one kind, or beside the layers, whose rows have the same divisor.
  private struct Group: Sendable {
    let role: TensorRole
    /// The largest power of two, up to 256, that divides the length of a row.
    let divisor: Int
    var elements: Int64
  }

  /// Layers of one kind by their places: in the first lane all, in the others those at each `LayerPlace`.
  private struct Counts: Sendable {
    var value = SIMD8<Int64>.zero
    var feedForward = SIMD8<Int64>.zero
    var expert = SIMD8<Int64>.zero

    subscript(counter: LayerPlaces.Counter) -> SIMD8<Int64> {
      switch counter {
      case .value: value
      case .feedForward: feedForward
      case .expert: expert
      }
    }
  }

  private let common: [Group]
  private let kinds: [[Group]]
  private let counts: [Counts]
  private let inventory: TensorInventory
  /// Layers of one kind at equal places are of one sort, and weigh the same; for each layer, which sort it is of.
  private let sorts: [Int]
  /// A layer of each sort.
  private let examples: [(kind: Int, places: LayerPlaces)]
  private let book: RecipeBook

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
    let places = LayerPlaces.of(inventory, hasExperts: shape.experts > 1)
    common = Self.groups(inventory.common)
    kinds = inventory.kinds.map(Self.groups)
    var counts = [Counts](repeating: Counts(), count: inventory.kinds.count)
    for (kind, place) in zip(inventory.layers, places) {
      counts[kind].value &+= place.value.lanes
      counts[kind].feedForward &+= place.feedForward.lanes
      counts[kind].expert &+= place.expert.lanes
    }
    self.counts = counts
    var examples: [(kind: Int, places: LayerPlaces)] = []
    sorts = zip(inventory.layers, places).map { kind, places in
      if let known = examples.firstIndex(where: { $0.kind == kind && $0.places == places }) { return known }
      examples.append((kind, places))
      return examples.count - 1
    }
    self.examples = examples
  }

  /// The bytes of a recipe as sums over the model.
  public func sums(_ recipe: GGUFRecipe) -> WeightSums {
    let number = recipe.number
    var sums = WeightSums()
    for group in common {
      let bytes = Self.scaled(group.elements, cost(group, recipe, number))
      switch group.role {
      case .tokenEmbedding: sums.tokenEmbedding += bytes
      case .perLayerEmbedding: sums.lookedUp += bytes
      case .output: sums.output += bytes
      default: sums.other += bytes
      }
    }
    for (kind, groups) in kinds.enumerated() {
      for group in groups {
        let entry = book[number, group.role]
        var bytes = counts[kind].feedForward[0] * Self.scaled(group.elements, cost(group, recipe, number))
        if entry.hasException { bytes += exceptional(group, entry, counts[kind], recipe) }
        sums.layers += bytes
        if group.role.isExpert { sums.experts += bytes }
      }
    }
    return sums
  }

  /// What exceptions add to the layers of a kind.
  private func exceptional(
    _ group: Group, _ entry: RecipeBook.Entry, _ counts: Counts, _ recipe: GGUFRecipe
  ) -> Int64 {
    let (first, second) = more(group, entry, recipe)
    let counts = counts[LayerPlaces.Counter(group.role)]
    let atFirst = entry.rule.first.map { counts[$0.place.lane] } ?? 0
    // The place of the second holds all of the first one's.
    let atSecond = entry.rule.second.map { counts[$0.place.lane] - atFirst } ?? 0
    return atFirst * Self.scaled(group.elements, first) + atSecond * Self.scaled(group.elements, second)
  }

  /// The bytes of a recipe, layer by layer.
  public func layout(_ recipe: GGUFRecipe) -> WeightLayout {
    let sums = sums(recipe)
    var costs: [LayerStack.Cost] = []
    price(recipe, into: &costs)
    return WeightLayout(
      layerBytes: sorts.map { costs[$0].all }, expertBytes: sums.experts > 0 ? sorts.map { costs[$0].experts } : [],
      tokenEmbedding: sums.tokenEmbedding, lookedUp: sums.lookedUp, output: sums.output, other: sums.other)
  }

  /// The layers of a recipe, summed up; `stack` keeps its memory from one recipe to the next.
  public func fill(_ stack: inout LayerStack, _ recipe: GGUFRecipe) {
    price(recipe, into: &stack.costs)
    stack.last.removeAll(keepingCapacity: true)
    stack.firstExperts.removeAll(keepingCapacity: true)
    var sum: Int64 = 0
    stack.last.append(0)
    for sort in sorts.reversed() {
      sum += stack.costs[sort].all
      stack.last.append(sum)
    }
    guard stack.costs.contains(where: { $0.experts > 0 }) else { return }
    sum = 0
    stack.firstExperts.append(0)
    for sort in sorts {
      sum += stack.costs[sort].experts
      stack.firstExperts.append(sum)
    }
  }

  /// Bytes of a layer of each sort, and of the experts in it.
  private func price(_ recipe: GGUFRecipe, into costs: inout [LayerStack.Cost]) {
    let number = recipe.number
    costs.removeAll(keepingCapacity: true)
    costs.append(contentsOf: repeatElement(LayerStack.Cost(all: 0, experts: 0), count: examples.count))
    for (kind, groups) in kinds.enumerated() {
      // What all layers of the kind weigh, but for the exceptions.
      var (all, experts) = (Int64(0), Int64(0))
      for group in groups {
        let bytes = Self.scaled(group.elements, cost(group, recipe, number))
        all += bytes
        if group.role.isExpert { experts += bytes }
      }
      for sort in examples.indices where examples[sort].kind == kind {
        costs[sort] = LayerStack.Cost(all: all, experts: experts)
      }
      for group in groups {
        let entry = book[number, group.role]
        guard entry.hasException else { continue }
        let (first, second) = more(group, entry, recipe)
        let (firstBytes, secondBytes) = (Self.scaled(group.elements, first), Self.scaled(group.elements, second))
        let counter = LayerPlaces.Counter(group.role)
        for sort in examples.indices where examples[sort].kind == kind {
          let place = examples[sort].places[counter]
          let bytes: Int64
          if let exception = entry.rule.first, place.contains(exception.place) {
            bytes = firstBytes
          } else if let exception = entry.rule.second, place.contains(exception.place) {
            bytes = secondBytes
          } else {
            continue
          }
          costs[sort].all += bytes
          if group.role.isExpert { costs[sort].experts += bytes }
        }
      }
    }
  }

  /// Bytes of the data section of a GGUF file: every tensor starts at a multiple of 32 bytes. The rest of the file is
  /// its header.
  public func dataBytes(_ recipe: GGUFRecipe) -> Int64 {
    let number = recipe.number
    func padded(_ tensor: TensorInventory.Tensor, at place: LayerPlace) -> Int64 {
      let divisor = Self.divisor(tensor.rowLength)
      let type = settled(book[number, tensor.role].rule.type(at: place), tensor.role, divisor, recipe)
      return (Self.scaled(tensor.elements, type.bytesOf256) + 31) / 32 * 32
    }
    var sum = inventory.common.reduce(0) { $0 + padded($1, at: []) }
    for sort in sorts {
      let (kind, places) = examples[sort]
      for tensor in inventory.kinds[kind] { sum += padded(tensor, at: places[LayerPlaces.Counter(tensor.role)]) }
    }
    return sum
  }

  // MARK: Costs, in bytes of 256 elements

  private func cost(_ group: Group, _ recipe: GGUFRecipe, _ number: Int) -> Int64 {
    let entry = book[number, group.role]
    if group.divisor == 256 { return entry.bytes }
    return settled(entry.rule.otherwise, group.role, group.divisor, recipe).bytesOf256
  }

  /// What the exceptions of a rule cost more than the rule.
  private func more(
    _ group: Group, _ entry: RecipeBook.Entry, _ recipe: GGUFRecipe
  ) -> (first: Int64, second: Int64) {
    if group.divisor == 256 { return (entry.firstMore, entry.secondMore) }
    let usual = settled(entry.rule.otherwise, group.role, group.divisor, recipe).bytesOf256
    func more(_ exception: RoleRule.Exception?) -> Int64 {
      exception.map { settled($0.type, group.role, group.divisor, recipe).bytesOf256 - usual } ?? 0
    }
    return (more(entry.rule.first), more(entry.rule.second))
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

  /// `TensorInventory.elementLimit` keeps the product within 63 bits. Rows are whole numbers of blocks, so that nothing
  /// is lost.
  private static func scaled(_ elements: Int64, _ bytesOf256: Int64) -> Int64 { (elements &* bytesOf256) >> 8 }

  // MARK: Groups

  private static func groups(_ tensors: [TensorInventory.Tensor]) -> [Group] {
    var groups: [Group] = []
    groups.reserveCapacity(tensors.count)
    for tensor in tensors {
      let divisor = divisor(tensor.rowLength)
      if let index = groups.firstIndex(where: { $0.role == tensor.role && $0.divisor == divisor }) {
        groups[index].elements += tensor.elements
      } else {
        groups.append(Group(role: tensor.role, divisor: divisor, elements: tensor.elements))
      }
    }
    return groups
  }

  private static func divisor(_ rowLength: Int64) -> Int { 1 << min(8, rowLength.trailingZeroBitCount) }
}

extension LayerPlace {
  /// One in the first lane, and one in the lane of each place that this is.
  fileprivate var lanes: SIMD8<Int64> {
    let bits = Int64(rawValue)
    return SIMD8(
      1, bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1, bits >> 4 & 1, bits >> 5 & 1, bits >> 6 & 1)
  }

  /// The lane of a single place.
  fileprivate var lane: Int { rawValue.trailingZeroBitCount + 1 }
}
