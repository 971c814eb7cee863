import Domain

/// Why the practice hub cannot start, or cannot tell of a repository.
public enum HubServerError: ReportableError {
  /// The root is no folder that can be read.
  case noRoot(path: String)
  /// A port cannot be listened on.
  case cannotListen(address: String, reason: String)
  /// `start()` was called twice.
  case alreadyStarted
  /// A `.hub.json` does not say what it should.
  case badSidecar(path: String, reason: String)
  /// A file cannot be read, or changed while it was read.
  case unreadable(path: String, reason: String)

  /// What happened, and to which file or address.
  public var problem: String {
    switch self {
    case .noRoot(let path): "\(path) is no folder that can be read"
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    case .alreadyStarted: "the practice hub is running already"
    case .badSidecar(let path, let reason): "\(path) is no valid sidecar: \(reason)"
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .noRoot: "name a folder that holds ORG/NAME folders"
    case .cannotListen: "choose another port, or port 0 for any free one"
    case .alreadyStarted: "stop it first"
    case .badSidecar: "mend the file or delete it"
    case .unreadable: "check its permissions, and that nothing is writing it"
    }
  }

  /// Unusable setup for what was asked of the server, bad input for what lies in its folder.
  public var exitCode: ExitCode {
    switch self {
    case .noRoot, .cannotListen, .alreadyStarted: .unusableSetup
    case .badSidecar, .unreadable: .badInput
    }
  }
}
