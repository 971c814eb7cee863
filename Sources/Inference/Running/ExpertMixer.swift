import Domain
import Glibc

/// Which experts a token uses.
struct ExpertChoice: Equatable {
  let expert: Int
  /// What its output is multiplied with.
  let share: Float

  /// The experts with the largest logits, in their own order; shares are their softmax over all experts.
  ///
  /// Source: Shazeer et al., "Outrageously Large Neural Networks", section 2.1; normalising the shares of the chosen ones
  /// is the same as a softmax over these alone, as Mixtral has it. Of equal logits the first wins.
  static func choose(_ logits: UnsafeBufferPointer<Float>, _ numbers: Hyperparameters.Experts) -> [ExpertChoice] {
    let largest = logits.max() ?? 0
    let sum = logits.reduce(0.0) { $0 + exp(Double($1 - largest)) }
    var chosen: [Int] = []
    for _ in 0..<numbers.used {
      // With NaN among the logits nothing compares; then the first that is left is as good as any.
      let left = logits.indices.lazy.filter { !chosen.contains($0) }
      if let best = left.max(by: { logits[$0] < logits[$1] || (logits[$0] == logits[$1] && $0 > $1) }) {
        chosen.append(best)
      }
    }
    chosen.sort()
    var shares = chosen.map { exp(Double(logits[$0] - largest)) / sum }
    if numbers.normalises {
      let total = shares.reduce(0, +)
      shares = shares.map { $0 / total }
    }
    return zip(chosen, shares).map { ExpertChoice(expert: $0, share: Float($1) * numbers.scale) }
  }
}

/// The feed-forward part of mixture layers.
///
/// A single token runs through its experts together. For prompts the tokens of each expert are gathered, so that its
/// weights are read once. Experts are added up in their own order, whatever the threads do.
final class ExpertMixer {
  private let elementwise: Elementwise
  private let products: MatrixMultiplier
  private let networks: NetworkRunner
  private let numbers: Hyperparameters.Experts
  private let width: Int
  private let routes: UnsafeMutablePointer<Float>
  private let gathered: UnsafeMutablePointer<Float>
  private let output: UnsafeMutablePointer<Float>
  private let mixed: UnsafeMutablePointer<Float>

  /// Takes its buffers through `floats` from an arena that was planned for them.
  init(
    kernels: Kernels, products: MatrixMultiplier, networks: NetworkRunner, numbers: Hyperparameters.Experts, width: Int,
    floats: (ArenaBuffer) -> UnsafeMutablePointer<Float>
  ) {
    elementwise = kernels.elementwise
    self.products = products
    self.networks = networks
    self.numbers = numbers
    self.width = width
    routes = floats(.routes)
    gathered = floats(.gathered)
    output = floats(.expertOutput)
    mixed = floats(.mixed)
  }

  /// Runs the experts of some tokens, `x` [count, embedding].
  ///
  /// - Returns: their sum, [count, embedding], until the next call.
  func run(
    _ mixture: LlamaWeights.Mixture, _ x: UnsafeMutablePointer<Float>, count: Int
  ) -> UnsafeMutablePointer<Float> {
    products.multiply([Product(mixture.router, routes)], x, count: count)
    mixed.update(repeating: 0, count: count * width)
    let choices = (0..<count).map {
      ExpertChoice.choose(UnsafeBufferPointer(start: routes + $0 * numbers.count, count: numbers.count), numbers)
    }
    if count == 1 {
      networks.runEach(choices[0].map { mixture.experts[$0.expert] }, x, out: output) { slot in
        add(output, choices[0][slot].share, to: 0)
      }
    } else {
      runGathered(mixture, choices, x)
    }
    if let shared = mixture.shared {
      networks.run(shared, x, out: output, count: count)
      for token in 0..<count {
        let share = mixture.sharedGate.map { sigmoid(x + token * width, $0) } ?? 1
        add(output + token * width, share, to: token)
      }
    }
    return mixed
  }

  private func runGathered(
    _ mixture: LlamaWeights.Mixture, _ choices: [[ExpertChoice]], _ x: UnsafeMutablePointer<Float>
  ) {
    var users = [[(token: Int, share: Float)]](repeating: [], count: numbers.count)
    for (token, chosen) in choices.enumerated() {
      for choice in chosen { users[choice.expert].append((token, choice.share)) }
    }
    for (expert, users) in users.enumerated() where !users.isEmpty {
      for (index, user) in users.enumerated() {
        (gathered + index * width).update(from: x + user.token * width, count: width)
      }
      networks.run(mixture.experts[expert], gathered, out: output, count: users.count)
      for (index, user) in users.enumerated() { add(output + index * width, user.share, to: user.token) }
    }
  }

  /// mixed[token] += share · y
  private func add(_ y: UnsafeMutablePointer<Float>, _ share: Float, to token: Int) {
    elementwise.table.add_scaled(mixed + token * width, y, share, width)
  }

  private func sigmoid(_ x: UnsafeMutablePointer<Float>, _ direction: [Float]) -> Float {
    let product = direction.indices.reduce(0.0) { $0 + Double(direction[$1]) * Double(x[$1]) }
    return Float(1 / (1 + exp(-product)))
  }
}
