import Foundation
import TestSupport
import Testing

/// Unmounts and deletes what a test has mounted below a folder, also when the tests are killed.
final class MountJanitor: Sendable {
  /// Held open as long as this process lives; what reads from its other end cleans up behind us.
  private let lifeline: FileHandle

  /// - Parameter folder: what is mounted is its `mount`.
  init(_ folder: String) throws {
    let pipe = Pipe()
    let janitor = Process()
    janitor.executableURL = URL(fileURLWithPath: "/bin/sh")
    janitor.arguments = [
      "-c",
      """
      trap '' INT TERM HUP
      read line
      while grep -qF " $0/mount " /proc/mounts; do umount "$0/mount" 2>/dev/null || sleep 0.1; done
      rm -rf "$0"
      """, folder,
    ]
    janitor.standardInput = pipe
    try janitor.run()
    lifeline = pipe.fileHandleForWriting
  }
}

/// A small file system in memory, which can be made larger, or read-only.
final class MemoryDisk: Sendable {
  /// Where it is mounted.
  let mount: String
  private let folder: TemporaryFolder
  private let janitor: MountJanitor

  /// What is missing for such disks; nil when they can be mounted.
  static let obstacle: String? = getuid() == 0 ? nil : "needs root, to mount file systems"

  /// - Parameter options: of the mount, such as `size=8m`.
  init(_ options: String) async throws {
    folder = try TemporaryFolder()
    mount = "\(folder.path)/mount"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    janitor = try MountJanitor(folder.path)
    try await DiskImage.shell("mount -t tmpfs -o '\(options)' tmpfs '\(mount)'")
  }

  deinit {
    for _ in 0..<50 where umount2(mount, 0) != 0 && errno == EBUSY { usleep(100_000) }
  }

  /// Changes its options.
  func remount(_ options: String) async throws {
    try await DiskImage.shell("mount -o 'remount,\(options)' '\(mount)'")
  }
}
