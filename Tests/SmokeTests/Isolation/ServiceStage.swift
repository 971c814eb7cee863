import Domain
import Smoke
import TestSupport

extension SocketService {
  /// A service that runs models while `body` does.
  static func smoke<Result>(
    _ program: String, _ body: (SocketService) async throws -> Result
  ) async throws -> Result {
    try await with(program: program, arguments: [SmokeChild.verb], body)
  }

  /// A runner that asks this service; there is no program that it could start instead.
  func runner(timeoutSeconds: Int = 100, memory: ByteCount = ByteCount(1 << 30)) -> SmokeRunner {
    SmokeRunner(
      program: "/nonexistent",
      options: .init(threads: 1, timeoutSeconds: timeoutSeconds, memory: memory, socket: socket))
  }
}
