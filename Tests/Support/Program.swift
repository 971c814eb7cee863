import Foundation
import Subprocess

/// The built `hubwatch`, run as its user runs it, with nothing of the developer's environment.
public struct Program: Sendable {
  /// How a run ended.
  public struct Outcome: Sendable {
    /// The exit code; nil when a signal ended it.
    public var code: Int32?
    public var output: String
    public var errors: String
  }

  /// Variables of the process.
  public var environment: [String: String]
  /// The executable.
  public static let path: String = {
    if let named = ProcessInfo.processInfo.environment["HUBWATCH_BINARY"] { return named }
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    return "\(folder)/hubwatch"
  }()

  /// A program whose home, state, cache and configuration lie in a folder.
  ///
  /// - Parameters:
  ///   - folder: of one test.
  ///   - endpoint: the hub's address.
  ///   - configuration: written to its usual place; a card of 12 GiB unless said otherwise.
  public init(folder: String, endpoint: String, configuration: String = Program.card) throws {
    environment = [
      "HOME": folder, "PATH": "/usr/bin:/bin", "HF_ENDPOINT": endpoint, "HUBWATCH_STATE": "\(folder)/state",
      "HF_HUB_CACHE": "\(folder)/cache/hub", "TZ": "UTC",
    ]
    let place = "\(folder)/.config/hubwatch"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try configuration.write(toFile: "\(place)/config.toml", atomically: true, encoding: .utf8)
  }

  /// A card of 12 GiB, and no reserve, so that a small disk is no matter.
  public static let card = """
    [device]
    vram = 12
    [downloads]
    reserve = "0"
    """

  /// Runs it to its end, or sends a signal after a while.
  ///
  /// - Parameters:
  ///   - signal: what is sent.
  ///   - delay: when.
  public func run(
    _ arguments: String..., sending signal: Signal = .kill, after delay: Duration? = nil
  ) async throws -> Outcome {
    try await run(arguments, sending: signal, after: delay)
  }

  /// Runs it to its end, or sends a signal after a while.
  public func run(
    _ arguments: [String], sending signal: Signal = .kill, after delay: Duration? = nil
  ) async throws -> Outcome {
    guard let delay else { return try await run(arguments) { nil } }
    return try await run(arguments) {
      try await Task.sleep(for: delay)
      return signal
    }
  }

  /// Runs it to its end, while something else goes on beside it.
  ///
  /// - Parameter meanwhile: runs once the process has begun; what it returns is sent to the process.
  public func run(
    _ arguments: [String], meanwhile: @Sendable () async throws -> Signal?
  ) async throws -> Outcome {
    var variables: [Environment.Key: String] = [:]
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    let result = try await Subprocess.run(
      .path(.init(Self.path)), arguments: Arguments(arguments), environment: .custom(variables), input: .none,
      output: .string(limit: 8 << 20), error: .string(limit: 8 << 20)
    ) { execution in
      guard let signal = try await meanwhile() else { return }
      // A process that has ended already is what some of the moments are meant to hit.
      try? execution.send(signal: signal)
    }
    let code: Int32? =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled: nil
      }
    return Outcome(code: code, output: result.standardOutput, errors: result.standardError)
  }
}
