import Domain
import Foundation
import Subprocess

/// Asks this machine for its cards.
public enum DriverProbe {
  /// The cards that NVIDIA's driver tells of; none when there is no such driver or it does not answer
  /// within ten seconds.
  public static func cards() async -> [Device] {
    await withTaskGroup(of: [Device]?.self) { group in
      group.addTask { await askDriver() }
      group.addTask {
        try? await Task.sleep(for: .seconds(10))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? []
    }
  }

  private static func askDriver() async -> [Device] {
    let arguments: Arguments = [
      "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits",
    ]
    do {
      let result = try await run(.name("nvidia-smi"), arguments: arguments, output: .string(limit: 64 << 10))
      guard result.terminationStatus.isSuccess else { return [] }
      return parse(result.standardOutput)
    } catch {
      // No driver is the ordinary case on a machine without a card, not a failure.
      return []
    }
  }

  /// Reads `name, total MiB, free MiB` lines; lines of another form are left out.
  static func parse(_ text: String) -> [Device] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      guard fields.count == 3, let total = Int64(fields[1]), let free = Int64(fields[2]), total > 0,
        total < 1 << 30, (0...total).contains(free)
      else { return nil }
      // The name goes to terminals and tables as it is.
      let name = String(
        fields[0].unicodeScalars.filter { (32..<127).contains($0.value) && $0 != "|" }.prefix(60).map(Character.init))
      return Device(
        name: name, total: .mebibytes(total), free: .mebibytes(free), source: .detected)
    }
  }

  /// Main memory as a device: what the kernel says is available now; nil when it does not say.
  public static func mainMemory() -> Device? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
    func value(_ name: String) -> Int64? {
      text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        .flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Int64($0) } }
    }
    guard let total = value("MemTotal"), let free = value("MemAvailable") else { return nil }
    return Device(
      name: "main memory", total: ByteCount(total << 10), free: ByteCount(free << 10), source: .mainMemory)
  }
}
