import ArgumentParser
import Console
import Domain
import Foundation
import Smoke

/// The child process of the smoke test: confines itself, tests, prints the report.
struct SmokeChildVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "smoke-child", shouldDisplay: false)

  @Option var threads: Int
  @Option var timeout: Int
  @Option var memory: Int64
  @Option var parent: Int32
  @Argument var path: String

  func run() async throws {
    ParentWatch.begin(parent: parent)
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let size = (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    let confinement = Confinement(
      fileBytes: size, memory: ByteCount(memory), timeoutSeconds: timeout, threads: threads)
    try confinement.apply()
    let report = SmokeTest.run(path, SmokeTest.Options(threads: threads))
    Terminal.write(try JSONOutput.document(report), to: 1)
  }
}
