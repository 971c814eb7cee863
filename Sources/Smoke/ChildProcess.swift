import CLinux
import Foundation
import Glibc
import Subprocess

/// A child of this process that serves one request.
enum ChildProcess {
  /// Starts a child, hands it the request, and collects what it writes. Cancelling kills it.
  static func ask(_ request: Data, program: String) async -> ChildOutcome {
    // A file in memory instead of a pipe: a child that never reads holds nobody up, and one that is gone breaks no pipe.
    let input = request.withUnsafeBytes { hubwatch_memory_file("smoke-request", $0.baseAddress, Int64($0.count)) }
    guard input >= 0 else { return .notStarted("its request cannot be kept: \(String(cString: strerror(errno)))") }
    do {
      // The token and whatever else the environment holds are no business of a foreign model.
      let library = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
      let result = try await run(
        .path(.init(program)), arguments: [SmokeChild.verb],
        environment: .custom(library.map { ["LD_LIBRARY_PATH": $0] } ?? [:]),
        input: .fileDescriptor(.init(rawValue: input), closeAfterSpawningProcess: true),
        output: .bytes(limit: SmokeRequest.byteLimit), error: .discarded)
      let output = Data(result.standardOutput)
      switch result.terminationStatus {
      case .exited(let status): return .ended(.exited(status), output)
      case .signaled(let signal): return .ended(.signaled(signal), output)
      }
    } catch is CancellationError {
      return .cancelled
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      return .tooMuchOutput
    } catch {
      return Task.isCancelled ? .cancelled : .notStarted("\(error)")
    }
  }
}
