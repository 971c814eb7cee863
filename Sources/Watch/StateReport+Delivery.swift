import Foundation

extension StateReport {
  /// Looks what has become of the digests, and which units have failed.
  mutating func readDeliveries(_ now: Date) {
    let (report, trouble) = OutboxReport.look(state, at: now)
    outbox = report
    health += [trouble].compactMap { $0 } + (report?.troubles ?? [])
    health += UnitFailure.recent(state: state, at: now).map(\.trouble)
  }
}
