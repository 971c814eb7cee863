import Domain

/// Cards by name, with the memory that their driver reports.
public struct Card: Sendable, Equatable {
  /// What it is made for, which decides how much of its memory a program can have.
  public enum Class: Character, Sendable {
    case consumer = "c"
    case workstation = "w"
    case dataCentre = "d"
    /// A processor's: memory that both share.
    case unified = "u"
  }

  /// The name, without the maker's.
  public let name: String
  /// What it is made for.
  public let kind: Class
  /// Memory in MiB.
  public let mebibytes: Int64
  /// Memory bandwidth in GB/s.
  public let bandwidth: Double
  /// Multiprocessors of NVIDIA's cards.
  public let multiprocessors: Int64?
  /// PCI device ids of AMD's and Intel's cards, in lower case.
  public let pciDevices: [String]

  /// Every known card.
  public static let all: [Card] = table.split(separator: "\n").compactMap(Card.init)

  private init?(_ line: Substring) {
    let fields = line.split(separator: "|", omittingEmptySubsequences: false)
    guard fields.count == 6, let letter = fields[1].first, let kind = Class(rawValue: letter),
      let memory = Int64(fields[2]), let bandwidth = Double(fields[3])
    else { return nil }
    name = String(fields[0])
    self.kind = kind
    mebibytes = memory
    self.bandwidth = bandwidth
    multiprocessors = Int64(fields[4])
    pciDevices = fields[5].split(separator: ";").map(String.init)
  }

  /// The card that somebody means by `text`: every word has to occur in its name; of several the one with the
  /// fewest other words, then the one with the least memory. `RTX A6000`, `3080 12gb` and `GeForce RTX 3080 12GB` all work.
  public static func named(_ text: String) -> Card? {
    let wanted = words(text)
    guard !wanted.isEmpty, text.utf8.count <= 200 else { return nil }
    func others(_ card: Card) -> Int { words(card.name).count { !$0.hasSuffix("gb") && !wanted.contains($0) } }
    return all.filter { card in
      let parts = Set(words(card.name))
      return wanted.allSatisfy(parts.contains)
    }.min { (others($0), $0.mebibytes, $0.name) < (others($1), $1.mebibytes, $1.name) }
  }

  /// The card that a driver means, whose names leave out how much memory there is: of those with all its words the one
  /// whose memory is nearest to what the driver tells, by no more than a sixth.
  static func reported(_ name: String, mebibytes: Int64) -> Card? {
    let told = words(name).filter { !$0.hasSuffix("gb") && !$0.hasSuffix("gpu") }
    guard !told.isEmpty else { return nil }
    return all.filter { card in
      let parts = Set(words(card.name).filter { !$0.hasSuffix("gb") })
      // "RTX 4070" is no "RTX 4070 SUPER".
      return told.allSatisfy(parts.contains) && parts.subtracting(told).isSubset(of: ["geforce", "tesla", "quadro"])
    }.filter { abs($0.mebibytes - mebibytes) <= $0.mebibytes / 6 }
      .min { abs($0.mebibytes - mebibytes) < abs($1.mebibytes - mebibytes) }
  }

  /// The names nearest to a text that names no card, the nearest first.
  public static func suggestions(for text: String, count: Int = 3) -> [String] {
    let wanted = Array(words(text).joined(separator: " ").prefix(60))
    return all.map { card in (card.name, distance(wanted, Array(words(card.name).joined(separator: " ")))) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(count).map(\.0)
  }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { " -_()".contains($0) }.map(String.init)
      .filter { !["nvidia", "amd", "intel", "graphics", "(r)", "r", "tm"].contains($0) }
  }

  /// The fewest insertions, deletions and replacements that make one text the other; a text that is a part of the other
  /// is near.
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = [Int](repeating: 0, count: right.count + 1)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row.min() ?? 0
  }

  /// What the driver and the engine's context take: 3 MiB for each multiprocessor and 90 MiB for modules, as measured
  /// from the RTX 4060 Ti to the RTX PRO 6000.
  public var overhead: ByteCount {
    multiprocessors.map { .mebibytes(3 * $0 + 90) } ?? Device.usualOverhead
  }

  /// What a program can have of `total`: drivers keep some, and graphics processors with unified memory may take seven
  /// tenths of it.
  func usable(_ total: ByteCount) -> ByteCount {
    if kind == .unified { return ByteCount(total.bytes / 10 * 7) }
    let kept = max(100 << 20, total.bytes / (kind == .consumer ? 50 : 100))
    return ByteCount(max(0, total.bytes - kept))
  }

  /// The card as a memory with nothing else on it.
  public var memory: Device.Memory {
    let size = ByteCount.mebibytes(mebibytes)
    return Device.Memory(name: name, total: size, free: usable(size), bandwidth: bandwidth, overhead: overhead)
  }

  /// The card as a device.
  public var device: Device {
    Device(name: name, cards: [memory], source: .list, isUnified: kind == .unified)
  }
}

extension Device {
  /// The device that somebody means by `text`: a card, or several of one as in `2x RTX 3090`; nil for an unknown name.
  public static func named(_ text: String) -> Device? {
    let trimmed = text.drop { $0 == " " }
    let digits = trimmed.prefix { $0.isASCII && $0.isNumber }
    let rest = trimmed.dropFirst(digits.count).drop { $0 == " " }
    if let count = Int(digits), (1...16).contains(count), let sign = rest.first, "x×".contains(sign.lowercased()),
      rest.dropFirst().first == " "
    {
      guard let card = Card.named(String(rest.dropFirst())) else { return nil }
      let device = card.device
      guard count > 1 else { return device }
      return Device(
        name: "\(count)x \(card.name)", cards: Array(repeating: card.memory, count: count), source: .list,
        isUnified: false)
    }
    return Card.named(text)?.device
  }
}
