import Foundation
import TestSupport
import Testing

/// One home through all deaths until the model is there.
struct Life {
  /// Where a death struck, told from what it left.
  enum Phase: String {
    case start, description, transfer, naming, recording, end
  }

  let hub: TortureHub
  let home: TortureHome
  /// What to say of this life when something is broken.
  let name: String
  private let surroundings: [String: String]
  private(set) var traffic: [Invariants.Traffic] = []
  /// Whether headers have been read; from then on nothing is to be read for its header's sake.
  private var isDescribed = false
  private var arrived: Int64 = 0

  /// A fresh home; the hub's log begins anew.
  init(_ hub: TortureHub, _ name: String) async throws {
    self.hub = hub
    self.name = name
    home = try TortureHome(hub)
    surroundings = home.surroundings()
    await hub.server.clearRequests()
  }

  /// Bytes that were sent and did not stay.
  var lost: Int64 { traffic.reduce(0) { $0 + $1.lost } }

  /// Takes stock after one start, and expects every invariant.
  ///
  /// - Parameter moment: tells it from the outcome when nil: without a status it was killed.
  mutating func expectInvariants(
    _ outcome: Program.Outcome, as moment: Invariants.Moment? = nil, _ when: String
  ) async throws {
    let (served, there) = (await hub.served(headers: isDescribed), home.arrived)
    traffic.append(.init(served: served, before: arrived, after: there))
    arrived = there
    let moment = moment ?? (outcome.status == nil ? .death : outcome.status == 0 ? .success : .failure)
    #expect(moment != .failure, "\(name), \(when): it ended by itself with \(outcome.status ?? -1): \(outcome.error)")
    let broken = await Invariants.check(
      home, hub, after: moment, said: outcome.output + outcome.error, surroundings: surroundings, traffic: traffic)
    await hub.server.clearRequests()
    let phase = try phase()
    isDescribed = ![.start, .description].contains(phase)
    #expect(broken.isEmpty, "\(name), \(when), \(phase): \(broken.joined(separator: "\n"))")
  }

  /// Expects that an undisturbed start ends well, and that the next one finds nothing to do.
  mutating func expectTheEnd() async throws {
    try await expectInvariants(try await home.pull(), as: .success, "the undisturbed start")
    try await expectInvariants(try await home.pull(), as: .success, "a start with nothing to do")
    let served = traffic.last?.served ?? 0
    #expect(served == 0, "\(name): \(served) bytes were fetched though everything was there")
  }

  /// Where it has just died.
  func phase() throws -> Phase {
    guard let glance = try CatalogGlance(home) else { return .start }
    guard let copy = glance.copies.first else { return .description }
    if copy.isVerified { return .end }
    if arrived < hub.shards.size { return .transfer }
    return glance.parts.contains { !$0.isVerified } ? .naming : .recording
  }
}
