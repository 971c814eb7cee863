import Foundation
import TestSupport

/// A disk that is full for one process: its writes below a folder fail from some call on, by a library that is loaded
/// before all others.
struct FullDisk {
  private let folder: FastFolder
  private var library: String { "\(folder.path)/failing.so" }

  /// What C programs are built with here; nil when there is no compiler.
  private static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Nil where nothing can be compiled.
  init?() async throws {
    guard let compiler = Self.compiler else { return nil }
    folder = try FastFolder()
    let source = "\(SharedData.packageRoot)/Tests/TortureTests/Shim/failing.c"
    let outcome = try await Program(path: compiler).run(
      ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], environment: ["PATH": "/usr/bin:/bin"])
    guard outcome.status == 0 else { throw Failure(words: outcome.error) }
  }

  /// The library could not be made.
  struct Failure: Error { let words: String }

  /// The variables for a process that finds the disk full at its `nth` write below a path.
  func environment(nth: Int, below path: String) -> [String: String] {
    [
      "LD_PRELOAD": library, "FAIL_CALL": "write,pwrite,fallocate,ftruncate", "FAIL_ERRNO": "ENOSPC",
      "FAIL_NTH": "\(nth)", "FAIL_ONCE": "0", "FAIL_PATH": path,
    ]
  }
}
