import Foundation
import Subprocess

/// NVIDIA's cards as `nvidia-smi` prints them.
enum NvidiaProgram {
  /// The cards; none when there is no such program or it does not answer in time.
  static func cards(program: String, patience: Duration) async -> [DetectedCard] {
    await withTaskGroup(of: [DetectedCard]?.self) { group in
      group.addTask { await ask(program) }
      group.addTask {
        // Cancelled when the program was faster.
        try? await Task.sleep(for: patience)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? []
    }
  }

  private static func ask(_ program: String) async -> [DetectedCard] {
    let arguments: Arguments = [
      "--query-gpu=name,uuid,memory.total,memory.free", "--format=csv,noheader,nounits",
    ]
    let executable: Executable = program.contains("/") ? .path(.init(program)) : .name(program)
    do {
      let result = try await run(executable, arguments: arguments, output: .string(limit: 64 << 10))
      guard result.terminationStatus.isSuccess else { return [] }
      return parse(result.standardOutput)
    } catch {
      // No driver is the ordinary case on a machine without a card, not a failure.
      return []
    }
  }

  /// Reads `name, id, total MiB, free MiB` lines; lines of another form are left out.
  static func parse(_ text: String) -> [DetectedCard] {
    text.split(separator: "\n").prefix(64).compactMap { line in
      let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      guard fields.count == 4, let total = Int64(fields[2]), let free = Int64(fields[3]), (1...1 << 30).contains(total),
        (0...total).contains(free)
      else { return nil }
      return DetectedCard(name: fields[0], id: fields[1], total: total << 20, free: free << 20)
    }
  }
}
