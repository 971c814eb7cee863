import Watch

extension StatusText {
  /// The last digest of each way, and what has not arrived; troubles are told with the others.
  func outbox(_ report: StateReport) -> [String] {
    guard let deliveries = report.outbox?.deliveries, !deliveries.isEmpty else { return [] }
    let words = deliveries.map { delivery in
      let next = delivery.nextTryAt.map { ", next try \(time($0))" } ?? ""
      return "\(delivery.channel.rawValue) \(delivery.day) \(delivery.phase.rawValue)\(next)"
    }
    let more = words.count > 8 ? "; and \(words.count - 8) more" : ""
    return wrapped("Digests: \(words.suffix(8).joined(separator: "; "))\(more)")
  }
}
