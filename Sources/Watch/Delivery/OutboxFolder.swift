import Foundation
import Glibc

/// The folder of the outbox: files that are there whole or not at all, and outlive a power failure.
///
/// Names are plain and never followed through symbolic links; what is read is bounded.
final class OutboxFolder: Sendable {
  /// Where it lies.
  let path: String
  private let descriptor: Int32

  /// More than that is no message of ours.
  static let byteLimit = 8 << 20
  /// More files than that are not looked at.
  private static let nameLimit = 20_000
  private static let temporary = ".new-"

  /// Opens the folder of a state folder, and makes it when `create` says so.
  ///
  /// - Returns: nil when it is not there.
  /// - Throws: `OutboxError.unusable`.
  static func opened(state: String, create: Bool) throws(OutboxError) -> OutboxFolder? {
    let path = "\(state)/outbox"
    if create {
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      } catch {
        throw .unusable(path, "cannot be made")
      }
    }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      if errno == ENOENT, !create { return nil }
      throw .unusable(path, String(cString: strerror(errno)))
    }
    return OutboxFolder(path, descriptor)
  }

  private init(_ path: String, _ descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Takes a lock of the folder for the life of the result; nil while another process holds it.
  ///
  /// - Throws: `OutboxError.unusable`.
  func lock(_ name: String) throws(OutboxError) -> OutboxLock? {
    let file = openat(descriptor, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure(name) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let isBusy = errno == EWOULDBLOCK
      close(file)
      if isBusy { return nil }
      throw failure(name)
    }
    return OutboxLock(file)
  }

  /// The names of its files, in order.
  ///
  /// - Throws: `OutboxError.unusable`.
  func names() throws(OutboxError) -> [String] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0, let stream = fdopendir(copy) else { throw failure(".") }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream), names.count < Self.nameLimit {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether a name is there, whatever it is.
  func exists(_ name: String) -> Bool {
    var info = stat()
    return fstatat(descriptor, name, &info, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// The bytes of a file; nil when it is not there.
  ///
  /// - Throws: `OutboxError.damaged` for what is no plain file or too large.
  func read(_ name: String) throws(OutboxError) -> Data? {
    // A pipe that somebody has put there would hold us up.
    let file = openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .damaged("\(path)/\(name)", String(cString: strerror(errno)))
    }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      throw .damaged("\(path)/\(name)", "is no file")
    }
    guard info.st_size <= Self.byteLimit else { throw .damaged("\(path)/\(name)", "is larger than 8 MiB") }
    var bytes = [UInt8](repeating: 0, count: Int(info.st_size))
    var position = 0
    while position < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(file, buffer.baseAddress?.advanced(by: position), buffer.count - position)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      position += count
    }
    return Data(bytes[..<position])
  }

  /// Writes a file under a name that is not taken yet.
  ///
  /// - Returns: false when the name was taken; then that file stays as it is.
  /// - Throws: `OutboxError.unusable`.
  func create(_ name: String, _ data: Data) throws(OutboxError) -> Bool {
    let temporary = try write(data)
    defer { unlinkat(descriptor, temporary, 0) }
    guard linkat(descriptor, temporary, descriptor, name, 0) == 0 else {
      if errno == EEXIST { return false }
      throw failure(name)
    }
    try sync(name)
    return true
  }

  /// Writes a file in the place of the one of that name.
  ///
  /// - Throws: `OutboxError.unusable`; then the old one is there.
  func replace(_ name: String, _ data: Data) throws(OutboxError) {
    let temporary = try write(data)
    guard renameat(descriptor, temporary, descriptor, name) == 0 else {
      let error = failure(name)
      unlinkat(descriptor, temporary, 0)
      throw error
    }
    try sync(name)
  }

  /// Removes a file, if it is there.
  ///
  /// - Throws: `OutboxError.unusable`.
  func remove(_ name: String) throws(OutboxError) {
    guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw failure(name) }
  }

  /// Moves what makes no sense into the folder `damaged`.
  ///
  /// - Returns: where it lies now.
  /// - Throws: `OutboxError.unusable`.
  func setAside(_ name: String) throws(OutboxError) -> String {
    guard mkdirat(descriptor, "damaged", 0o700) == 0 || errno == EEXIST else { throw failure("damaged") }
    for number in 0..<1000 {
      let place = "damaged/\(name)" + (number == 0 ? "" : ".\(number)")
      var info = stat()
      guard fstatat(descriptor, place, &info, AT_SYMLINK_NOFOLLOW) != 0 else { continue }
      guard renameat(descriptor, name, descriptor, place) == 0 else { throw failure(name) }
      try sync(name)
      return "\(path)/\(place)"
    }
    throw .unusable("\(path)/damaged", "is full")
  }

  /// Removes what a killed process has left half written; under the lock for writing only.
  func clear() throws(OutboxError) {
    for name in try names() where name.hasPrefix(Self.temporary) {
      var info = stat()
      // A delivery that goes on beside may be writing one this moment.
      guard fstatat(descriptor, name, &info, AT_SYMLINK_NOFOLLOW) == 0, time(nil) - info.st_mtim.tv_sec > 3600 else {
        continue
      }
      try remove(name)
    }
  }

  private func write(_ data: Data) throws(OutboxError) -> String {
    let name = Self.temporary + UUID().uuidString
    let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw failure(name) }
    defer { close(file) }
    guard Self.writeAll(file, data), fsync(file) == 0 else {
      let error = failure(name)
      unlinkat(descriptor, name, 0)
      throw error
    }
    return name
  }

  /// Writes all bytes to a descriptor.
  static func writeAll(_ file: Int32, _ data: some ContiguousBytes) -> Bool {
    data.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count {
        let count = Glibc.write(file, bytes.baseAddress?.advanced(by: position), bytes.count - position)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        position += count
      }
      return true
    }
  }

  private func sync(_ name: String) throws(OutboxError) {
    guard fsync(descriptor) == 0 else { throw failure(name) }
  }

  private func failure(_ name: String) -> OutboxError {
    .unusable("\(path)/\(name)", String(cString: strerror(errno)))
  }
}

/// A lock of the outbox, held until it is released or the process ends.
final class OutboxLock: Sendable {
  private let descriptor: Int32
  init(_ descriptor: Int32) { self.descriptor = descriptor }
  deinit {
    // Said outright: a process that was just forked holds the same lock until it has become another program.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
