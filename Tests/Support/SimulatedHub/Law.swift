import Glibc

/// What a simulated hub is born with: everything of it that follows from the seed.
///
/// Models are numbered in the order of their creation, from 0 on; those inserted later go on from there.
public struct HubLaw: Sendable {
  /// What all draws depend on.
  public var seed: UInt64
  /// How many models there are at the beginning.
  public var models: Int
  /// Seconds since 1970 at the beginning; the youngest model is a few seconds old.
  public var now: Int
  /// Models a day at the end; the real hub gains about 3,000 that hubwatch reads.
  public var perDay: Double = 3000
  /// The age of the oldest model in days. The hub that is simulated began in March 2022.
  public var days: Double = 1700
  /// Creation times are cut to multiples of so many seconds, so that ties occur in small hubs too.
  public var granularity = 1

  /// A law with the usual rates.
  public init(seed: UInt64, models: Int, now: Int) {
    self.seed = seed
    self.models = max(0, models)
    self.now = now
  }

  /// The creation times, oldest first.
  ///
  /// The hub grows exponentially up to `perDay`; the time constant is the one that lets all models fit into `days`.
  func creationTimes() -> [Int32] {
    var (low, high) = (1e-6, 1e9)
    for _ in 0..<100 {
      let middle = (low * high).squareRoot()
      if perDay * middle * -expm1(-days / middle) < Double(models) { low = middle } else { high = middle }
    }
    let capacity = perDay * high
    var draws = Draws(seed: seed, index: 0, purpose: 2)
    let step = Double(max(1, granularity))
    var times = [Int32](repeating: 0, count: models)
    var youngest = Double(now - 5)
    for index in (0..<models).reversed() {
      let place = Double(models - 1 - index) + draws.unit()
      // More models than the rate allows in that time share the days evenly.
      let age = place < capacity * 0.999_999 ? -high * log1p(-place / capacity) : days
      let even = days * place / Double(models)
      let time = Double(now) - 86400 * (place < capacity * 0.999_999 ? min(age, days) : even)
      youngest = min(youngest, time)
      times[index] = Int32(max(0, (youngest / step).rounded(.down) * step))
    }
    return times
  }

  /// When a model that was made at `created` was last touched: after its making, before the hub's present.
  func lastChange(of index: Int, created: Int) -> Int {
    var draws = Draws(seed: seed, index: index, purpose: 3)
    let time =
      switch draws.below(100) {
      // Files are uploaded within minutes to hours.
      case ..<60: Int(60 * exp(draws.unit() * 5))
      case ..<85: Int(3600 * exp(draws.unit() * 4.5))
      default: Int(86400 * exp(draws.unit() * 6))
      }
    // What would lie in the future is spread over what there is of the past.
    let age = max(1, now - created)
    return created + (time < age ? time : Int(Double(age) * draws.unit()))
  }
}
