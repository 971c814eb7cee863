import Inference

/// Whether tensors belong together: training leaves the same profile in weights that meet.
struct KinshipEvidence {
  private let layers: [[String: TensorStatistics]]
  private let keyLength: Int
  private let directions: WeightKinship

  /// - Parameter keyLength: elements of a head of queries and keys.
  init(_ survey: WeightSurvey, _ directions: WeightKinship, keyLength: Int) {
    let count = directions.layers.count
    var layers = [[String: TensorStatistics]](repeating: [:], count: count)
    for tensor in survey.tensors {
      if let layer = tensor.layer, layers.indices.contains(layer) { layers[layer][tensor.role] = tensor }
    }
    self.layers = layers
    self.keyLength = keyLength
    self.directions = directions
  }

  /// Everything that is odd.
  ///
  /// - Parameter turnsNeighbours: whether the pairs that turn lie side by side in this model.
  func findings(turnsNeighbours: Bool) -> [Finding] {
    guard layers.count >= 4 else { return [] }
    return partners + sizes + order(turnsNeighbours) + strays + places
  }

  /// What `up` writes strongly, `down` reads weakly, or the other way round: the sizes of a neuron's weights go together.
  private var sizes: [Finding] {
    let correlations = layers.map { layer -> Double? in
      guard let up = layer["ffn_up.weight"], let down = layer["ffn_down.weight"] else { return nil }
      return Spread.logCorrelation(up.rowNorms, down.columnNorms)
    }
    let usual = Spread.median(correlations.compactMap { $0 })
    guard usual > 0.6 else { return [] }
    let strangers = correlations.indices.dropFirst().filter { (correlations[$0] ?? 1) < 0.25 }
    guard !strangers.isEmpty else { return [] }
    return [
      .suspect(
        "ffn_up and ffn_down of \(Figures.layers(strangers)) do not belong together: the sizes of their neurons have "
          + "nothing to do with each other, in other layers they go together by \(Figures.decimal(usual, 2))")
    ]
  }

  /// Vectors of a neuron, or of a dimension of a head, that point anywhere instead of in kindred directions.
  private var partners: [Finding] {
    WeightKinship.Pair.allCases.compactMap { pair in
      let values = directions.layers.map { $0[pair] }
      let usual = Spread.median(values.compactMap { $0 })
      guard usual > 1.5 else { return nil }
      let limit = min(1.6, 1 + 0.2 * (usual - 1))
      // The first layer works on bare tokens, and is often a stranger.
      let strangers = values.indices.dropFirst().filter { layer in
        guard let value = values[layer], value < limit else { return false }
        let around = (max(1, layer - 2)...min(values.count - 1, layer + 2)).compactMap {
          $0 == layer ? nil : values[$0]
        }
        return value - 1 < 0.35 * (Spread.median(around) - 1)
      }
      guard !strangers.isEmpty else { return nil }
      return .suspect(
        "\(pair.rawValue) of \(Figures.layers(strangers)) do not belong together: their directions are random, "
          + "those of other layers are not; rows or columns are in disorder, or one of the two is another's")
    }
  }

  /// Single tensors that read or write other places of the residual stream than those of the layers around them.
  private var strays: [Finding] {
    var words: [String] = []
    let roles = Set(layers.flatMap(\.keys)).filter { $0.hasSuffix("weight") }.sorted()
    for role in roles where layers.count >= 8 {
      let profiles = layers.map { layer in
        layer[role].flatMap { tensor in
          var profile = LogProfile(Self.streamNorms(role, tensor))
          return profile.normalise() ? profile : nil
        }
      }
      let nearest = profiles.indices.map { layer -> Double? in
        guard let own = profiles[layer] else { return nil }
        let around = (max(0, layer - 2)...min(profiles.count - 1, layer + 2)).filter { $0 != layer }
        return around.compactMap { other in profiles[other].map { own.product($0) } }.max()
      }
      guard Spread.median(nearest.compactMap { $0 }) > 0.6 else { continue }
      // The first layers and the last are a world of their own.
      let strays = (2..<layers.count - 3).filter { (nearest[$0] ?? 1) < 0.15 }
      if Pattern.isDamage(strays.count, of: layers.count) {
        words.append("\(role.split(separator: ".")[0]) of \(Figures.layers(strays))")
      }
    }
    guard !words.isEmpty else { return [] }
    let one = words.count == 1
    return [
      .suspect(
        "\(words.prefix(4).joined(separator: ", ")) \(one ? "has" : "have") another profile along the residual stream than the "
          + "layers around: rows or columns are in disorder, or belong elsewhere")
    ]
  }

  /// The two elements of a pair that turns together have grown alike: whether the rows lie as the file says.
  private func order(_ turnsNeighbours: Bool) -> [Finding] {
    let length = keyLength
    guard length >= 8, length.isMultiple(of: 2) else { return [] }
    var (neighbours, halves): ([Double], [Double]) = ([], [])
    for layer in layers {
      for role in ["attn_q.weight", "attn_k.weight"] {
        guard let norms = layer[role]?.rowNorms, norms.count.isMultiple(of: length) else { continue }
        let starts = stride(from: 0, to: norms.count, by: length)
        let pairs = starts.flatMap { start in (0..<length / 2).map { (start + 2 * $0, start + 2 * $0 + 1) } }
        let split = starts.flatMap { start in (0..<length / 2).map { (start + $0, start + $0 + length / 2) } }
        guard let near = Spread.logCorrelation(pairs.map { norms[$0.0] }, pairs.map { norms[$0.1] }),
          let far = Spread.logCorrelation(split.map { norms[$0.0] }, split.map { norms[$0.1] })
        else { continue }
        neighbours.append(near)
        halves.append(far)
      }
    }
    guard neighbours.count >= 8 else { return [] }
    let (near, far) = (Spread.median(neighbours), Spread.median(halves))
    let (stated, other) = turnsNeighbours ? (near, far) : (far, near)
    guard other > stated + 0.25, other > 0.4 else { return [] }
    return [
      .suspect(
        "the rows of attn_q and attn_k lie in the other order than this architecture's files have them: "
          + "the permutation of the rotary pairs is missing, or was done twice")
    ]
  }

  /// Layers that fit better elsewhere: neighbouring layers read and write the same places of the residual stream.
  private var places: [Finding] {
    guard layers.count >= 12 else { return [] }
    let profiles = layers.map(Self.streamProfiles)
    func kinship(_ left: Int, _ right: Int) -> Double? {
      let products = profiles[left].compactMap { role, profile in profiles[right][role].map { profile.product($0) } }
      return products.count >= 4 ? products.reduce(0, +) / Double(products.count) : nil
    }
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: layers.count), count: layers.count)
    for left in layers.indices {
      for right in layers.indices where right > left {
        guard let value = kinship(left, right) else { return [] }
        matrix[left][right] = value
        matrix[right][left] = value
      }
    }
    let misplaced = (2..<layers.count - 2).filter { layer in
      // As near as the second neighbours on both sides, or as the same distance around any other place?
      func nearness(_ place: Int) -> Double {
        Spread.median([-2, -1, 1, 2].map { matrix[layer][place + $0] })
      }
      let here = nearness(layer)
      let elsewhere = (2..<layers.count - 2).filter { abs($0 - layer) >= 5 }.map(nearness).max() ?? 0
      return elsewhere > here + 0.2
    }
    guard Pattern.isDamage(misplaced.count, of: layers.count) else { return [] }
    return [
      .suspect(
        "\(Figures.layers(misplaced)) would fit better elsewhere: layers were exchanged or belong to another model")
    ]
  }

  /// How strongly each place of the residual stream is read and written, by tensor.
  private static func streamProfiles(_ layer: [String: TensorStatistics]) -> [String: LogProfile] {
    var profiles: [String: LogProfile] = [:]
    for (role, tensor) in layer where role.hasSuffix("weight") {
      var profile = LogProfile(streamNorms(role, tensor))
      if profile.normalise() { profiles[role] = profile }
    }
    return profiles
  }

  /// The side of a tensor that meets the residual stream.
  private static func streamNorms(_ role: String, _ tensor: TensorStatistics) -> [Float] {
    ["attn_output.weight", "ffn_down.weight"].contains(role) ? tensor.rowNorms : tensor.columnNorms
  }
}
