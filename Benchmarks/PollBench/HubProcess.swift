import BenchSupport
import Foundation

/// A simulated hub in a process of its own, so that its work is not counted as anybody else's.
final class HubProcess {
  let endpoint: String
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()

  /// Starts a hub and waits until it serves.
  init(program: String, models: Int, seed: UInt64 = 1) throws {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["--models", "\(models)", "--seed", "\(seed)"]
    process.standardInput = commands
    process.standardOutput = answers
    try process.run()
    let line = Self.line(answers)
    guard line.hasPrefix("HF_ENDPOINT=") else { throw Child.Failure(description: "\(program) did not start") }
    endpoint = String(line.dropFirst("HF_ENDPOINT=".count))
  }

  deinit { process.terminate() }

  /// Lets so many models appear.
  func insert(_ number: Int) throws { _ = try ask("insert \(number)") }

  /// How many requests it answered.
  func requests() throws -> Int {
    guard let number = try ask("requests").split(separator: " ").last.flatMap({ Int($0) }) else {
      throw Child.Failure(description: "the simulated hub does not say how many requests it answered")
    }
    return number
  }

  private func ask(_ command: String) throws -> String {
    try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
    return Self.line(answers)
  }

  private static func line(_ pipe: Pipe) -> String {
    var bytes: [UInt8] = []
    while let byte = try? pipe.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
