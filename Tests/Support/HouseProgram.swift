import Foundation
import Glibc

/// The built hubwatch in a home of its own.
public struct HouseProgram: Sendable {
  /// How a run ended.
  public struct Outcome: Sendable {
    /// The exit code; nil when a signal ended it.
    public let code: Int32?
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errors: String
  }

  /// The program is not there to be run.
  public struct NotBuilt: Error, CustomStringConvertible {
    public var description: String { "hubwatch is not built: swift build --product hubwatch" }
  }

  /// Its home.
  public let home: ProgramHome
  /// Variables of the process.
  public var environment: [String: String]
  /// The executable.
  public private(set) var program: Program

  /// A card of 12 GiB, and no reserve, so that a small disk is no matter.
  public static let card = """
    [device]
    vram = 12
    [downloads]
    reserve = "0"
    """

  /// A program in a fresh home.
  ///
  /// - Parameters:
  ///   - endpoint: the hub's address.
  ///   - configuration: the text of its configuration file.
  public init(endpoint: String, configuration: String = HouseProgram.card) throws {
    guard let program = Program.hubwatch else { throw NotBuilt() }
    self.program = program
    home = try ProgramHome(endpoint: endpoint, configuration: configuration)
    environment = home.environment
  }

  /// The same home with another executable that becomes hubwatch.
  public func run(by program: Program) -> HouseProgram {
    var other = self
    other.program = program
    return other
  }

  /// Runs it to its end.
  public func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  /// Runs it to its end, while something else goes on beside it.
  ///
  /// - Parameter meanwhile: runs once the process has begun; the signal that it returns is sent to the process.
  public func run(
    _ arguments: [String], meanwhile: () async throws -> Int32? = { nil }
  ) async throws -> Outcome {
    let running = try program.start(arguments, environment: environment)
    if let signal = try await meanwhile() { running.signal(signal) }
    let outcome = await running.outcome()
    return Outcome(code: outcome.status, output: outcome.output, errors: outcome.error)
  }
}
