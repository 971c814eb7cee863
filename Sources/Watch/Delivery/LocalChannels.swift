import Foundation
import Glibc

/// Standard output: the journal, when a unit runs it.
public struct StandardOutputChannel: DeliveryChannel {
  private let write: @Sendable (String) -> Bool

  /// - Parameter write: writes a text and a line end, and says whether all of it was taken.
  public init(write: @escaping @Sendable (String) -> Bool) { self.write = write }

  public func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome {
    guard case .stdout(let text) = entry.content else { return .foreign }
    guard willHandOver() else { return .unnoted }
    // Part of it may be out.
    return write(text) ? .sent("printed") : .uncertain("standard output did not take it whole")
  }
}

/// A file, written whole or not at all. To write the same again does no harm, so that a cut-off write is no question.
public struct FileChannel: DeliveryChannel {
  /// Writes with the usual mode.
  public init() {}

  public func send(_ entry: OutboxEntry, willHandOver: @escaping @Sendable () -> Bool) async -> DeliveryOutcome {
    guard case .file(let path, let text) = entry.content else { return .foreign }
    guard path.hasPrefix("/"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
      return .refused("the path of the file is none")
    }
    let folder = (path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      return .tryAgain("\(folder) cannot be made")
    }
    let temporary = "\(folder)/.hubwatch-\(UUID().uuidString)"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard file >= 0 else { return .tryAgain("\(folder) cannot be written: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    // For those who may see its folder, whatever the unit's mask.
    fchmod(file, 0o644)
    guard OutboxFolder.writeAll(file, Array((text + "\n").utf8)), fsync(file) == 0, rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      return .tryAgain("\(path) cannot be written: \(reason)")
    }
    return .sent(path)
  }
}
