import Console
import Domain
import Fit
import Watch

/// Which cards there are: the answer to `smoke --devices`.
struct DevicesReport: Encodable {
  let schema = "hubwatch.devices/1"
  let cards: [Card]
  let isUnified: Bool
  let notes: [String]

  /// One card.
  struct Card: Encodable {
    let name: String
    let totalBytes: Int64
    let freeBytes: Int64
    /// GB/s; null when it is not known.
    let bandwidth: Double?

    private enum CodingKeys: String, CodingKey { case name, totalBytes, freeBytes, bandwidth }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(totalBytes, forKey: .totalBytes)
      try container.encode(freeBytes, forKey: .freeBytes)
      try container.encode(bandwidth, forKey: .bandwidth)
    }
  }

  init(_ answer: DeviceAnswer) {
    cards = (answer.cards?.cards ?? []).map {
      Card(name: $0.name, totalBytes: $0.total.bytes, freeBytes: $0.free.bytes, bandwidth: $0.bandwidth)
    }
    isUnified = answer.cards?.isUnified ?? false
    notes = answer.notes
  }

  /// For a person.
  var text: String {
    let lines = cards.map { card in
      "\(ForeignText.safe(card.name, limit: 100)): \(ByteCount(card.freeBytes).asMemory) of "
        + "\(ByteCount(card.totalBytes).asMemory) free"
    }
    let told = lines.isEmpty ? ["no graphics card"] : lines
    return (told + notes.map { ForeignText.safe($0, limit: 300) }).joined(separator: "\n")
  }
}
