import Catalog
import Domain
import Foundation
import Glibc
import Hub
import Testing
import Watch

@testable import Doctor

/// Each trouble is made real in a folder of its own; its words and the mending command are expected, and nothing beside it.
@Suite("Doctor")
struct DoctorTests {
  private static var hasSecondFileSystem: Bool {
    var (shared, temporary) = (stat(), stat())
    guard access("/dev/shm", W_OK) == 0, stat("/dev/shm", &shared) == 0 else { return false }
    return stat(FileManager.default.temporaryDirectory.path, &temporary) == 0 && shared.st_dev != temporary.st_dev
  }

  @Test func nothingIsWrong() async throws {
    let house = try SickHouse()
    let before = try FileManager.default.subpathsOfDirectory(atPath: house.path("")).sorted()
    let report = await house.report()
    #expect(report.findings.isEmpty && report.isWell, "\(report.findings)")
    #expect(report.checks.count >= 30 && Set(report.checks).count == report.checks.count)
    // It has only looked.
    #expect(try FileManager.default.subpathsOfDirectory(atPath: house.path("")).sorted() == before)
    try house.record { catalog in
      try catalog.endCycle(try catalog.beginCycle(at: Date()), trouble: nil, at: Date())
    }
    #expect(await house.report().findings.isEmpty)
  }

  // MARK: Configuration

  @Test func aWrongConfiguration() async throws {
    let house = try SickHouse()
    try house.configure("[watch]\nmin_paramters = 3\n")
    await expect(
      house, "configuration", words: "min_paramters", command: "hubwatch config check", beside: ["disk-room"])
  }

  @Test func aConfigurationThatIsNotThere() async throws {
    let house = try SickHouse()
    house.surroundings.environment["HUBWATCH_CONFIG"] = house.path("none.toml")
    await expect(house, "configuration", words: "does not exist", command: "none.toml", beside: ["disk-room"])
  }

  @Test func aReloadThatWasRefused() async throws {
    let house = try SickHouse()
    try house.record { try $0.setMark(StateReport.reloadMark, "config.toml, line 3: nonsense") }
    await expect(house, "reload", words: "line 3: nonsense", command: "systemctl reload hubwatch")
  }

  @Test func aWrongFileOfProbes() async throws {
    let house = try SickHouse()
    try house.write("probes.toml", "[[probe]]\nname = 3\n")
    await expect(house, "probe-file", words: "probes.toml", command: "probes.toml && hubwatch probes --suite")
  }

  @Test func noCertificates() async throws {
    let house = try SickHouse()
    try house.write("root/etc/ssl/certs/ca-certificates.crt", "")
    await expect(
      house, "certificates", words: "no certificates", command: "apt-get install --reinstall ca-certificates")
    try house.write("authority.pem", "-----BEGIN CERTIFICATE-----\n")
    try house.configure("[network]\nca_file = \"\(house.path("authority.pem"))\"\n")
    #expect(await house.report().findings.isEmpty)
    try house.configure("[network]\nca_file = \"/none.pem\"\n")
    await expect(house, "certificates", words: "/none.pem", command: "ls -l /none.pem")
  }

  // MARK: State

  @Test func aStateFolderThatIsNone() async throws {
    let house = try SickHouse()
    try house.write("state", "")
    await expect(house, "state-folder", words: "is no folder", command: "mv ", beside: ["catalog"])
  }

  @Test func aStateFolderOfSomebodyElse() async throws {
    let house = try SickHouse()
    try house.make("state")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: house.path("state"))
    house.surroundings.user = 54_321
    await expect(
      house, "state-folder", words: "cannot be written by ada", command: "sudo chown -R ada: ",
      beside: ["cache-folder", "temporary-folder"])
  }

  @Test func aStateOnTheNetwork() async throws {
    let house = try SickHouse()
    try house.write(
      "root/proc/mounts",
      "/dev/sda1 / ext4 rw 0 0\nbox:/x \(house.path("state")) nfs4 rw 0 0\n/dev/b /var ext4 rw 0 0\n")
    await expect(house, "state-file-system", words: "nfs4", command: "export HUBWATCH_STATE=")
  }

  @Test func aDamagedDatabase() async throws {
    let house = try SickHouse()
    try house.record { _ in }
    try house.write("state/hubwatch.sqlite", String(repeating: "nonsense", count: 1000))
    await expect(house, "catalog", words: "is damaged", command: "hubwatch run")
  }

  /// Its first pages are sound, so that it opens; what lies behind them is not.
  @Test func damageWithinADatabase() async throws {
    let house = try SickHouse()
    try house.record { catalog in
      for number in 0..<400 { try catalog.setMark("mark \(number)", String(repeating: "x", count: 400)) }
    }
    let file = URL(fileURLWithPath: house.path("state/hubwatch.sqlite"))
    var bytes = try Data(contentsOf: file)
    #expect(bytes.count > 60 * 4096)
    for offset in stride(from: bytes.count - 20 * 4096, to: bytes.count, by: 4096) {
      bytes.replaceSubrange(offset..<offset + 4096, with: repeatElement(0xA5, count: 4096))
    }
    try bytes.write(to: file)
    let found = await house.report().findings
    #expect(found.contains { $0.check == "catalog" && $0.problem.contains("is damaged") }, "\(found)")
  }

  @Test func somebodyHoldsTheState() async throws {
    let house = try SickHouse()
    try house.make("state")
    let lock = try StateLock(folder: house.path("state"))
    await expect(house, "lock", .hint, words: "process \(getpid()) holds the state since", command: "hubwatch status")
    try house.write("root/proc/\(getpid())/stat", "\(getpid()) (hub) watch) T 1 1 1")
    await expect(house, "lock", words: "is stopped", command: "kill -CONT \(getpid())")
    withExtendedLifetime(lock) {}
  }

  @Test func aClockFromBeforeTheProgram() async throws {
    let house = try SickHouse()
    house.surroundings.now = Date(timeIntervalSince1970: 0)
    await expect(house, "clock", words: "the clock says 1970-01-01", command: "timedatectl set-ntp true")
  }

  @Test func aClockFromBeforeTheLastCycle() async throws {
    let house = try SickHouse()
    let later = Date() + 40 * 86_400
    try house.record { try $0.endCycle(try $0.beginCycle(at: later), trouble: nil, at: later) }
    await expect(house, "clock", words: "still to come", command: "timedatectl set-ntp true")
  }

  // MARK: Disks

  @Test func tooLittleRoom() async throws {
    let house = try SickHouse()
    try house.configure("[downloads]\nreserve = \"900000 GB\"\n")
    await expect(house, "disk-room", words: "stay free", command: "hubwatch gc")
  }

  @Test func aModelsFolderThatIsNone() async throws {
    let house = try SickHouse()
    try house.write("cache/hub", "")
    await expect(house, "cache-folder", words: "is no folder", command: "mv ")
  }

  @Test func anotherDiskThanTheModels() async throws {
    let house = try SickHouse()
    try house.make("cache/hub")
    try house.record {
      try $0.setMark("store \(house.path("cache/hub"))", "\(UUID().uuidString.lowercased()) 0badf00d")
    }
    await expect(house, "models-disk", words: "disk with the models is not there", command: "sudo mount -a")
  }

  @Test(.enabled(if: hasSecondFileSystem, "needs a second file system at /dev/shm"))
  func aCacheThatIsAFileSystemOfItsOwn() async throws {
    let house = try SickHouse()
    let other = "/dev/shm/hubwatch-doctor-\(getpid())"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: other) }
    try FileManager.default.createSymbolicLink(atPath: house.path("cache/hub"), withDestinationPath: other)
    await expect(
      house, "partial-folder", .hint, words: "another file system", command: "export HF_HUB_CACHE=")
  }

  @Test func partialFilesOfSomebodyElse() async throws {
    let house = try SickHouse()
    try house.make("cache/hubwatch-partial")
    house.surroundings.user = 54_321
    await expect(
      house, "partial-folder", words: "belongs to user", command: "sudo chown -R ada: ",
      beside: ["state-folder", "cache-folder", "temporary-folder"])
  }

  @Test func moreThanTheQuota() async throws {
    let house = try SickHouse()
    try house.configure("[downloads]\nreserve = \"0\"\nquota = \"1 GB\"\n")
    try house.record { _ = try house.addCopy("org/big", .verified, bytes: 5_000_000_000, $0) }
    await expect(house, "quota", words: "downloads.quota allows", command: "hubwatch drop MODEL")
  }

  @Test func noTemporaryFolder() async throws {
    let house = try SickHouse()
    house.surroundings.environment["TMPDIR"] = house.path("none")
    await expect(house, "temporary-folder", words: "is missing", command: "export TMPDIR=/tmp")
    house.surroundings.environment["TMPDIR"] = nil
    await expect(house, "temporary-folder", words: "root/tmp", command: "sudo install -d -m 1777")
  }

  // MARK: Hub

  @Test func aTokenThatOthersMayRead() async throws {
    let house = try SickHouse()
    try house.write("home/.cache/huggingface/token", "hf_xyz", mode: 0o644)
    let token = house.path("home/.cache/huggingface/token")
    await expect(house, "token-file", words: "mode 644", command: "chmod 600 \(token)")
    #expect(await !house.report().findings.contains { $0.problem.contains("hf_xyz") })
    try house.write("home/.cache/huggingface/token", "", mode: 0o600)
    await expect(house, "token-file", .hint, words: "is empty", command: "rm ")
  }

  @Test func aTokenThatTheHubRefused() async throws {
    let house = try SickHouse()
    try house.record { catalog in
      let words = HubError(.badToken, "https://hub.example/api").problem
      try catalog.endCycle(try catalog.beginCycle(at: Date()), trouble: words, at: Date())
    }
    await expect(house, "token-refused", words: "has expired", command: "hf auth login")
  }

  @Test func gatedModelsWithoutAToken() async throws {
    let house = try SickHouse()
    try house.record { catalog in
      let id = try #require(RepoID("org/gated"))
      _ = try catalog.record(
        [
          ListedRepo(
            id: id, commit: nil, createdAt: Date() - 60, lastModified: Date() - 60, tags: TagList(lines: ""),
            gated: true, downloads: 0, likes: 0)
        ], at: Date() - 30)
      try catalog.setState(id, .gated, reason: "terms", at: Date() - 20)
    }
    await expect(house, "gated-models", .hint, words: "1 model is gated", command: "hf auth login")
    house.surroundings.environment["HF_TOKEN"] = "hf_xyz"
    #expect(await house.report().findings.isEmpty)
  }

  @Test func theHubIsAskedOnlyOnDemand() async throws {
    let house = try SickHouse()
    house.surroundings.askHub = { _ in "the name cannot be resolved" }
    await expect(house, "hub", words: "the name cannot be resolved", command: "curl -sSI https://huggingface.co")
    house.surroundings.askHub = { _ in nil }
    #expect(await house.report().findings.isEmpty)
  }

  @Test func noGit() async throws {
    let house = try SickHouse()
    house.surroundings.environment["PATH"] = house.path("nowhere")
    await expect(house, "git", words: "git is not installed", command: "sudo apt-get install git")
    try house.configure("[tools]\nenabled = false\n")
    #expect(await house.report().findings.isEmpty)
  }
}
