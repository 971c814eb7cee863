/// A file of systemd's: a unit, the user that it runs as, or folders to be made.
public struct UnitFile: Sendable, Equatable {
  /// The kinds of files, which lie in different places.
  public enum Kind: Sendable { case unit, users, folders }

  /// Its name: `hubwatch.service`.
  public let name: String
  /// What it is.
  public let kind: Kind
  /// Its whole text.
  public let text: String

  /// A file.
  public init(name: String, kind: Kind, text: String) {
    self.name = name
    self.kind = kind
    self.text = text
  }

  /// Where units say that the program lies.
  static let usualProgram = "/usr/bin/hubwatch"

  /// The same file for a program that lies elsewhere.
  func naming(program: String) -> UnitFile {
    // Of a unit's own signs only these two mean something within a path; blanks end it.
    let path = program.replacing("%", with: "%%").replacing("\\", with: "\\\\").replacing(" ", with: "\\x20")
    return UnitFile(name: name, kind: kind, text: text.replacing(Self.usualProgram, with: path))
  }

  /// Whether it can be enabled.
  public var isStartable: Bool { text.contains("\n[Install]\n") }
}
