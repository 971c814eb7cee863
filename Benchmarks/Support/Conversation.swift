import Foundation
import Glibc

/// A program that stays alive and answers one line of JSON to each line it is told.
public final class Conversation {
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private let name: String
  private let errors: String

  /// Starts a program.
  ///
  /// - Parameter errors: a file for its standard error, which is told when it fails.
  public init(
    _ path: String, _ arguments: [String], environment: [String: String] = [:], errors: String
  ) throws {
    name = path
    self.errors = errors
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = commands
    process.standardOutput = answers
    guard FileManager.default.createFile(atPath: errors, contents: nil),
      let log = FileHandle(forWritingAtPath: errors)
    else { throw Child.Failure(description: "\(errors) cannot be written") }
    process.standardError = log
    try process.run()
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// Sends a line and reads the answer.
  ///
  /// - Throws: `Child.Failure` when the program has ended, or answers something else.
  public func ask<Answer: Decodable>(_ command: String, as type: Answer.Type = Answer.self) throws -> Answer {
    try commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
    return try answer()
  }

  /// Reads the next line that it says.
  ///
  /// - Throws: as `ask`.
  public func answer<Answer: Decodable>(as type: Answer.Type = Answer.self) throws -> Answer {
    var bytes: [UInt8] = []
    while let byte = try answers.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
      bytes.append(byte)
    }
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes)) else {
      let words = try String(contentsOfFile: errors, encoding: .utf8).suffix(2000)
      throw Child.Failure(description: "\(name) answers \(String(decoding: bytes, as: UTF8.self))\n\(words)")
    }
    return answer
  }

  /// User and system time so far, in seconds, as the kernel counts it.
  public var processorSeconds: Double {
    get throws {
      // Source: proc(5); the name of the program, in brackets, may hold anything.
      let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
      let fields = text.suffix(from: text.lastIndex(of: ")") ?? text.startIndex).split(separator: " ")
      guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
        throw Child.Failure(description: "the kernel does not say how long \(name) has worked")
      }
      return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
  }

  /// The most memory that it had at once, in bytes.
  public var peak: Int {
    get throws {
      let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
      guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kibibytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap({ Int($0) })
      else { throw Child.Failure(description: "the kernel does not say how much memory \(name) had") }
      return kibibytes << 10
    }
  }
}
