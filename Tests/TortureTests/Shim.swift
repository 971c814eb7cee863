import Foundation
import TestSupport
import Testing

/// The shim that lets the program's system calls fail, built for this run.
struct Shim {
  private let folder: TemporaryFolder
  private var library: String { "\(folder.path)/failing.so" }

  /// What C programs are built with here; nil when there is no compiler.
  static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  init() async throws {
    folder = try TemporaryFolder()
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Shim/failing.c"
    let compiler = try #require(Self.compiler)
    let outcome = try await Program(path: compiler).run(
      ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], environment: ["PATH": "/usr/bin:/bin"])
    try #require(outcome.status == 0, "\(outcome.error)")
  }

  /// Calls that fail: from the `nth` of these functions on, or only that one.
  struct Failure: CustomStringConvertible {
    let calls: String
    let error: String
    let nth: Int
    let isOnce: Bool
    /// Only where the path contains this.
    var path: String?

    var description: String {
      "FAIL_CALL=\(calls) FAIL_ERRNO=\(error) FAIL_NTH=\(nth) FAIL_ONCE=\(isOnce ? 1 : 0) FAIL_PATH=\(path ?? "")"
    }
  }

  /// The variables that let calls fail.
  func environment(_ failure: Failure) -> [String: String] {
    var environment = [
      "LD_PRELOAD": library, "FAIL_CALL": failure.calls, "FAIL_ERRNO": failure.error, "FAIL_NTH": "\(failure.nth)",
      "FAIL_ONCE": failure.isOnce ? "1" : "0",
    ]
    environment["FAIL_PATH"] = failure.path
    return environment
  }

  /// How often a run calls each function.
  ///
  /// - Parameters:
  ///   - path: as in a failure.
  ///   - run: runs the program with these variables.
  func count(path: String?, _ run: ([String: String]) async throws -> Void) async throws -> [String: Int] {
    let file = "\(folder.path)/counts-\(UUID().uuidString)"
    var environment = ["LD_PRELOAD": library, "FAIL_COUNT_FILE": file]
    environment["FAIL_PATH"] = path
    try await run(environment)
    let data = try Data(contentsOf: URL(fileURLWithPath: file))
    var counts: [String: Int] = [:]
    for start in stride(from: 0, to: data.count, by: 32) {
      let name = String(decoding: data[start..<start + 24].prefix { $0 != 0 }, as: UTF8.self)
      counts[name] = data[start + 24..<start + 32].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    return counts
  }
}
