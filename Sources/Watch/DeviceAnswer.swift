import Domain
import Fit
import Foundation
import Settings
import Smoke

/// The cards that a process sees, as the process that runs models tells them to one that sees none.
///
/// Under systemd the daemon has no access to a card; the process that tests models has, and no network instead.
public struct DeviceAnswer: Sendable, Codable, Equatable {
  /// The machine's cards as one device; nil without a card.
  public var cards: Device?
  /// What could not be found out, for a person.
  public var notes: [String]

  /// The cards that this process sees.
  public static func local() async -> DeviceAnswer {
    let found = await DeviceDetection(environment: ProcessInfo.processInfo.environment).run()
    return DeviceAnswer(cards: found.cards, notes: found.notes)
  }

  /// The same as JSON, for a process that asks.
  ///
  /// - Throws: `EncodingError`.
  @Sendable public static func encoded() async throws -> Data { try JSONEncoder().encode(await local()) }

  /// The cards that this process sees, and where it sees none, those that the service sees.
  public static func visible(_ settings: Settings.Smoke) async -> DeviceAnswer {
    let seen = await local()
    var options = SmokeRunner.Options(settings)
    guard seen.cards == nil, options.socket != nil else { return seen }
    options.timeoutSeconds = min(options.timeoutSeconds, patience)
    let runner = SmokeRunner(program: SmokeRunner.thisProgram, options: options)
    do {
      switch try await runner.ask(runner.request(.devices), as: DeviceAnswer.self) {
      case .answer(let answer): return answer.withinBounds
      case .mishap(let mishap): return seen.with("the smoke service tells no cards: \(mishap.words)")
      }
    } catch let error as SmokeError {
      return seen.with("the smoke service tells no cards: \(error.problem)")
    } catch {
      // Cancelled: whoever asked no longer wants to know.
      return seen
    }
  }

  /// Seconds that drivers get to answer, the start of the service included.
  private static let patience = 60

  private func with(_ note: String) -> DeviceAnswer { DeviceAnswer(cards: cards, notes: notes + [note]) }

  /// The answer with figures that a machine can have, and plain names.
  var withinBounds: DeviceAnswer {
    var answer = self
    answer.notes = notes.prefix(10).map { String($0.prefix(300)) }
    guard var device = cards, (1...64).contains(device.cards.count),
      device.cards.allSatisfy({ memory in
        (1 << 20...1 << 50).contains(memory.total.bytes) && (0...memory.total.bytes).contains(memory.free.bytes)
          && (0...memory.total.bytes).contains(memory.overhead.bytes)
          && (memory.bandwidth.map { $0.isFinite && $0 > 0 } ?? true)
      })
    else {
      answer.cards = nil
      return answer
    }
    device.name = String(device.name.prefix(100))
    for index in device.cards.indices { device.cards[index].name = String(device.cards[index].name.prefix(100)) }
    device.price = nil
    answer.cards = device
    return answer
  }
}
