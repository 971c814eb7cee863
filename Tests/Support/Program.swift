import Foundation
import Glibc
import Synchronization

/// An executable that tests start as a person would, with an environment of its own and nothing else.
public struct Program: Sendable {
  /// Its file.
  public let path: String

  /// A program by its path.
  public init(path: String) { self.path = path }

  /// The built hubwatch: `HUBWATCH_BINARY`, or the one that lies beside the test runner; nil when neither is
  /// there.
  public static let hubwatch: Program? = built("hubwatch", named: "HUBWATCH_BINARY")

  /// A program of this package: the one that a variable names, or that lies beside the test runner; nil when neither is
  /// there.
  public static func built(_ product: String, named variable: String? = nil) -> Program? {
    let beside = ["/proc/self/exe", CommandLine.arguments[0]].map { name in
      URL(fileURLWithPath: name).resolvingSymlinksInPath().deletingLastPathComponent().path + "/\(product)"
    }
    // The runner of Swift Testing may be SwiftPM's own helper; then the tests are the bundle that it was
    // given.
    let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().path + "/\(product)"
    }
    let built = ["release", "debug"].map { "\(SharedData.packageRoot)/.build/\($0)/\(product)" }
    let named = variable.flatMap { ProcessInfo.processInfo.environment[$0] }.map { [$0] } ?? []
    return (named + bundles + beside + built).first { FileManager.default.isExecutableFile(atPath: $0) }
      .map(Program.init)
  }

  /// How a program ended, and what it wrote.
  public struct Outcome: Sendable {
    /// The exit status; nil when a signal ended it.
    public let status: Int32?
    /// Everything on standard output, ill-formed UTF-8 repaired.
    public let output: String
    /// Everything on standard error.
    public let error: String
  }

  /// Runs the program to its end.
  ///
  /// - Throws: Foundation's error when it cannot be started.
  public func run(_ arguments: [String], environment: [String: String]) async throws -> Outcome {
    try await start(arguments, environment: environment).outcome()
  }

  /// Starts the program.
  ///
  /// - Throws: Foundation's error when it cannot be started.
  public func start(_ arguments: [String], environment: [String: String]) throws -> RunningProgram {
    try RunningProgram(path, arguments, environment)
  }
}

/// A program under way; killed when nobody holds this object any more.
public final class RunningProgram: Sendable {
  private let process: Process
  private let folder: TemporaryFolder
  /// Yields once, when the program has ended.
  private let end: AsyncStream<Void>

  fileprivate init(_ path: String, _ arguments: [String], _ environment: [String: String]) throws {
    let folder = try TemporaryFolder()
    // Files instead of pipes: a program that is killed leaves all that it has written, and none waits for a
    // reader.
    func output(_ name: String) throws -> FileHandle {
      try Data().write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
      return try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder.path)/\(name)"))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try output("output")
    process.standardError = try output("error")
    let (end, hasEnded) = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in hasEnded.finish() }
    try process.run()
    self.folder = folder
    self.process = process
    self.end = end
  }

  deinit { signal(SIGKILL) }

  /// Whether it is still at work.
  public var isRunning: Bool { process.isRunning }

  /// What it has written to its standard output until now.
  public var outputSoFar: String { text("output") }

  private func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: "\(folder.path)/\(name)") ?? Data(), as: UTF8.self)
  }

  /// Sends it a signal; nothing happens when it has ended.
  public func signal(_ number: Int32) {
    if process.isRunning { kill(process.processIdentifier, number) }
  }

  /// Waits for its end. Once.
  public func outcome() async -> Program.Outcome {
    for await _ in end {}
    return Program.Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : nil, output: text("output"),
      error: text("error"))
  }
}
