/// Something that a check has found.
public struct Finding: Sendable, Equatable, Encodable {
  /// How bad it is.
  public enum Severity: String, Sendable, Encodable {
    /// Something does not work, or will not.
    case trouble
    /// All works, and could be better.
    case hint
  }

  /// The name of the check.
  public internal(set) var check = ""
  /// How bad it is.
  public var severity: Severity
  /// What is the matter, and with what. May hold foreign text.
  public var problem: String
  /// What follows from it; empty where that is plain.
  public var consequence: String
  /// The command, for a shell, that mends it or begins to.
  public var command: String

  /// Something does not work.
  static func trouble(_ problem: String, _ consequence: String = "", mend command: String) -> Finding {
    Finding(severity: .trouble, problem: problem, consequence: consequence, command: command)
  }
  /// Something could be better.
  static func hint(_ problem: String, _ consequence: String = "", mend command: String) -> Finding {
    Finding(severity: .hint, problem: problem, consequence: consequence, command: command)
  }
}

/// Words for a shell.
enum Shell {
  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%~")

  /// A word that the shell takes as it is.
  static func word(_ text: String) -> String {
    guard text.isEmpty || !text.allSatisfy(plain.contains) else { return text }
    return "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
