import Foundation
import Glibc
import TestSupport
import Testing

@testable import Units

@Suite("Installing units")
struct UnitInstallationTests {
  private func installation(
    _ folder: TemporaryFolder, _ scope: UnitInstallation.Scope = .system, program: String = "/usr/local/bin/hubwatch",
    version: String = "1.0"
  ) throws -> UnitInstallation {
    try UnitInstallation(
      scope, root: folder.path, program: program, version: version, environment: ["HOME": "/home/somebody"])
  }

  private func standings(_ installation: UnitInstallation) throws -> Set<UnitInstallation.Standing> {
    Set(try installation.items.map { try installation.standing(of: $0) })
  }

  @Test func theyAreWrittenOnceAndBroughtUpToDate() throws {
    let folder = try TemporaryFolder()
    let first = try installation(folder)
    #expect(try standings(first) == [.missing])
    #expect(try first.install(replacingChanged: false).count == first.items.count)
    #expect(try standings(first) == [.current])
    #expect(try first.install(replacingChanged: false).isEmpty)
    let unit = "\(folder.path)/etc/systemd/system/hubwatch.service"
    let text = try String(contentsOfFile: unit, encoding: .utf8)
    #expect(text.hasPrefix("# Written by `hubwatch units install`"))
    #expect(text.contains("\nExecStart=/usr/local/bin/hubwatch daemon\n"))
    var info = stat()
    #expect(stat(unit, &info) == 0 && info.st_mode & 0o777 == 0o644)

    let next = try installation(folder, program: "/opt/hubwatch/bin/hubwatch", version: "1.1")
    #expect(try standings(next) == [.outdated])
    #expect(try next.install(replacingChanged: false).count == next.items.count)
    #expect(try standings(next) == [.current])
    let (removed, left) = try next.remove()
    #expect(removed.count == next.items.count && left.isEmpty)
    #expect(try standings(next) == [.missing])
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/etc/systemd/system").isEmpty)
  }

  @Test func whatAPersonChangedStays() throws {
    let folder = try TemporaryFolder()
    let units = try installation(folder)
    _ = try units.install(replacingChanged: false)
    let path = "\(folder.path)/etc/systemd/system/hubwatch.service"
    let changed = try String(contentsOfFile: path, encoding: .utf8).replacing("Nice=10", with: "Nice=15")
    try changed.write(toFile: path, atomically: true, encoding: .utf8)
    let next = try installation(folder, version: "2.0")
    #expect(throws: UnitError.changed([path])) { try next.install(replacingChanged: false) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == changed)
    // Nothing else was written, either.
    #expect(try standings(next) == [.outdated, .changed])
    let (removed, left) = try next.remove()
    #expect(left.map(\.name) == ["hubwatch.service"] && removed.count == next.items.count - 1)
    #expect(try next.install(replacingChanged: true).count == next.items.count)
    #expect(try standings(next) == [.current])
  }

  /// A masked unit is a link to /dev/null; a link elsewhere must not be written through.
  @Test func linksAreNeverFollowed() throws {
    let folder = try TemporaryFolder()
    let units = try installation(folder)
    let path = "\(folder.path)/etc/systemd/system/hubwatch.service"
    let victim = "\(folder.path)/victim"
    try "precious".write(toFile: victim, atomically: true, encoding: .utf8)
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/etc/systemd/system", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: victim)
    #expect(throws: UnitError.changed([path])) { try units.install(replacingChanged: false) }
    _ = try units.install(replacingChanged: true)
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
    #expect(try standings(units) == [.current])
  }

  @Test func whatCameWithTheProgramIsNotHidden() throws {
    let folder = try TemporaryFolder()
    #expect(try installation(folder).packaged == nil)
    let place = "\(folder.path)/usr/local/lib/systemd/system"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try "".write(toFile: "\(place)/hubwatch.service", atomically: true, encoding: .utf8)
    #expect(try installation(folder).packaged == place)
    #expect(try installation(folder, .user).packaged == nil)
  }

  @Test func rubbishCountsAsChanged() throws {
    let folder = try TemporaryFolder()
    let units = try installation(folder)
    _ = try units.install(replacingChanged: false)
    let path = units.items[0].path
    for bytes in [
      Data(), Data([0xFF, 0xFE, 0]), Data(count: 1 << 20), Data("# Written by `hubwatch units install`".utf8),
    ] {
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect(try units.standing(of: units.items[0]) == .changed)
    }
  }

  @Test func namesOfProgramsAreWrittenSothatSystemdReadsThem() throws {
    let folder = try TemporaryFolder()
    let units = try installation(folder, .user, program: "/home/some body/50%/hubwatch")
    let daemon = try #require(units.items.first { $0.name == "hubwatch.service" })
    #expect(daemon.path == "\(folder.path)/home/somebody/.config/systemd/user/hubwatch.service")
    #expect(daemon.text.contains("\nExecStart=/home/some\\x20body/50%%/hubwatch daemon\n"))
  }

  @Test(arguments: ["home/me", "root", "tmp", "var/lib/x", "run/user/0"])
  func theSystemRunsNothingFromPlacesThatUnitsHide(_ folder: String) {
    #expect(throws: UnitError.self) { try ProgramPlace.check("/\(folder)/hubwatch") }
  }

  @Test func theSystemRunsNothingThatOthersCanChange() throws {
    try ProgramPlace.check("/usr/bin/env")
    #expect(throws: UnitError.self) { try ProgramPlace.check("/usr/bin/there-is-no-such-program") }
  }

  @Test func withoutAHomeNothingIsGuessed() {
    for environment in [[:], ["HOME": ""], ["HOME": "relative", "XDG_CONFIG_HOME": "too"]] {
      #expect(throws: UnitError.noHome) {
        try UnitInstallation(.user, program: "/usr/bin/env", version: "1", environment: environment)
      }
    }
  }
}
