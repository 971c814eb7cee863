import Foundation
import Subprocess
import TestSupport
import Testing

@Suite("systemd units")
struct UnitTests {
  private static let hasSystemd = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")

  private func analyze(_ arguments: [String]) async throws -> (success: Bool, text: String) {
    let result = try await run(
      .path("/usr/bin/systemd-analyze"), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    return (result.terminationStatus.isSuccess, result.standardOutput + result.standardError)
  }

  /// Copies of the units that name the built program.
  private func units(_ folder: TemporaryFolder) throws -> [String] {
    let source = "\(SharedData.packageRoot)/systemd"
    let names = try FileManager.default.contentsOfDirectory(atPath: source)
      .filter { name in [".service", ".socket", ".timer"].contains { name.hasSuffix($0) } }
    #expect(names.count >= 11)
    let program = try hubwatch().path
    return try names.map { name in
      let text = try String(contentsOfFile: "\(source)/\(name)", encoding: .utf8)
      let copy = "\(folder.path)/\(name)"
      try text.replacing("/usr/bin/hubwatch", with: program).write(toFile: copy, atomically: true, encoding: .utf8)
      return copy
    }
  }

  @Test(.enabled(if: hasSystemd, "needs systemd-analyze"))
  func theyVerify() async throws {
    let folder = try TemporaryFolder()
    let result = try await analyze(["verify"] + units(folder))
    #expect(result.success && result.text.isEmpty, "\(result.text)")
  }

  /// Tenths that `systemd-analyze security` may give at most: 11 is an exposure of 1.1.
  private static func exposure(_ unit: String) -> Int {
    switch unit {
    case "hubwatch.service", "hubwatch-run.service", "hubwatch-deliver.service": 11
    case "hubwatch-smoke@.service": 5
    default: 2
    }
  }

  @Test(.enabled(if: hasSystemd, "needs systemd-analyze"))
  func theyExposeLittle() async throws {
    let folder = try TemporaryFolder()
    for unit in try units(folder) where unit.hasSuffix(".service") {
      let limit = Self.exposure(String(unit.split(separator: "/").last ?? ""))
      let result = try await analyze(["security", "--offline=true", "--threshold=\(limit)", unit])
      let isSafe = result.success
      #expect(isSafe, "\(result.text.split(separator: "\n").last ?? "")")
    }
  }

  /// systemd has to understand when its timers go off.
  @Test(.enabled(if: hasSystemd, "needs systemd-analyze"))
  func timersGoOffSomeDay() async throws {
    let folder = try TemporaryFolder()
    var count = 0
    for unit in try units(folder) where unit.hasSuffix(".timer") {
      for line in try String(contentsOfFile: unit, encoding: .utf8).split(separator: "\n")
      where line.hasPrefix("OnCalendar=") {
        let result = try await analyze(["calendar", String(line.dropFirst("OnCalendar=".count))])
        #expect(result.success && result.text.contains("Next elapse: "), "\(unit): \(result.text)")
        count += 1
      }
    }
    #expect(count >= 3)
  }

  /// What runs models has no network, and starts for one who may use its socket.
  @Test func modelsAreRunApart() throws {
    func text(_ unit: String) throws -> String {
      try String(contentsOfFile: "\(SharedData.packageRoot)/systemd/\(unit)", encoding: .utf8)
    }
    let service = try text("hubwatch-smoke@.service")
    for line in ["PrivateNetwork=yes", "DynamicUser=yes", "StandardInput=socket", "MemoryDenyWriteExecute=yes"] {
      #expect(service.contains("\n\(line)\n"))
    }
    let socket = try text("hubwatch-smoke.socket")
    for line in ["ListenStream=/run/hubwatch-smoke.sock", "SocketMode=0600", "SocketUser=hubwatch", "Accept=yes"] {
      #expect(socket.contains("\n\(line)\n"))
    }
    // Its groups have to be there.
    for group in ["video", "render"] { #expect(try text("hubwatch.sysusers").contains("g \(group) -")) }
  }

  /// The digest is written without network and sent by another unit, which gets the secrets and whose failures are told.
  @Test func theDigestIsSentByAnotherUnit() throws {
    func text(_ unit: String) throws -> String {
      try String(contentsOfFile: "\(SharedData.packageRoot)/systemd/\(unit)", encoding: .utf8)
    }
    let digest = try text("hubwatch-digest.service")
    for line in [
      "PrivateNetwork=yes", "OnSuccess=hubwatch-deliver.service", "ExecStart=/usr/bin/hubwatch digest --deliver",
    ] {
      #expect(digest.contains("\n\(line)\n"))
    }
    let files = try text("hubwatch.tmpfiles")
    for unit in ["hubwatch-deliver.service", "hubwatch.service"] {
      for name in ["smtp-password", "webhook-url"] {
        #expect(try text(unit).contains("\nLoadCredential=\(name):/etc/hubwatch/\(name)\n"))
        // A credential whose file is not there keeps a unit from starting.
        #expect(files.contains("\nf /etc/hubwatch/\(name) 0600 root root -\n"))
      }
    }
    for unit in ["hubwatch", "hubwatch-run", "hubwatch-digest", "hubwatch-scrub", "hubwatch-deliver"] {
      #expect(try text("\(unit).service").contains("\nOnFailure=hubwatch-failed@%n.service\n"))
    }
    #expect(try !text("hubwatch-failed@.service").contains("\nOnFailure="))
  }

  /// The services that ask the repositories of tools have to be allowed to start git and its helpers.
  @Test(arguments: ["hubwatch.service", "hubwatch-run.service"])
  func theyMayStartGit(_ unit: String) async throws {
    let text = try String(contentsOfFile: "\(SharedData.packageRoot)/systemd/\(unit)", encoding: .utf8)
    func paths(_ key: String) -> [Substring] {
      text.split(separator: "\n").filter { $0.hasPrefix("\(key)=") }
        .flatMap { $0.dropFirst(key.count + 1).split(separator: " ") }
    }
    let found = try await run(
      .path("/bin/sh"), arguments: ["-c", "command -v git && git --exec-path && readlink -f /bin/sh"],
      output: .string(limit: 4096), error: .discarded)
    let programs = found.standardOutput.split(separator: "\n")
    #expect(programs.count == 3)
    for program in programs {
      #expect(paths("ExecPaths").contains { program.hasPrefix("\($0)/") })
      #expect(!paths("NoExecPaths").contains { program.hasPrefix("\($0)/") })
    }
    #expect(paths("RestrictAddressFamilies").contains("AF_INET6"))
    #expect(!text.contains("PrivateNetwork=yes"))
  }
}
