import Foundation

/// Test data that is too big, or not ours, and lies beside the checkout.
public enum SharedData {
  /// The checkout's root, found from this file's place in it.
  public static let packageRoot: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// A file or folder of the shared data; nil when it is not there.
  public static func path(_ name: String) -> String? {
    Shared.has(name) ? Shared.path(name) : nil
  }

  /// The real model, SmolLM2-135M-Instruct Q4_1; nil when it was not fetched.
  public static var smolLM2: String? {
    let environment = ProcessInfo.processInfo.environment
    let path =
      environment["HUBWATCH_SMOLLM2"]
      ?? "\(NSHomeDirectory())/.cache/hubwatch-dev/SmolLM2-135M-Instruct.Q4_1.gguf"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// A Python with the official hub client; nil when there is none.
  public static var python: String? {
    let environment = ProcessInfo.processInfo.environment
    let path = environment["HUBWATCH_PYTHON"] ?? "\(NSHomeDirectory())/.cache/hubwatch-dev/venv/bin/python"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }
}

/// A folder of one test, deleted with this value.
public final class TemporaryFolder: Sendable {
  /// Its path.
  public let path: String

  /// Makes an empty folder.
  public init() throws {
    path = FileManager.default.temporaryDirectory.path + "/hubwatch-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // A leftover in the temporary folder is no failure of the test that used it.
    try? FileManager.default.removeItem(atPath: path)
  }
}
