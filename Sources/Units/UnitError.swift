import Domain
import Glibc

/// Units cannot be installed or removed.
public enum UnitError: ReportableError, Equatable {
  /// Files that somebody has changed.
  case changed([String])
  /// A file or folder that cannot be written, and why (errno).
  case unwritable(String, Int32)
  /// A file that cannot be looked at, and why (errno).
  case unreadable(String, Int32)
  /// Neither HOME nor XDG_CONFIG_HOME is set.
  case noHome
  /// Under the sandbox of the system's units a program in this place cannot be started, and why.
  case programOutOfReach(String, reason: String)
  /// No unit has that name.
  case unknown(String)
  /// A program of systemd's refused, with its words.
  case refused(command: String, words: String)

  public var problem: String {
    switch self {
    case .changed(let paths): "changed by somebody: \(paths.joined(separator: ", "))"
    case .unwritable(let path, let code): "\(path) cannot be written: \(String(cString: strerror(code)))"
    case .unreadable(let path, let code): "\(path) cannot be read: \(String(cString: strerror(code)))"
    case .noHome: "neither HOME nor XDG_CONFIG_HOME says where units of a user lie"
    case .programOutOfReach(let path, let reason): "the units could not start \(path): \(reason)"
    case .unknown(let name): "\(name) is no unit of hubwatch"
    case .refused(let command, let words): "`\(command)` failed: \(words)"
    }
  }

  public var advice: String? {
    switch self {
    case .changed: "keep changes in drop-ins (`systemctl edit UNIT`), or replace the files with --force"
    case .unwritable(_, EACCES), .unwritable(_, EPERM), .unwritable(_, EROFS):
      "run it as root (sudo), or with --user for units of your own"
    case .unwritable, .unreadable: "look at the file and its folder"
    case .noHome: "set HOME"
    case .programOutOfReach(let path, _):
      "sudo install -m 0755 \(path) /usr/local/bin/hubwatch && sudo /usr/local/bin/hubwatch units install"
    case .unknown: "`hubwatch units list` names them"
    case .refused: "the files are in their places; mend what systemd complains of, then run the command again"
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .unknown: .usage
    case .refused: .failed
    case .changed, .unwritable, .unreadable, .noHome, .programOutOfReach: .unusableSetup
    }
  }
}
