import Foundation
import Glibc
import TestSupport
import Testing

/// A file system in a file, whose power can be cut. Unmounted and deleted with this value, and also when the tests are
/// killed.
final class DiskImage: Sendable {
  /// What can be formatted here.
  enum Kind: String, CaseIterable {
    case ext4, xfs
  }

  /// Where it is mounted.
  let mount: String
  private let kind: Kind
  private let image: String
  private let folder: TemporaryFolder
  private let janitor: MountJanitor

  /// What is missing for power losses on this machine; nil when they can be tried.
  static let obstacle: String? = {
    guard getuid() == 0 else { return "needs root, to mount file systems" }
    for tool in ["mkfs.ext4", "mkfs.xfs", "xfs_io", "losetup", "mount", "umount", "unshare"] where path(of: tool) == nil
    {
      return "needs \(tool)"
    }
    let systems = (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8)) ?? ""
    for kind in Kind.allCases where !systems.contains("\t\(kind.rawValue)\n") {
      return "needs a kernel with \(kind.rawValue)"
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path(of: "losetup") ?? "")
    process.arguments = ["--find"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return "needs loop devices" }
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : "needs loop devices"
  }()

  private static func path(of tool: String) -> String? {
    ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map { "\($0)/\(tool)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Formats and mounts a sparse image of 512 MiB.
  init(_ kind: Kind) async throws {
    self.kind = kind
    folder = try TemporaryFolder()
    image = "\(folder.path)/disk.img"
    mount = "\(folder.path)/mount"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    janitor = try MountJanitor(folder.path)
    try await Self.shell("truncate -s 512M '\(image)' && mkfs.\(kind.rawValue) -q '\(image)'")
    try await attach()
  }

  deinit {
    // The last file of a program that was killed may be closed a moment later.
    for _ in 0..<50 where umount2(mount, 0) != 0 && errno == EBUSY { usleep(100_000) }
  }

  /// Mounts it again.
  func attach() async throws { try await Self.shell("mount -o loop '\(image)' '\(mount)'") }

  /// From here on nothing reaches the disk.
  func cutPower() async throws { try await Self.shell("xfs_io -x -c shutdown '\(mount)'") }

  /// Takes it away; an empty folder is left. Nobody may have a file open.
  func detach() async throws {
    try await Self.shell("for try in 1 2 3 4 5 6 7 8 9; do umount '\(mount)' && exit; sleep 0.2; done; exit 1")
  }

  /// After a power loss: what the disk has kept is there again. Nobody may have a file open.
  func restorePower() async throws {
    try await detach()
    try await attach()
  }

  static func shell(_ line: String) async throws {
    let outcome = try await Program(path: "/bin/sh").run(
      ["-c", line], environment: ["PATH": "/usr/sbin:/sbin:/usr/bin:/bin"])
    try #require(outcome.status == 0, "\(line): \(outcome.error)")
  }
}
