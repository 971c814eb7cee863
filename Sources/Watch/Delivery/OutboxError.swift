import Domain

/// The outbox cannot be used.
public enum OutboxError: ReportableError, Equatable {
  /// A file or folder of it cannot be read or written, and why.
  case unusable(String, String)
  /// A file of it is not what it should be, and why.
  case damaged(String, String)
  /// Another hubwatch writes into it.
  case busy(String)

  public var problem: String {
    switch self {
    case .unusable(let path, let reason), .damaged(let path, let reason): "the outbox's \(path): \(reason)"
    case .busy(let path): "another hubwatch is writing into \(path)"
    }
  }
  public var advice: String? {
    switch self {
    case .unusable: "check its owner and mode, and the room on its disk"
    case .damaged: "nothing; it is set aside"
    case .busy: "wait for it"
    }
  }
  public var exitCode: ExitCode {
    switch self {
    case .unusable: .unusableSetup
    case .damaged: .badInput
    case .busy: .busy
    }
  }
}
