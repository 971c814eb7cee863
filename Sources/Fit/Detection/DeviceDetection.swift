import Domain

/// Asks this machine for its cards.
public struct DeviceDetection: Sendable {
  /// Where the kernel tells of graphics cards.
  var graphics = "/sys/class/drm"
  /// NVIDIA's management library.
  var library = "libnvidia-ml.so.1"
  /// What is run when the library is not there.
  var program = "nvidia-smi"
  /// Where the kernel tells of main memory.
  var memory = "/proc/meminfo"
  /// `CUDA_VISIBLE_DEVICES`: which of NVIDIA's cards are to be used.
  var visible: String?
  /// How long a driver may take.
  var patience = Duration.seconds(10)

  /// Asks the machine that this runs on.
  public init(environment: [String: String]) { visible = environment["CUDA_VISIBLE_DEVICES"] }

  /// For tests: a machine made of files.
  init(
    graphics: String, library: String, program: String, memory: String, visible: String? = nil,
    patience: Duration = .seconds(10)
  ) {
    self.graphics = graphics
    self.library = library
    self.program = program
    self.memory = memory
    self.visible = visible
    self.patience = patience
  }

  /// What was found.
  public struct Finding: Sendable {
    /// The machine's cards as one device; nil without a card.
    public var cards: Device?
    /// What could not be found out, for a person.
    public var notes: [String] = []
  }

  /// The cards of this machine: NVIDIA's by their library, else by their program; AMD's and Intel's by the kernel. One
  /// that is a part of the processor counts only when there is no other.
  public func run() async -> Finding {
    var notes: [String] = []
    var found: [DetectedCard] = []
    switch await NvidiaLibrary.cards(path: library, patience: patience) {
    case .found(let cards): found += Self.chosen(cards, visible)
    case .absent: found += Self.chosen(await NvidiaProgram.cards(program: program, patience: patience), visible)
    case .failed(let why):
      notes.append("NVIDIA's driver does not answer: \(why)")
      found += Self.chosen(await NvidiaProgram.cards(program: program, patience: patience), visible)
    }
    let kernel = GraphicsFolders.cards(root: graphics)
    found += kernel.cards
    notes += kernel.notes
    let apart = found.filter { !$0.isUnified }
    let used = apart.isEmpty ? Array(found.prefix(1)) : apart
    guard let first = used.first else { return Finding(cards: nil, notes: notes) }
    let name = used.count == 1 ? first.memory.name : "\(used.count) cards"
    return Finding(
      cards: Device(name: name, cards: used.map(\.memory), source: .detected, isUnified: first.isUnified), notes: notes)
  }

  /// The cards that `CUDA_VISIBLE_DEVICES` names by number or by the beginning of their id; as CUDA does, the list ends
  /// at the first that is not there.
  static func chosen(_ cards: [DetectedCard], _ visible: String?) -> [DetectedCard] {
    guard let visible else { return cards }
    var chosen: [DetectedCard] = []
    for word in visible.split(separator: ",").map({ $0.filter { $0 != " " } }) {
      let card: DetectedCard? =
        if let number = Int(word) {
          cards.indices.contains(number) ? cards[number] : nil
        } else {
          word.hasPrefix("GPU-") ? cards.first { $0.id?.hasPrefix(word) == true } : nil
        }
      guard let card else { break }
      if !chosen.contains(card) { chosen.append(card) }
    }
    return chosen
  }

  /// Main memory as a device: what the kernel says is available now; nil when it does not say.
  public func mainMemory() -> Device? {
    guard let text = SystemText.read(memory) else { return nil }
    func value(_ name: String) -> Int64? {
      text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        .flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int64($0) } }
        .flatMap { (0...1 << 40).contains($0) ? $0 : nil }
    }
    guard let total = value("MemTotal"), let free = value("MemAvailable"), total > 0, free <= total else { return nil }
    return Device(
      name: "main memory", total: ByteCount(total << 10), free: ByteCount(free << 10), source: .mainMemory)
  }
}

/// A card that a driver or the kernel told of.
struct DetectedCard: Sendable, Equatable {
  var memory: Device.Memory
  /// The driver's id of it.
  var id: String?
  /// Whether it is a part of the processor and shares its memory.
  var isUnified = false

  /// What a driver tells, put into the bounds of what a program can have.
  ///
  /// - Returns: nil for impossible figures.
  init?(name: String, id: String? = nil, total: Int64, free: Int64, card known: Card? = nil, isUnified: Bool = false) {
    guard (1 << 20...1 << 50).contains(total), (0...total).contains(free) else { return nil }
    let card = known ?? Card.reported(name, mebibytes: total >> 20)
    let usable = card?.usable(ByteCount(total)) ?? ByteCount(total - max(100 << 20, total / 50))
    memory = Device.Memory(
      name: Self.plain(name), total: ByteCount(total),
      free: ByteCount(isUnified ? free : min(free, max(0, usable.bytes))), bandwidth: card?.bandwidth,
      overhead: card?.overhead ?? Device.usualOverhead)
    self.id = id
    self.isUnified = isUnified
  }

  /// A driver's name goes to terminals and tables as it is.
  static func plain(_ name: String) -> String {
    let scalars = name.unicodeScalars.filter { (32..<127).contains($0.value) && $0 != "|" }.prefix(60)
    let text = String(String.UnicodeScalarView(scalars)).trimmingPrefix { $0 == " " }
    return text.isEmpty ? "graphics card" : String(text)
  }
}
