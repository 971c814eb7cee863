import Domain

/// The conversation with the daemon does not come about.
public enum ControlError: ReportableError, Equatable {
  /// Nobody listens at this path.
  case absent(String)
  /// The socket is there and not for this user.
  case refused(String)
  /// The daemon has not answered within this time.
  case silent(String, seconds: Int)
  /// The other side speaks another version.
  case otherVersion(Int)
  /// What came is none of our lines.
  case rubbish(String)
  /// The connection ended before the answer did.
  case cutOff
  /// The socket cannot be made.
  case unusable(String, reason: String)

  public var problem: String {
    switch self {
    case .absent(let path): "no daemon listens at \(path)"
    case .refused(let path): "the daemon at \(path) does not answer this user"
    case .silent(let path, let seconds): "the daemon at \(path) has not answered for \(seconds) s"
    case .otherVersion(let version):
      "the other side speaks version \(version) of the control socket, and this program \(ControlRequest.currentVersion)"
    case .rubbish(let words): "the control socket brought what is no line of it: \(words)"
    case .cutOff: "the connection to the daemon ended before its answer"
    case .unusable(let path, let reason): "the control socket \(path) cannot be made: \(reason)"
    }
  }

  public var advice: String? {
    switch self {
    case .absent: "start it with `hubwatch daemon`, or systemctl start hubwatch"
    case .refused: "run it as the daemon's user, or join the group of the socket"
    case .silent: "`hubwatch status` tells whether it is well"
    case .otherVersion: "restart the daemon, so that both are of one installation"
    case .rubbish, .unusable: nil
    case .cutOff: "what it had begun goes on when the daemon does; `hubwatch status` tells"
    }
  }

  public var exitCode: ExitCode {
    switch self {
    case .absent, .refused, .silent, .cutOff: .busy
    case .otherVersion, .rubbish: .failed
    case .unusable: .unusableSetup
    }
  }
}
