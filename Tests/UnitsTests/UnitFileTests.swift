import Foundation
import Subprocess
import TestSupport
import Testing

@testable import Units

@Suite("Unit files")
struct UnitFileTests {
  private static let hasSystemd = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")

  /// What the program carries is what the folder holds, nothing left out.
  @Test func theProgramCarriesEveryUnit() throws {
    let folder = "\(SharedData.packageRoot)/systemd"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let carried = UnitFiles.system.map { file in
      switch file.kind {
      case .unit: (file.name, file.text)
      case .users: ("hubwatch.sysusers", file.text)
      case .folders: ("hubwatch.tmpfiles", file.text)
      }
    }
    #expect(carried.map(\.0).sorted() == names)
    for (name, text) in carried {
      #expect(try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) == text, "\(name)")
    }
  }

  @Test func aUsersUnitsNeedNothingOfTheSystem() throws {
    #expect(UnitFiles.user.count >= 7)
    for file in UnitFiles.user {
      for key in [
        "User=", "Group=", "Private", "Protect", "StateDirectory", "LoadCredential", "DeviceAllow", "IPAddress",
      ] {
        #expect(!file.text.contains("\n\(key)"), "\(file.name) \(key)")
      }
      #expect(!file.text.contains("multi-user.target") && !file.text.contains("network-online"), "\(file.name)")
      #expect(!file.text.contains("\n\n\n") && !file.text.contains("]\n\n"), "\(file.name)")
      if file.name.hasSuffix(".service") { #expect(file.text.contains("\nExecStart=/usr/bin/hubwatch")) }
    }
    let daemon = try #require(UnitFiles.user.first { $0.name == "hubwatch.service" }).text
    for line in ["Type=notify", "WatchdogSec=120s", "NoNewPrivileges=yes", "WantedBy=default.target"] {
      #expect(daemon.contains("\n\(line)\n"), "\(line)")
    }
  }

  @Test func aRemarkGoesWithWhatItIsAbout() throws {
    let text = """
      [Unit]
      Description=a

      [Service]
      # Whose.
      User=x
      # How long.
      WatchdogSec=1s

      # Only devices.
      DevicePolicy=closed

      # What it may do.
      NoNewPrivileges=yes

      """
    let adapted = try #require(UserUnit.adapted(UnitFile(name: "a.service", kind: .unit, text: text)))
    #expect(
      adapted.text == """
        [Unit]
        Description=a

        [Service]
        # How long.
        WatchdogSec=1s

        # What it may do.
        NoNewPrivileges=yes

        """)
  }

  @Test(.enabled(if: hasSystemd, "needs systemd-analyze"), arguments: [UnitInstallation.Scope.system, .user])
  func theyVerify(_ scope: UnitInstallation.Scope) async throws {
    let folder = try TemporaryFolder()
    let installation = try UnitInstallation(
      scope, root: folder.path, program: "/usr/bin/env", version: "1", environment: ["HOME": "/home/somebody"])
    let units = try installation.install(replacingChanged: false).map(\.path).filter { !$0.hasSuffix(".conf") }
    let result = try await run(
      .path("/usr/bin/systemd-analyze"),
      arguments: Arguments((scope == .user ? ["--user"] : []) + ["verify"] + units),
      environment: .inherit.updating(["XDG_RUNTIME_DIR": folder.path]), output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
    #expect(result.standardError.isEmpty && result.standardOutput.isEmpty, "\(result.standardError)")
  }
}
