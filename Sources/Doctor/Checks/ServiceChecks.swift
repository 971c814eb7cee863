import Foundation
import Glibc
import Settings

/// What systemd knows of hubwatch, from its folders.
struct Units {
  private let machine: Surroundings

  init(_ machine: Surroundings) { self.machine = machine }

  /// Whether systemd is process 1 here.
  var isSystemd: Bool { machine.exists("/run/systemd/system") }

  private static let folders = [
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    "/lib/systemd/system",
  ]

  /// Whether a unit of the system is there.
  func isInstalled(_ unit: String) -> Bool { Self.folders.contains { machine.exists("\($0)/\(unit)") } }

  /// Whether the system starts a unit by itself.
  func isEnabled(_ unit: String) -> Bool {
    ["multi-user", "timers", "sockets", "default"].contains {
      machine.exists("/etc/systemd/system/\($0).target.wants/\(unit)")
    }
  }

  /// Units of hubwatch that this person's own systemd starts.
  var ofUser: [String] {
    let home = machine.environment["HOME"] ?? ""
    let base = machine.environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
    return ["default", "timers", "sockets"].flatMap { target in
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(base)/systemd/user/\(target).target.wants")) ?? [])
        .filter { $0.hasPrefix("hubwatch") }
    }
  }
}

/// Units that are not installed, that nothing starts, or that do the same work.
struct UnitsCheck: Check {
  let name = "units"

  func look(at setup: Setup) -> [Finding] {
    let units = Units(setup.surroundings)
    guard units.isSystemd else { return [] }
    let (daemon, timer) = ("hubwatch.service", "hubwatch-run.timer")
    guard units.isInstalled(daemon) || units.isInstalled(timer) else {
      guard units.ofUser.isEmpty else { return [] }
      return [
        .hint(
          "no unit of hubwatch is installed", "Nothing runs by itself; `hubwatch run` does it once.",
          mend: "sudo hubwatch units install --enable daemon")
      ]
    }
    switch (units.isEnabled(daemon), units.isEnabled(timer)) {
    case (true, true):
      return [
        .trouble(
          "\(daemon) and \(timer) are both enabled", "They do the same work, and each ends the other.",
          mend: "sudo systemctl disable --now \(timer)")
      ]
    case (false, false) where units.ofUser.isEmpty:
      return [
        .trouble(
          "the units are installed, and neither \(daemon) nor \(timer) is enabled", "Nothing runs by itself.",
          mend: "sudo systemctl enable --now hubwatch-smoke.socket \(daemon)")
      ]
    default: return []
    }
  }
}

/// The service that runs models cannot be asked.
struct SmokeSocketCheck: Check {
  let name = "smoke-socket"

  private static let unit = "hubwatch-smoke.socket"

  func look(at setup: Setup) -> [Finding] {
    let units = Units(setup.surroundings)
    let named = setup.settings.smoke.socket
    let path: String
    if named == Settings.Smoke.automaticSocket {
      path = setup.surroundings.system("/run/hubwatch-smoke.sock")
      guard units.isSystemd, units.isEnabled("hubwatch.service") || units.isEnabled("hubwatch-run.timer") else {
        return []
      }
    } else if named.isEmpty {
      return []
    } else {
      path = named
    }
    let consequence = "Models are not tested apart from the network, and no card is seen by the daemon."
    guard FileManager.default.fileExists(atPath: path) else {
      return [
        .trouble(
          "the smoke service's socket \(path) is not there", consequence,
          mend: "sudo systemctl enable --now \(Self.unit)")
      ]
    }
    let code = Self.connectionError(path)
    // The socket is for the service's user alone.
    guard code != 0, code != EACCES, code != EPERM else { return [] }
    return [
      .trouble(
        "nobody answers at the smoke service's socket \(path): \(String(cString: strerror(code)))", consequence,
        mend: "sudo systemctl restart \(Self.unit)")
    ]
  }

  /// The errno of a connection to a local socket; 0 when it stands.
  private static func connectionError(_ path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
      let bytes = Array(path.utf8)
      guard bytes.count < place.count else { return false }
      place.copyBytes(from: bytes)
      return true
    }
    guard fits else { return ENAMETOOLONG }
    let descriptor = socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    // A queue that is full is a service that is busy.
    return result == 0 || errno == EAGAIN ? 0 : errno
  }
}

/// A person's own units end with the person's last session.
struct LingerCheck: Check {
  let name = "linger"

  func look(at setup: Setup) -> [Finding] {
    let machine = setup.surroundings
    let units = Units(machine)
    guard units.isSystemd, let first = units.ofUser.first,
      !machine.exists("/var/lib/systemd/linger/\(machine.userName)")
    else { return [] }
    return [
      .trouble(
        "\(machine.userName)'s own \(first) is enabled, and lingering is off",
        "It ends with the last session, and starts with the next one.",
        mend: "loginctl enable-linger \(Shell.word(machine.userName))")
    ]
  }
}
