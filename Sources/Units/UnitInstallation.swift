import Checksums
import Domain
import Foundation
import Glibc

/// The files of hubwatch in systemd's folders: put there, looked at, and taken away again.
///
/// Each file begins with a line that holds a checksum of the rest. So a file that nobody has changed is brought up to date without
/// a question, and one that a person has changed is left alone.
public struct UnitInstallation: Sendable {
  /// Whose systemd it is.
  public enum Scope: String, Sendable { case system, user }

  /// How a file stands.
  public enum Standing: String, Sendable {
    /// Not there.
    case missing
    /// As it should be.
    case current
    /// Written by another version, or for a program elsewhere, and by nobody else since.
    case outdated
    /// Somebody has changed it, or it is not ours; a link counts as this, as by one a unit is masked.
    case changed
  }

  /// A file and where it belongs.
  public struct Item: Sendable {
    /// The name by which systemd knows it.
    public let name: String
    /// Its place.
    public let path: String
    /// Whether it is a unit that can be enabled.
    public let isStartable: Bool
    /// What should stand there.
    public let text: String
  }

  /// Whose systemd.
  public let scope: Scope
  /// All files.
  public let items: [Item]

  /// The folder in which the program's own package has put the system's units; nil when there are none.
  public let packaged: String?

  /// Where packages and `make install` put units.
  private static let packageFolders = [
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
  ]

  /// The longest file that is read.
  static let sizeLimit = 64 << 10

  /// - Parameters:
  ///   - root: a folder that is taken for `/`; empty for the machine's own.
  ///   - program: where the program lies.
  ///   - version: of the program, for a person who looks into a file.
  ///   - environment: `XDG_CONFIG_HOME` and `HOME` say where a user's units lie.
  /// - Throws: `UnitError.noHome` when a user's folder is not known.
  public init(
    _ scope: Scope, root: String = "", program: String, version: String, environment: [String: String]
  ) throws(UnitError) {
    self.scope = scope
    packaged =
      scope == .user
      ? nil
      : Self.packageFolders.map { root + $0 }.first {
        FileManager.default.fileExists(atPath: "\($0)/hubwatch.service")
      }
    let (folder, files): (String, [UnitFile])
    switch scope {
    case .system: (folder, files) = ("\(root)/etc/systemd/system", UnitFiles.system)
    case .user:
      let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      let base = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      guard let configuration = base ?? home.map({ "\($0)/.config" }) else { throw .noHome }
      (folder, files) = ("\(root)\(configuration)/systemd/user", UnitFiles.user)
    }
    items = files.map { file in
      let path =
        switch file.kind {
        case .unit: "\(folder)/\(file.name)"
        case .users: "\(root)/etc/sysusers.d/\(file.name)"
        case .folders: "\(root)/etc/tmpfiles.d/\(file.name)"
        }
      return Item(
        name: file.kind == .unit ? file.name : path.split(separator: "/").suffix(2).joined(separator: "/"), path: path,
        isStartable: file.isStartable, text: Seal.sealed(file.naming(program: program).text, version: version))
    }
  }

  /// How a file stands now.
  ///
  /// - Throws: `UnitError.unreadable`.
  public func standing(of item: Item) throws(UnitError) -> Standing {
    var info = stat()
    guard lstat(item.path, &info) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return .missing }
      throw .unreadable(item.path, errno)
    }
    guard info.st_mode & S_IFMT == S_IFREG, info.st_size <= Self.sizeLimit else { return .changed }
    guard let data = FileManager.default.contents(atPath: item.path) else { throw .unreadable(item.path, EACCES) }
    guard let text = String(bytes: data, encoding: .utf8) else { return .changed }
    if text == item.text { return .current }
    return Seal.isIntact(text) ? .outdated : .changed
  }

  /// Brings every file up to date.
  ///
  /// Nothing is written when one of them was changed by somebody and may not be replaced.
  ///
  /// - Returns: what was written.
  /// - Throws: `UnitError`.
  public func install(replacingChanged: Bool) throws(UnitError) -> [Item] {
    var wanted: [Item] = []
    var changed: [String] = []
    for item in items {
      switch try standing(of: item) {
      case .current: continue
      case .changed where !replacingChanged: changed.append(item.path)
      case .missing, .outdated, .changed: wanted.append(item)
      }
    }
    guard changed.isEmpty else { throw .changed(changed) }
    for item in wanted { try Self.write(item) }
    return wanted
  }

  /// Takes away every file that nobody has changed.
  ///
  /// - Returns: what was taken away, and what was left because somebody had changed it.
  /// - Throws: `UnitError`.
  public func remove() throws(UnitError) -> (removed: [Item], left: [Item]) {
    var (removed, left): ([Item], [Item]) = ([], [])
    for item in items {
      switch try standing(of: item) {
      case .missing: continue
      case .changed: left.append(item)
      case .current, .outdated:
        guard unlink(item.path) == 0 else { throw .unwritable(item.path, errno) }
        removed.append(item)
      }
    }
    return (removed, left)
  }

  /// Whole or not at all: systemd may read it at any moment.
  private static func write(_ item: Item) throws(UnitError) {
    let folder = URL(fileURLWithPath: item.path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    } catch {
      throw .unwritable(folder, errno)
    }
    let temporary = "\(folder)/.\(item.name.replacing("/", with: "-")).\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw .unwritable(item.path, errno) }
    let bytes = Array(item.text.utf8)
    let isWritten =
      Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fchmod(descriptor, 0o644) == 0
      && fsync(descriptor) == 0
    let code = errno
    close(descriptor)
    guard isWritten else {
      unlink(temporary)
      throw .unwritable(item.path, code)
    }
    guard rename(temporary, item.path) == 0 else {
      let code = errno
      unlink(temporary)
      throw .unwritable(item.path, code)
    }
  }
}

/// The first line of a file that hubwatch has written.
private enum Seal {
  private static let beginning = "# Written by `hubwatch units install`"

  static func sealed(_ text: String, version: String) -> String {
    "\(beginning), hubwatch \(version). Changes belong into a drop-in. Checksum of the rest: \(checksum(text))\n\(text)"
  }

  static func isIntact(_ text: String) -> Bool {
    guard text.hasPrefix(beginning), let end = text.firstIndex(of: "\n") else { return false }
    return text[..<end].hasSuffix(" \(checksum(text[text.index(after: end)...]))")
  }

  private static func checksum(_ text: some StringProtocol) -> Substring { Checksums.sha256(text.utf8).prefix(16) }
}
