import Domain
import Foundation
import Glibc

/// The right to change the state: one hubwatch at a time, for the life of the process.
///
/// There are two locks on one file, and both end with the process, however that ends: one of flock(2), which scripts can
/// take as well, and one of fcntl(2), about which others can ask without taking it for a moment themselves. The file says
/// which process holds it and since when.
public final class StateLock: Sendable {
  /// Who holds the state.
  public struct Holder: Sendable, Equatable {
    /// The process; nil when the file does not say.
    public var processID: Int32?
    /// When it took the lock; nil when the file does not say.
    public var since: Date?

    /// A holder.
    public init(processID: Int32?, since: Date?) {
      self.processID = processID
      self.since = since
    }
  }

  private let descriptor: Int32

  /// Takes the lock of a state folder, which is made when it is missing.
  ///
  /// - Throws: `StateLockError`: `busy` with the holder's process id, or `unusable`.
  public init(folder: String, at now: Date = Date()) throws(StateLockError) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .unusable(folder)
    }
    let path = Self.path(folder)
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .unusable(path) }
    var lock = Self.whole
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fcntl(descriptor, Self.setLock, &lock) == 0 else {
      let code = errno
      let holder = Self.holder(descriptor)
      close(descriptor)
      guard code == EAGAIN || code == EACCES else { throw .unusable(path) }
      throw .busy(processID: holder.processID, folder: folder)
    }
    let text = Array("\(getpid())\n\(now.formatted(.iso8601))\n".utf8)
    // Over what was there, so that a full disk has room for it. Without it the lock holds all the same.
    if pwrite(descriptor, text, text.count, 0) != text.count {
      let code = errno
      guard code == ENOSPC || code == EDQUOT else {
        close(descriptor)
        throw .unusable(path)
      }
    }
    guard ftruncate(descriptor, off_t(text.count)) == 0 else {
      close(descriptor)
      throw .unusable(path)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Who holds the state of a folder; nil when nobody does.
  public static func holder(folder: String) -> Holder? {
    let descriptor = open(path(folder), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // Whoever may only read asks whether a lock for reading would be refused: it would by the one for writing.
    var lock = whole
    lock.l_type = Int16(F_RDLCK)
    guard fcntl(descriptor, getLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
    return holder(descriptor)
  }

  private static func path(_ folder: String) -> String { "\(folder)/lock" }

  /// Commands of fcntl(2) for locks of open file descriptions, which its header shows to GNU sources only.
  private static let (getLock, setLock) = (Int32(36), Int32(37))

  private static var whole: flock { flock(l_type: Int16(F_WRLCK), l_whence: 0, l_start: 0, l_len: 0, l_pid: 0) }

  private static func holder(_ descriptor: Int32) -> Holder {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    let lines = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
    return Holder(
      processID: lines.first.flatMap { Int32($0) },
      since: lines.count > 1 ? try? Date(String(lines[1]), strategy: .iso8601) : nil)
  }
}

/// The state cannot be changed now.
public enum StateLockError: ReportableError, Equatable {
  /// Another hubwatch is at work.
  case busy(processID: Int32?, folder: String)
  /// The folder or its lock file cannot be made or written.
  case unusable(String)

  public var problem: String {
    switch self {
    case .busy(let processID?, let folder):
      "hubwatch is already running, pid \(processID), and holds the state in \(folder)"
    case .busy(nil, let folder): "hubwatch is already running, and holds the state in \(folder)"
    case .unusable(let path): "\(path) cannot be written"
    }
  }

  public var advice: String? {
    switch self {
    case .busy: "wait for it, or stop it"
    case .unusable: "check its owner and mode, or name another folder in HUBWATCH_STATE"
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .busy: .busy
    case .unusable: .unusableSetup
    }
  }
}
