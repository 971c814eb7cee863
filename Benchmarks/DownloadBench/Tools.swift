import BenchSupport
import Foundation

/// Where the programs are that the bench runs.
struct Tools {
  let hubwatch: String
  /// A Python with the official client.
  let python: String
  /// This program.
  let itself: String
  let nginx: String
  let aria2: String
  let curl: String
  let wget: String
  let openssl: String
  let sync: String

  /// - Throws: `Child.Failure` that names what is missing.
  init(hubwatch: String, python: String?, itself: String) throws {
    guard let python, FileManager.default.isExecutableFile(atPath: python) else {
      throw Child.Failure(description: "no Python with huggingface_hub; run: make python, or give --python")
    }
    self.hubwatch = hubwatch
    self.python = python
    self.itself = itself
    nginx = try Self.find("nginx")
    aria2 = try Self.find("aria2c")
    curl = try Self.find("curl")
    wget = try Self.find("wget")
    openssl = try Self.find("openssl")
    sync = try Self.find("sync")
  }

  private static func find(_ name: String) throws -> String {
    let folders =
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init) + [
        "/usr/sbin", "/sbin",
      ]
    let paths = folders.map { "\($0)/\(name)" }
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw Child.Failure(description: "\(name) is not installed")
    }
    return path
  }
}
