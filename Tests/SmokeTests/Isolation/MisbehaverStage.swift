import Domain
import Foundation
import Glibc
import Smoke
import TestSupport
import Testing

/// A folder with a model whose name says what the process is to do, and the program that does it.
struct MisbehaverStage {
  /// The program; nil when it is not built.
  static let program = Program.built("misbehaver")?.path
  /// The walls that this kernel has.
  static let walls = Confinement.available

  private let folder: TemporaryFolder
  /// The model.
  let path: String

  init(_ deed: String, fileBytes: Int64 = 1 << 10, isLinked: Bool = false) throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/\(deed).gguf"
    let file = isLinked ? "\(folder.path)/blob" : path
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    try #require(truncate(file, off_t(fileBytes)) == 0)
    if isLinked { try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "blob") }
    try Data("neighbour".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/neighbour.gguf"))
  }

  /// Runs it as a model is run.
  func run(timeoutSeconds: Int = 100, memory: ByteCount = ByteCount(1 << 30)) async throws -> SmokeReport {
    try await runner(timeoutSeconds: timeoutSeconds, memory: memory).test(path)
  }

  /// What runs it.
  func runner(
    timeoutSeconds: Int = 100, memory: ByteCount = ByteCount(1 << 30), socket: String? = nil
  ) throws -> SmokeRunner {
    SmokeRunner(
      program: try #require(Self.program),
      options: .init(threads: 1, timeoutSeconds: timeoutSeconds, memory: memory, socket: socket))
  }

  /// The process, once it has begun.
  var pid: Int32? {
    (try? String(contentsOfFile: "\(folder.path)/pid", encoding: .utf8)).flatMap { Int32($0) }
  }

  /// Whether the process has ended.
  var hasEnded: Bool {
    get throws { kill(try #require(pid), 0) == -1 && errno == ESRCH }
  }

  /// The process is gone, and has neither written nor taken away anything.
  func expectNothingLeft() throws {
    #expect(try hasEnded)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let file = URL(fileURLWithPath: path).lastPathComponent
    #expect(names == ["neighbour.gguf", "pid", file].sorted())
  }
}
