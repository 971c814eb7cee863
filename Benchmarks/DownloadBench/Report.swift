import Foundation

/// What the bench measured.
struct Report: Codable {
  /// The size of the file of the races.
  let bytes: Int
  var races: [Race] = []
  var memory: [Memory] = []

  struct Race: Codable {
    let course: Course
    let clients: [Entry]

    /// Seconds of hubwatch as a ratio to the fastest peer's, best against best.
    var ratio: Double? {
      let peers = clients.filter { $0.client != .hubwatch }.compactMap { $0.best?.seconds }
      guard let own = clients.first(where: { $0.client == .hubwatch })?.best, let peer = peers.min() else { return nil }
      return own.seconds / peer
    }
  }

  struct Entry: Codable {
    let client: Client
    let runs: [Run]

    var best: Run? { runs.min { $0.seconds < $1.seconds } }
  }

  struct Memory: Codable {
    let bytes: Int
    let peak: Int
  }

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  var text: String {
    var lines: [String] = []
    for race in races {
      lines.append("\n\(race.course.rawValue): \(bytes) bytes until they are verified and durable")
      lines.append("                    best s   fetch s   CPU s/GB   RSS MiB   all rounds, s")
      for entry in race.clients {
        guard let best = entry.best else { continue }
        let cpu = (entry.runs.map(\.cpu).min() ?? 0) / Double(bytes) * 1e9
        let peak = Double(entry.runs.map(\.peak).max() ?? 0) / 1_048_576
        let rounds = entry.runs.map { String(format: "%.2f", $0.seconds) }.joined(separator: " ")
        let name = "  \(entry.client.rawValue)".padding(toLength: 18, withPad: " ", startingAt: 0)
        lines.append(
          name + String(format: "%8.2f  %8.2f   %8.2f  %8.1f   ", best.seconds, best.fetchSeconds, cpu, peak) + rounds)
      }
      if let ratio = race.ratio {
        lines.append(String(format: "  ratio to the best peer: %.2f (aim: at most %.2f)", ratio, race.course.aim))
      }
    }
    for memory in memory {
      lines.append(
        String(
          format: "peak memory of hubwatch with a file of %.1f GB: %.1f MiB (aim: at most 48)",
          Double(memory.bytes) / 1e9, Double(memory.peak) / 1_048_576))
    }
    return lines.joined(separator: "\n")
  }
}
