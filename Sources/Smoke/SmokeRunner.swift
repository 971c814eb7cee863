import Domain
import Foundation
import Glibc
import Subprocess

/// Runs the smoke test of one file in a child process, so that a hostile or damaged model harms nobody.
public struct SmokeRunner: Sendable {
  /// How a test is run.
  public struct Options: Sendable, Equatable {
    /// Threads of the core.
    public var threads: Int
    /// Wall time after which the child is killed.
    public var timeoutSeconds: Int
    /// Memory of the child beside the mapped file.
    public var memory: ByteCount

    /// Options.
    public init(threads: Int, timeoutSeconds: Int, memory: ByteCount) {
      self.threads = threads
      self.timeoutSeconds = timeoutSeconds
      self.memory = memory
    }
  }

  /// The program that has the hidden verb `smoke-child`; hubwatch itself.
  private let program: String
  private let options: Options

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

  /// The most bytes of a report that are read.
  static let reportLimit = 1 << 20

  /// The verdict on a file. A child that crashes, hangs, or prints rubbish is a verdict with its reason, too.
  ///
  /// - Throws: `SmokeError` when no child can be started; `CancellationError` when the task was cancelled, after
  ///   the child was killed.
  public func test(_ path: String) async throws -> SmokeReport {
    let arguments = [
      "smoke-child", "--threads", "\(options.threads)", "--timeout", "\(options.timeoutSeconds)",
      "--memory", "\(options.memory.bytes)", "--parent", "\(getpid())", "--", path,
    ]
    let outcome = await withTaskGroup(of: Outcome.self) { group in
      group.addTask { await runChild(arguments) }
      group.addTask {
        do {
          try await Task.sleep(for: .seconds(options.timeoutSeconds))
          return .timedOut
        } catch {
          return .cancelled
        }
      }
      let first = await group.next() ?? .cancelled
      // Cancelling the other task kills the child, whose end is then waited for.
      group.cancelAll()
      return first
    }
    try Task.checkCancellation()
    switch outcome {
    case .ended(let status, let output): return report(path, status, output)
    case .timedOut:
      // A slow machine and a model that never ends look alike; nothing is said about the model.
      return SmokeReport(
        path: path, verdict: .unsupported, reasons: ["it did not finish within \(options.timeoutSeconds) seconds here"])
    case .tooMuchOutput:
      return SmokeReport(path: path, verdict: .fail, reasons: ["the test process printed more than a report may hold"])
    case .cancelled: throw CancellationError()
    case .notStarted(let reason): throw SmokeError("the test process could not be started: \(reason)")
    }
  }

  private enum Outcome: Sendable {
    case ended(TerminationStatus, String)
    case timedOut
    case tooMuchOutput
    case cancelled
    case notStarted(String)
  }

  private func runChild(_ arguments: [String]) async -> Outcome {
    do {
      // The token and whatever else the environment holds are no business of a foreign model.
      let library = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
      let result = try await run(
        .path(.init(program)), arguments: Arguments(arguments),
        environment: .custom(library.map { ["LD_LIBRARY_PATH": $0] } ?? [:]),
        output: .string(limit: Self.reportLimit), error: .discarded)
      return .ended(result.terminationStatus, result.standardOutput)
    } catch is CancellationError {
      return .cancelled
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      return .tooMuchOutput
    } catch {
      return Task.isCancelled ? .cancelled : .notStarted("\(error)")
    }
  }

  private func report(_ path: String, _ status: TerminationStatus, _ output: String) -> SmokeReport {
    if let report = try? JSONDecoder().decode(SmokeReport.self, from: Data(output.utf8)) {
      var named = report.withinBounds
      named.path = path
      return named
    }
    switch status {
    case .exited(let code):
      return SmokeReport(
        path: path, verdict: .fail, reasons: ["the test process ended with code \(code) and no report"])
    case .signaled(let signal):
      // Killed from outside or for its processor time: that is this machine's limit, not the model's fault.
      let verdict: SmokeVerdict = [9, 24].contains(signal) ? .unsupported : .fail
      let reason = "the test process was stopped by signal \(signal)\(Self.meaning(signal))"
      return SmokeReport(path: path, verdict: verdict, reasons: [reason])
    }
  }

  private static func meaning(_ signal: Int32) -> String {
    switch signal {
    case 4, 5: ": the core met something impossible"
    case 6: ": it ran out of memory, or the core gave up"
    case 7: ": the file shrank while it was read"
    case 9: ": killed, probably for memory"
    case 11: ": it read outside its memory"
    case 24: ": it used up its processor time"
    case 25: ": it tried to write a file"
    default: ""
    }
  }
}
