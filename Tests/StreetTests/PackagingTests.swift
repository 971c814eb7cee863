import Foundation
import TestSupport
import Testing

/// What the Debian package does beside putting files in their places.
@Suite("Debian package")
struct PackagingTests {
  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: "\(SharedData.packageRoot)/\(file)", encoding: .utf8)
  }

  @Test(arguments: ["packaging/postinst", "packaging/prerm", "packaging/postrm", "scripts/debian-package"])
  func scriptsAreWellFormed(_ file: String) async throws {
    let path = "\(SharedData.packageRoot)/\(file)"
    #expect(FileManager.default.isExecutableFile(atPath: path))
    let shell = try text(file).hasPrefix("#!/bin/sh\n") ? "/bin/sh" : "/bin/bash"
    let outcome = try await Program(path: shell).run(["-n", path], environment: [:])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
  }

  /// Whatever can be enabled ends when the package is removed, and nothing is enabled by it.
  @Test func unitsAreStoppedAndNeverEnabled() throws {
    let prerm = try text("packaging/prerm")
    let folder = "\(SharedData.packageRoot)/systemd"
    var count = 0
    for unit in try FileManager.default.contentsOfDirectory(atPath: folder) {
      guard try text("systemd/\(unit)").contains("\n[Install]\n") else { continue }
      #expect(prerm.contains(unit), "\(unit)")
      count += 1
    }
    #expect(count >= 5)
    for script in ["postinst", "prerm", "postrm"] {
      #expect(try !text("packaging/\(script)").contains("systemctl enable"), "\(script)")
    }
  }

  /// Without systemd, as in a folder that becomes an image, removing takes away the links by which units are started.
  @Test func anUpgradeStopsNothing() async throws {
    for script in ["prerm", "postrm"] {
      let outcome = try await Program(path: "/bin/sh").run(
        ["-x", "\(SharedData.packageRoot)/packaging/\(script)", "upgrade", "0.2.0"], environment: ["PATH": "/none"])
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(!outcome.error.contains("rm ") && !outcome.error.contains("disable"), "\(outcome.error)")
    }
  }
}
