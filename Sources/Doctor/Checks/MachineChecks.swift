import Domain
import Fit
import Glibc

/// Nobody says how large the card is.
struct CardCheck: Check {
  let name = "card"

  func look(at setup: Setup) async -> [Finding] {
    let device = setup.settings.device
    if device.vram > 0 { return [] }
    let configuration = Shell.word(setup.places.configuration)
    if !device.gpu.isEmpty {
      guard Device.named(device.gpu) == nil else { return [] }
      return [
        .trouble(
          "device.gpu is \"\(device.gpu)\", and no such card is known", "No model can be judged.",
          mend: "hubwatch fit --gpu \(Shell.word(device.gpu)); ${EDITOR:-editor} \(configuration)")
      ]
    }
    let (hasCard, notes) = await setup.surroundings.cards(setup.settings.smoke)
    if hasCard { return [] }
    let why = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
    return [
      .hint(
        "no card was found\(why), and device.vram and device.gpu name none", "Models are judged against main memory.",
        mend: "hubwatch config init --write; ${EDITOR:-editor} \(configuration)   # [device] vram = 12")
    ]
  }
}

/// The kernel has a card's driver, and there is nothing through which programs reach it.
struct DriverNodesCheck: Check {
  let name = "driver-nodes"

  func look(at setup: Setup) -> [Finding] {
    let machine = setup.surroundings
    var findings: [Finding] = []
    if machine.exists("/proc/driver/nvidia/version"),
      !machine.names("/dev").contains(where: {
        $0.hasPrefix("nvidia") && $0.dropFirst(6).allSatisfy(\.isNumber) && $0.count > 6
      })
    {
      findings.append(
        .trouble(
          "NVIDIA's driver is loaded, and there is no /dev/nvidia0", "No program can use the card.",
          mend: "sudo nvidia-modprobe -u -c 0"))
    }
    for driver in ["amdgpu", "i915", "xe"] where machine.exists("/sys/module/\(driver)/drivers") {
      guard !machine.names("/dev/dri").contains(where: { $0.hasPrefix("renderD") }) else { continue }
      findings.append(
        .trouble(
          "the driver \(driver) is loaded, and there is no /dev/dri/renderD128", "No program can use the card.",
          mend: "sudo udevadm trigger --subsystem-match=drm --action=add && ls /dev/dri"))
    }
    return findings
  }
}

/// There is a card, and this user may not use it.
struct CardRightsCheck: Check {
  let name = "card-rights"

  func look(at setup: Setup) -> [Finding] {
    let machine = setup.surroundings
    let nodes =
      machine.names("/dev/dri").filter { $0.hasPrefix("renderD") }.map { "/dev/dri/\($0)" }
      + machine.names("/dev").filter { $0 == "nvidiactl" }.map { "/dev/\($0)" }
    let closed = nodes.filter { !machine.may(R_OK | W_OK, machine.system($0)) }
    guard let first = closed.first else { return [] }
    return [
      .trouble(
        "\(machine.userName) may not use \(first)", "The card is not seen, or cannot run a model.",
        mend: "sudo usermod -aG render,video \(Shell.word(machine.userName))   # then log in again")
    ]
  }
}

/// Too little main memory for a test.
struct MainMemoryCheck: Check {
  let name = "main-memory"

  /// Below this not even a small model can be tested.
  private static let least: Int64 = 1 << 30

  func look(at setup: Setup) -> [Finding] {
    guard let text = setup.surroundings.text("/proc/meminfo") else { return [] }
    func bytes(_ name: String) -> Int64? {
      let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
      let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
      return kibibytes.flatMap { (0...1 << 40).contains($0) ? $0 << 10 : nil }
    }
    if let free = bytes("MemAvailable"), free < Self.least {
      return [
        .trouble(
          "\(ByteCount(free).asMemory) of main memory are available",
          "The smoke test of most models ends for want of memory.",
          mend: "ps -eo rss,pid,comm --sort=-rss | head")
      ]
    }
    let limit = setup.settings.smoke.memory
    guard let total = bytes("MemTotal"), total < limit.bytes else { return [] }
    return [
      .hint(
        "smoke.memory allows a test \(limit.asMemory), and this machine has \(ByteCount(total).asMemory)",
        "A large model may press everything else out of memory while it is tested.",
        mend:
          "${EDITOR:-editor} \(Shell.word(setup.places.configuration))   # [smoke] memory = \"\(max(1, total >> 31)) GiB\""
      )
    ]
  }
}

/// The walls around a process that runs a model.
struct WallsCheck: Check {
  let name = "walls"

  func look(at setup: Setup) -> [Finding] {
    var findings: [Finding] = []
    if setup.surroundings.landlockVersion == 0 {
      findings.append(
        .hint(
          "the kernel has no Landlock, or it is switched off",
          "The process that runs a model may read what its user may read. The service behind hubwatch-smoke.socket has a user of its own.",
          mend: "cat /sys/kernel/security/lsm   # then add landlock to the kernel's lsm= parameter"))
    }
    if !setup.surroundings.filtersSystemCalls {
      findings.append(
        .hint(
          "the kernel cannot filter system calls (seccomp)",
          "The process that runs a model is held by fewer walls; the service behind hubwatch-smoke.socket has no network.",
          mend: "grep -i seccomp /boot/config-$(uname -r)"))
    }
    return findings
  }
}

/// Too few open files.
struct OpenFilesCheck: Check {
  let name = "open-files"

  private static let need: UInt64 = 1024

  func look(at setup: Setup) -> [Finding] {
    let allowed = setup.surroundings.openFiles
    guard allowed < Self.need else { return [] }
    return [
      .trouble(
        "a process may open \(allowed) files at most",
        "Downloads over several connections and the database need some hundreds.",
        mend: "ulimit -n 4096   # in a unit: LimitNOFILE=4096")
    ]
  }
}
