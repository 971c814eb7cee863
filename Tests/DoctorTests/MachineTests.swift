import Catalog
import Domain
import Foundation
import Glibc
import Testing

@testable import Doctor
@testable import Watch

/// Troubles of the machine, of services and of single models.
@Suite("Doctor: machine, services, models")
struct MachineTests {
  // MARK: Machine

  @Test func noCard() async throws {
    let house = try SickHouse()
    try house.configure("[device]\nvram = 0\n")
    house.surroundings.cards = { _ in (false, ["NVIDIA's driver does not answer"]) }
    await expect(house, "card", .hint, words: "driver does not answer", command: "hubwatch config init --write")
    try house.configure("[device]\ngpu = \"Voodoo 2\"\n")
    await expect(house, "card", words: "Voodoo 2", command: "hubwatch fit --gpu 'Voodoo 2'")
  }

  @Test func aDriverWithoutNodes() async throws {
    let house = try SickHouse()
    try house.write("root/proc/driver/nvidia/version", "NVRM version: 580")
    try house.write("root/dev/nvidiactl", "")
    await expect(house, "driver-nodes", words: "/dev/nvidia0", command: "sudo nvidia-modprobe -u -c 0")
    try house.write("root/dev/nvidia0", "")
    #expect(await house.report().findings.isEmpty)
    try house.make("root/sys/module/amdgpu/drivers")
    await expect(house, "driver-nodes", words: "amdgpu", command: "sudo udevadm trigger")
  }

  @Test func aCardOfOtherPeople() async throws {
    let house = try SickHouse()
    try house.write("root/dev/dri/renderD128", "", mode: 0o600)
    house.surroundings.user = 54_321
    await expect(
      house, "card-rights", words: "/dev/dri/renderD128", command: "sudo usermod -aG render,video ada",
      beside: ["state-folder", "cache-folder", "temporary-folder"])
  }

  @Test func littleMemory() async throws {
    let house = try SickHouse()
    try house.write("root/proc/meminfo", "MemTotal: 33554432 kB\nMemAvailable: 200000 kB\n")
    await expect(house, "main-memory", words: "are available", command: "ps -eo rss")
    try house.write("root/proc/meminfo", "MemTotal: 4194304 kB\nMemAvailable: 3000000 kB\n")
    await expect(house, "main-memory", .hint, words: "smoke.memory allows", command: "memory = \"2 GiB\"")
    try house.write("root/proc/meminfo", "MemTotal: x kB\nMemAvailable: -3 kB\n")
    #expect(await house.report().findings.isEmpty)
  }

  @Test func noWalls() async throws {
    let house = try SickHouse()
    house.surroundings.landlockVersion = 0
    await expect(house, "walls", .hint, words: "no Landlock", command: "cat /sys/kernel/security/lsm")
    house.surroundings.landlockVersion = 1
    house.surroundings.filtersSystemCalls = false
    await expect(house, "walls", .hint, words: "seccomp", command: "grep -i seccomp")
  }

  @Test func fewOpenFiles() async throws {
    let house = try SickHouse()
    house.surroundings.openFiles = 64
    await expect(house, "open-files", words: "64 files", command: "ulimit -n 4096")
  }

  // MARK: Services

  private func enable(_ house: SickHouse, _ target: String, _ unit: String) throws {
    try house.write("root/usr/lib/systemd/system/\(unit)", "")
    try house.make("root/etc/systemd/system/\(target).target.wants")
    // As systemctl does; where the link leads to is on another root.
    try FileManager.default.createSymbolicLink(
      atPath: house.path("root/etc/systemd/system/\(target).target.wants/\(unit)"),
      withDestinationPath: "/usr/lib/systemd/system/\(unit)")
  }

  @Test func unitsOfEveryKind() async throws {
    let house = try SickHouse()
    try house.make("root/run/systemd/system")
    await expect(
      house, "units", .hint, words: "no unit of hubwatch is installed", command: "sudo hubwatch units install")
    try house.write("root/etc/systemd/system/hubwatch.service", "")
    await expect(
      house, "units", words: "neither hubwatch.service nor hubwatch-run.timer",
      command: "systemctl enable --now hubwatch-smoke.socket hubwatch.service")
    try enable(house, "multi-user", "hubwatch.service")
    try enable(house, "timers", "hubwatch-run.timer")
    await expect(
      house, "units", words: "are both enabled", command: "systemctl disable --now hubwatch-run.timer",
      beside: ["smoke-socket"])
  }

  @Test func aSmokeSocketThatNobodyListensAt() async throws {
    let house = try SickHouse()
    try house.make("root/run/systemd/system")
    try enable(house, "multi-user", "hubwatch.service")
    await expect(
      house, "smoke-socket", words: "is not there", command: "systemctl enable --now hubwatch-smoke.socket")
    // A file that is no socket refuses as a socket without a listener does.
    try house.write("root/run/hubwatch-smoke.sock", "")
    await expect(house, "smoke-socket", words: "nobody answers", command: "systemctl restart hubwatch-smoke.socket")
    try house.configure("[smoke]\nsocket = \"/none.sock\"\n")
    await expect(house, "smoke-socket", words: "/none.sock is not there", command: "enable --now")
    try house.configure("[smoke]\nsocket = \"\"\n")
    #expect(await house.report().findings.isEmpty)
  }

  @Test func unitsOfAPersonWhoDoesNotLinger() async throws {
    let house = try SickHouse()
    try house.make("root/run/systemd/system")
    try house.write("home/.config/systemd/user/default.target.wants/hubwatch.service", "")
    await expect(house, "linger", words: "lingering is off", command: "loginctl enable-linger ada")
    try house.write("root/var/lib/systemd/linger/ada", "")
    #expect(await house.report().findings.isEmpty)
  }

  // MARK: Models

  @Test(arguments: [CopyState.quarantined, .blocked, .lost])
  func aCopyToLookAfter(_ state: CopyState) async throws {
    let house = try SickHouse()
    try house.record { _ = try house.addCopy("org/sick", state, reason: "it died three times", $0) }
    await expect(
      house, "copies", words: "\(state.rawValue): org/sick Q4_0: it died three times", command: "hubwatch pull org/sick"
    )
  }

  @Test func estimatesThatAreFarOff() async throws {
    let house = try SickHouse()
    try house.record { catalog in
      let copy = try house.addCopy("org/odd", .tested, catalog)
      for peak in [1_500, 1_400, 1_450] as [Int64] {
        var smoke = SmokeRecord(
          copy: copy.id, at: Date(), verdict: .pass, reasons: [], tokensPerSecond: 1, perplexity: 2, sample: nil)
        (smoke.peakMemoryBytes, smoke.estimateBytes) = (peak, 1_000)
        try catalog.record(smoke)
      }
    }
    await expect(house, "estimates", .hint, words: "off by 45.0 %", command: "hubwatch fit --breakdown")
  }

  @Test func noCycleForLong() async throws {
    let house = try SickHouse()
    let then = Date() - 9 * 86_400
    try house.record { try $0.endCycle(try $0.beginCycle(at: then), trouble: nil, at: then) }
    await expect(house, "cycle", .hint, words: "the last cycle ended on", command: "hubwatch run")
    try house.record { _ = try $0.beginCycle(at: Date() - 60) }
    await expect(house, "cycle", .hint, words: "was cut off", command: "hubwatch run")
  }

  // MARK: Delivery

  @Test func aWayThatLacksSomething() async throws {
    let house = try SickHouse()
    try house.configure("[digest]\nto = [\"webhook\"]\n")
    await expect(
      house, "delivery-ways", .hint, words: "needs digest.webhook.url", command: "hubwatch deliver --test")
    house.surroundings.environment["HUBWATCH_WEBHOOK_URL"] = "https://ntfy.example/coffee"
    #expect(await house.report().findings.isEmpty)
  }

  @Test func aDigestThatDidNotArrive() async throws {
    let house = try SickHouse()
    let outbox = try Outbox(state: house.path("state"))
    let now = house.surroundings.now
    let entry = OutboxEntry(day: "2026-11-26", createdAt: now, content: .webhook(kind: "ntfy", headers: [:], body: "x"))
    #expect(try outbox.add(entry, .webhook))
    #expect(await house.report().findings.isEmpty, "it waits for its turn")
    try outbox.set(
      DeliveryState(phase: .failed, attempts: 3, changedAt: now, words: "403 Forbidden"), .webhook, of: entry.day)
    await expect(
      house, "delivery", words: "was not sent by webhook: 403 Forbidden", command: "hubwatch deliver --test")
    house.surroundings.now = now + 8 * 86_400
    #expect(await house.report().findings.isEmpty, "what is over for a week is no news")
    try FileManager.default.removeItem(atPath: house.path("state/outbox"))
    try house.write("state/outbox", "")
    await expect(house, "delivery", words: "outbox", command: "ls -ld")
  }

  // MARK: Words

  @Test func pathsInCommandsAreQuoted() {
    #expect(Shell.word("/srv/my models/it's") == "'/srv/my models/it'\\''s'")
    #expect(Shell.word("/srv/$(reboot)") == "'/srv/$(reboot)'")
    #expect(Shell.word("") == "''" && Shell.word("/a-b.c_1") == "/a-b.c_1")
  }
}
