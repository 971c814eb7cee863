import Domain

/// The bytes of a model's layers, summed up from the last to the first, which is the order in which layers go to a card.
public struct LayerStack: Sendable {
  /// Bytes of the last so many layers, from none to all.
  public internal(set) var last: [Int64] = [0]
  /// Bytes of the routed experts of the first so many layers; empty for dense models.
  public internal(set) var firstExperts: [Int64] = []

  /// Bytes of a layer of one sort, and of the experts in it.
  struct Cost: Sendable {
    var all: Int64
    var experts: Int64
  }

  /// Room for the predictor's work.
  var costs: [Cost] = []

  /// No layers.
  public init() {}

  /// The layers of a layout.
  public init(_ layout: WeightLayout) {
    last.reserveCapacity(layout.layerBytes.count + 1)
    var sum: Int64 = 0
    for bytes in layout.layerBytes.reversed() {
      sum += bytes
      last.append(sum)
    }
    guard !layout.expertBytes.isEmpty else { return }
    sum = 0
    firstExperts = [0]
    for bytes in layout.expertBytes {
      sum += bytes
      firstExperts.append(sum)
    }
  }

  /// The same with the experts of the first so many layers left out.
  func withoutExperts(ofFirst count: Int) -> LayerStack {
    var lighter = self
    let layers = last.count - 1
    // The last n layers hold the experts of those among the first `count` that are also among them.
    for number in last.indices where layers - number < count {
      lighter.last[number] -= firstExperts[count] - firstExperts[layers - number]
    }
    return lighter
  }
}
