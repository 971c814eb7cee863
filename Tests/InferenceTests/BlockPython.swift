import Foundation
import TestSupport
import Testing

/// A Python interpreter with the official reader of GGUF.
enum PythonWithGGUF {
  static let reason: Comment =
    "needs a Python with gguf==0.19.0, in ~/.cache/hubwatch-dev/venv or named by HUBWATCH_PYTHON"

  static let interpreter: String? = {
    guard let python = SharedData.python,
      let version = try? run(
        python, ["-c", "import importlib.metadata as m, gguf.quants; print(m.version('gguf'))"]),
      version.hasPrefix("0.19.")
    else { return nil }
    return python
  }()

  struct Failure: Error { let output: String }

  /// Writes the values of all `*.blocks` in a folder beside them.
  static func decode(_ folder: String) throws { try runScript("decode", folder) }

  /// Quantizes all `*.floats` in a folder into files beside them.
  static func encode(_ folder: String) throws { try runScript("encode", folder) }

  private static func runScript(_ mode: String, _ folder: String) throws {
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "gguf_blocks.py").path
    _ = try run(interpreter ?? "", [script, mode, folder])
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(output: output) }
    return output
  }
}
