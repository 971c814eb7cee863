import Domain
import Fit

/// A model with its quantizations judged against every device.
struct FitRow {
  struct Candidate {
    let offer: FitSubject.Offer
    /// One for each device.
    let estimates: [Estimate]

    /// Bits of a weight, as a measure of quality.
    fileprivate let bits: Double
    fileprivate let preference: Double
  }

  let subject: FitSubject
  /// The largest first.
  let candidates: [Candidate]
  /// For each device the one to show when only one is shown; see `best`.
  let chosen: [Candidate]

  init(subject: FitSubject, devices: [Device], request: FitRequest, only: String?) {
    self.subject = subject
    var solvers: [Engine: FitSolver] = [:]
    let candidates = subject.offers.filter { only == nil || $0.quantization.uppercased() == only?.uppercased() }
      .sorted { ($0.fileBytes, $0.quantization) > ($1.fileBytes, $1.quantization) }
      .map { offer in
        let solver = solvers[offer.engine] ?? FitSolver(shape: subject.shape, request: request, engine: offer.engine)
        solvers[offer.engine] = solver
        let sums = WeightSums(offer.layout)
        let quantization = Quantization(offer.quantization)
        let bits =
          quantization?.bitsPerWeight ?? Double(sums.total) * 8 / Double(max(1, subject.shape.parameters))
        return Candidate(
          offer: offer, estimates: devices.map { solver.estimate(sums, on: $0) { LayerStack(offer.layout) } },
          bits: bits,
          preference: quantization?.preference ?? -100)
      }
    self.candidates = candidates
    chosen = candidates.isEmpty ? [] : devices.indices.map { Self.best(candidates, $0) }
  }

  /// Fewer bits a weight than these make a model forget so much that a few layers in main memory are the better choice.
  private static let leastBits = 2.3

  /// The most preferred quantization of the best verdict that any has. Among those that leave something in main memory,
  /// the smallest of at least four bits, which is the fastest that still is good.
  private static func best(_ all: [Candidate], _ device: Int) -> Candidate {
    // Ternary and binary types are for models that were trained for them.
    let sensible = all.filter { $0.bits >= leastBits || $0.offer.file != nil && all.count == 1 }
    let candidates = sensible.isEmpty ? all : sensible
    let order = FitVerdict.allCases
    func rank(_ candidate: Candidate) -> Int {
      order.firstIndex(of: candidate.estimates[device].verdict) ?? order.count
    }
    let top = candidates.map(rank).min() ?? 0
    let equals = candidates.filter { rank($0) == top }
    if top <= order.firstIndex(of: .smallerContext) ?? 0 {
      return equals.max { $0.preference < $1.preference } ?? candidates[0]
    }
    let good = equals.filter { $0.bits >= 4 && $0.preference > -100 }
    return good.last ?? equals[0]
  }

  /// The first of the devices, the cheapest before the others, on which all of a candidate runs on the card.
  static func cheapest(_ estimates: [Estimate]) -> Int? {
    let order = FitVerdict.allCases
    guard let limit = order.firstIndex(of: .smallerContext) else { return nil }
    return estimates.firstIndex { (order.firstIndex(of: $0.verdict) ?? order.count) <= limit }
  }
}
