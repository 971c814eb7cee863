import Domain

/// Runs gated feed-forward networks: down(activation(gate(x)) · up(x)).
final class NetworkRunner {
  private let kernels: Kernels
  private let elementwise: Elementwise
  private let activation: Family.Activation
  private let products: MatrixMultiplier
  private let gate: UnsafeMutablePointer<Float>
  private let up: UnsafeMutablePointer<Float>

  /// Takes its buffers from an arena that was planned for them.
  init(
    kernels: Kernels, activation: Family.Activation, products: MatrixMultiplier, gate: UnsafeMutablePointer<Float>,
    up: UnsafeMutablePointer<Float>
  ) {
    self.kernels = kernels
    elementwise = kernels.elementwise
    self.activation = activation
    self.products = products
    self.gate = gate
    self.up = up
  }

  /// One network for some tokens; `x` and `out` are [count, embedding] and may be the same.
  func run(
    _ network: LlamaWeights.Network, _ x: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>, count: Int
  ) {
    let width = network.gate.matrix.rows
    products.multiplyTogether(
      [Product(network.gate.matrix, gate), Product(network.up.matrix, up)], x, count: count
    ) { rows in
      for token in 0..<count {
        activate(network, token * width + rows.lowerBound, rows)
      }
    }
    products.multiply([Product(network.down.matrix, out)], gate, count: count)
    if let bias = network.down.bias {
      for token in 0..<count { kernels.table.add(out + token * bias.count, bias, bias.count) }
    }
  }

  /// Several networks for one token, all gates in one round; `body` gets the index of a network when its output is in
  /// `out`, [embedding].
  func runEach(
    _ networks: [LlamaWeights.Network], _ x: UnsafeMutablePointer<Float>, out: UnsafeMutablePointer<Float>,
    then body: (Int) -> Void
  ) {
    let width = networks[0].gate.matrix.rows
    let pairs = networks.enumerated().flatMap { slot, network in
      [Product(network.gate.matrix, gate + slot * width), Product(network.up.matrix, up + slot * width)]
    }
    products.multiplyTogether(pairs, x, count: 1) { rows in
      for (slot, network) in networks.enumerated() { activate(network, slot * width + rows.lowerBound, rows) }
    }
    for (slot, network) in networks.enumerated() {
      products.multiply([Product(network.down.matrix, out)], gate + slot * width, count: 1)
      if let bias = network.down.bias { kernels.table.add(out, bias, bias.count) }
      body(slot)
    }
  }

  /// The part between the products, for some rows of one token that begin at `start` in the buffers.
  private func activate(_ network: LlamaWeights.Network, _ start: Int, _ rows: Range<Int>) {
    add(network.gate.bias, rows, to: gate + start)
    add(network.up.bias, rows, to: up + start)
    switch activation {
    case .silu: kernels.table.swiglu(gate + start, up + start, rows.count)
    case .gelu: elementwise.table.geglu(gate + start, up + start, rows.count)
    }
  }

  private func add(_ bias: [Float]?, _ rows: Range<Int>, to x: UnsafeMutablePointer<Float>) {
    bias?.withUnsafeBufferPointer { bias in
      kernels.table.add(x, bias.baseAddress.map { $0 + rows.lowerBound }, rows.count)
    }
  }
}
