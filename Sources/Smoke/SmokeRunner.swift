import Domain
import Foundation
import Glibc

/// Has foreign models run in a process of their own, so that a hostile or damaged one harms nobody: a child, or a process of the
/// service behind a socket.
public struct SmokeRunner: Sendable {
  /// How a test is run.
  public struct Options: Sendable, Equatable {
    /// Threads of the core.
    public var threads: Int
    /// Wall time after which the process is given up.
    public var timeoutSeconds: Int
    /// Memory of the process beside the mapped file.
    public var memory: ByteCount
    /// The socket of the service; nil starts a child.
    public var socket: String?

    /// Options.
    public init(threads: Int, timeoutSeconds: Int, memory: ByteCount, socket: String? = nil) {
      self.threads = threads
      self.timeoutSeconds = timeoutSeconds
      self.memory = memory
      self.socket = socket
    }
  }

  /// The program that begins with `SmokeChild.run` when it gets the argument `smoke-child`; hubwatch itself.
  private let program: String
  /// How tests are run.
  public let options: Options

  /// - Parameters:
  ///   - program: path of the hubwatch executable.
  ///   - options: limits.
  public init(program: String, options: Options) {
    self.program = program
    self.options = options
  }

  /// The path of the running executable.
  public static var thisProgram: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
  }

  /// The verdict on a model. A process that crashes, hangs, or prints rubbish is a verdict with its reason, too.
  ///
  /// - Parameter expected: what is known of the model from elsewhere.
  /// - Throws: `SmokeError` when the test cannot be carried out; `CancellationError` when the task was cancelled, after
  ///   the child was killed.
  public func test(_ path: String, expected: Expectation = Expectation()) async throws -> SmokeReport {
    var request = request(.smoke, path: path)
    request.expected = expected
    switch try await ask(request, as: SmokeReport.self) {
    case .answer(let report):
      var named = report.withinBounds
      named.path = path
      return named
    case .mishap(let mishap): return SmokeReport(path: path, verdict: mishap.verdict, reasons: [mishap.words])
    }
  }

  /// A request within these options; a relative path becomes absolute.
  public func request(_ kind: SmokeRequest.Kind, path: String = "") -> SmokeRequest {
    let isRelative = !path.isEmpty && !path.hasPrefix("/")
    return SmokeRequest(
      kind, path: isRelative ? "\(FileManager.default.currentDirectoryPath)/\(path)" : path, threads: options.threads,
      timeoutSeconds: options.timeoutSeconds, memory: options.memory,
      parent: options.socket == nil ? getpid() : nil)
  }

  /// Asks the process for an answer of whatever type.
  ///
  /// - Throws: `SmokeError` when it cannot be asked; `CancellationError` when the task was cancelled.
  public func ask<Answer: Decodable & Sendable>(
    _ request: SmokeRequest, as type: Answer.Type
  ) async throws -> ChildReply<Answer> {
    let document = try request.document()
    let outcome = await withTaskGroup(of: ChildOutcome.self) { group in
      group.addTask {
        if let socket = options.socket { return await SmokeService.ask(document, at: socket) }
        return await ChildProcess.ask(document, program: program)
      }
      group.addTask {
        do {
          try await Task.sleep(for: .seconds(request.timeoutSeconds))
          return .timedOut
        } catch {
          return .cancelled
        }
      }
      let first = await group.next() ?? .cancelled
      // Cancelling the other task kills the child, whose end is then waited for, or closes the connection.
      group.cancelAll()
      return first
    }
    try Task.checkCancellation()
    switch outcome {
    case .ended(let ending, let output):
      return try ChildAnswer.read(type, from: output, ending, budget: request.memory)
    // A slow machine and a model that never ends look alike; nothing is said about the model.
    case .timedOut: return .mishap(.timedOut(seconds: request.timeoutSeconds))
    case .tooMuchOutput: return .mishap(.endlessOutput)
    case .cancelled: throw CancellationError()
    case .notStarted(let reason): throw SmokeError("the test process could not be started: \(reason)")
    }
  }
}

/// How asking the process ended.
enum ChildOutcome: Sendable {
  case ended(ChildAnswer.Ending, Data)
  case timedOut
  case tooMuchOutput
  case cancelled
  case notStarted(String)
}
