import ArgumentParser
import Console
import Domain
import Foundation
import Glibc

/// A verb of the command line: its errors are printed in one way and become the contract's exit codes.
protocol Verb: AsyncParsableCommand {
  /// Options that every verb has.
  var common: CommonOptions { get }
  /// Does it; the result is the exit code when nothing is thrown.
  func work() async throws -> Domain.ExitCode
}

extension Verb {
  func run() async throws {
    let code: Domain.ExitCode
    do {
      code = try await work()
    } catch let error as any ReportableError {
      Complaint.print(error, style: common.errorTerminal.style)
      code = error.exitCode
    } catch is CancellationError {
      code = .failed
    } catch let error as OutputError {
      // A reader that has seen enough is no failure.
      if !error.isReaderGone { Terminal.write("hubwatch: standard output cannot be written", to: 2) }
      code = error.isReaderGone ? .done : .failed
    }
    if code != .done { throw ArgumentParser.ExitCode(code.rawValue) }
  }
}

/// Standard output cannot be written.
struct OutputError: Error {
  /// Whether the other end of a pipe is closed.
  let isReaderGone: Bool
}

/// How an error is told.
enum Complaint {
  static func print(_ error: any ReportableError, style: Style) {
    let problem = ForeignText.safe(Redaction.redact(error.problem), keepingLineEnds: true, limit: 4000)
    Terminal.write("\(style.paint("hubwatch:", .bad)) \(problem)", to: 2)
    if let advice = error.advice {
      Terminal.write("  \(ForeignText.safe(Redaction.redact(advice), keepingLineEnds: true, limit: 1000))", to: 2)
    }
  }
}

/// Options that every verb has.
struct CommonOptions: ParsableArguments {
  @Flag(name: .customLong("no-color"), help: "Write no colours; NO_COLOR does the same.")
  var noColour = false

  var environment: [String: String] { ProcessInfo.processInfo.environment }
  /// Standard output.
  var terminal: Terminal { Terminal(descriptor: 1, environment: environment, colourWanted: !noColour) }
  /// Standard error.
  var errorTerminal: Terminal { Terminal(descriptor: 2, environment: environment, colourWanted: !noColour) }

  /// Prints a result.
  ///
  /// - Throws: `OutputError` when it cannot be written whole, so that nothing counts as told that nobody could read.
  func print(_ text: String, lineEnd: String = "\n") throws(OutputError) {
    guard Terminal.write(text, to: 1, lineEnd: lineEnd) else { throw OutputError(isReaderGone: errno == EPIPE) }
  }
  /// Prints a line that is no result.
  func note(_ text: String) { Terminal.write(text, to: 2) }
}
