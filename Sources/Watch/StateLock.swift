import Domain
import Foundation
import Glibc

/// The right to change the state: one hubwatch at a time, for the life of the process.
public final class StateLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of a state folder, which is made when it is missing.
  ///
  /// - Throws: `StateLockError`: `busy` with the holder's process id, or `unusable`.
  public init(folder: String) throws(StateLockError) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .unusable(folder)
    }
    let path = "\(folder)/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .unusable(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var buffer = [UInt8](repeating: 0, count: 32)
      let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
      close(descriptor)
      guard code == EWOULDBLOCK else { throw .unusable(path) }
      let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
      throw .busy(processID: Int32(text.prefix { $0.isNumber }), folder: folder)
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
      close(descriptor)
      throw .unusable(path)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}

/// The state cannot be changed now.
public enum StateLockError: ReportableError, Equatable {
  /// Another hubwatch is at work.
  case busy(processID: Int32?, folder: String)
  /// The folder or its lock file cannot be made or written.
  case unusable(String)

  public var problem: String {
    switch self {
    case .busy(let processID?, let folder): "another hubwatch (process \(processID)) holds the state in \(folder)"
    case .busy(nil, let folder): "another hubwatch holds the state in \(folder)"
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
