import Domain
import Foundation
import HTTP
import Hub
import TestSupport

/// A simulated hub that gains three thousand models a day, with a person who watches it, over two weeks.
///
/// Everything follows from the seed: what appears, what happens to it, and what goes wrong on the way.
public final class FortnightTown {
  /// How a town is set up.
  public struct Plan: Sendable {
    /// What all draws depend on.
    public var seed: UInt64 = 14
    /// New models a day.
    public var perDay = 3000
    /// What may go wrong with a request, and how often; nil for a calm hub.
    public var faults: (kinds: [HubFault], rate: Double)?
    /// The person's configuration.
    public var configuration = FortnightTown.configuration

    /// The usual town.
    public init() {}
  }

  /// Days that are lived.
  public static let days = 14
  /// Tuesday, 3 November 2026, 07:00 UTC: the end of the first day is the first digest.
  public static let start: Double = 1_793_689_200

  public let hub: SimulatedHub
  public let clock: VirtualClock
  public let folder: FastFolder
  public let plan: Plan
  private var chance: Noise.Generator
  private var renamed = 0

  /// A card of 12 GiB, two authors to follow and one to mute, and little room.
  public static let configuration = """
    [watch]
    follow = ["storyteller", "baby-lab", "hasty-quants"]
    mute = ["TheShrinker"]
    first_days = 1
    describe = 150
    headers = 1
    recheck = 40
    [device]
    vram = 12
    [[devices]]
    name = "rented A6000"
    vram = 48
    [downloads]
    quota = "6 MB"
    reserve = "0"
    [smoke]
    threads = 1
    socket = ""
    """

  /// A town before its first day.
  ///
  /// - Parameter tools: addresses of git repositories that are watched.
  public init(_ plan: Plan = Plan(), tools: [String] = []) throws {
    self.plan = plan
    let clock = VirtualClock(at: Self.start)
    self.clock = clock
    var law = HubLaw(seed: plan.seed, models: plan.perDay, now: Int(Self.start))
    law.perDay = Double(plan.perDay)
    law.days = 1
    hub = try SimulatedHub(.init(law: law) { clock.now })
    folder = try FastFolder()
    chance = Noise.Generator(seed: plan.seed)
    let list = tools.map { "\"\($0)\"" }.joined(separator: ", ")
    let text = plan.configuration + "\n[tools]\nrepositories = [\(list)]\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/config.toml"))
  }

  /// Where configuration, state, cache and hub are.
  public var environment: [String: String] {
    [
      "HUBWATCH_CONFIG": "\(folder.path)/config.toml", "HUBWATCH_STATE": "\(folder.path)/state",
      "HF_HUB_CACHE": "\(folder.path)/cache/hub", "HF_ENDPOINT": hub.endpoint, "HOME": folder.path,
    ]
  }

  /// Lets some hours go by, in which models appear and change.
  public func pass(hours: Int) {
    for _ in 0..<hours {
      clock.advance(by: 3600)
      hub.apply(.insert(plan.perDay / 24))
      for _ in 0..<3 { hub.apply(event()) }
    }
  }

  /// Plants what appears on a day.
  public func plant(day: Int) throws {
    for toy in Toys.all where toy.day == day { hub.apply(.plant(try Toys.plant(toy, scratch: folder.path))) }
  }

  /// Lets the requests of the next hours go wrong, as the plan says.
  public func trouble(_ number: Int) {
    hub.setFaults(
      plan.faults.map { FaultPlan(seed: plan.seed &* 31 &+ UInt64(number), rate: $0.rate, kinds: $0.kinds) })
  }

  private func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &chance) }

  private func event() -> HubEvent {
    let index = number(0...hub.count - 1)
    switch number(0...99) {
    case ..<40: return .commit(index)
    case ..<60: return .retime(index, to: Int(clock.now))
    case ..<70: return .fill(index)
    case ..<78:
      renamed += 1
      return .rename(index, to: "moved/Renamed-\(renamed)")
    case ..<84: return .delete(index)
    case ..<88: return .makePrivate(index)
    case ..<92: return .makePublic(index, touching: true)
    case ..<96: return .gate(index)
    default: return .ungate(index)
    }
  }
}
