import Downloads
import TestSupport

/// What happens to one cycle.
enum Mishap: CustomStringConvertible {
  case none
  /// SIGKILL after so many requests to the hub.
  case kill(Int)
  /// The process ends between two steps whose order matters.
  case crash(CrashPoint, Int)
  /// No room for anything from the n-th write on.
  case fullDisk(Int)
  /// The machine's clock is wrong by so many seconds.
  case wrongClock(Double)
  /// Stopped after so many requests, and gone on with nine hours later.
  case night(Int)

  /// One by chance.
  init(_ chance: inout Noise.Generator) {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &chance) }
    switch number(0...99) {
    case ..<35: self = .none
    case ..<55: self = .kill(number(1...60))
    case ..<70: self = .crash(CrashPoint.allCases[number(0...CrashPoint.allCases.count - 1)], number(1...2))
    case ..<80: self = .fullDisk(number(1...400))
    case ..<90: self = .wrongClock([-2 * 86_400, -3600, 5400, 3 * 86_400][number(0...3)])
    default: self = .night(number(1...40))
    }
  }

  var description: String {
    switch self {
    case .none: "nothing"
    case .kill(let requests): "killed after \(requests) requests"
    case .crash(let point, let count): "crashed at \(point):\(count)"
    case .fullDisk(let nth): "disk full at write \(nth)"
    case .wrongClock(let seconds): "clock wrong by \(Int(seconds)) s"
    case .night(let requests): "suspended after \(requests) requests"
    }
  }
}
