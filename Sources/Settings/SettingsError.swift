import Domain

/// The configuration cannot be used.
public struct SettingsError: ReportableError, Equatable {
  /// The file or variable it came from.
  public let source: String
  /// Every problem found, in the file's order.
  public let problems: [Problem]

  /// One thing that is wrong.
  public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Line in the file, from 1; nil where the place is not known.
    public let line: Int?
    /// What is wrong, and what was wanted.
    public let description: String

    init(line: Int?, description: String) {
      self.line = line
      self.description = description
    }
  }

  init(source: String, problems: [Problem]) {
    self.source = source
    self.problems = problems
  }

  /// One problem with a whole file or variable.
  public init(source: String, _ description: String) {
    self.init(source: source, problems: [Problem(line: nil, description: description)])
  }

  public var problem: String {
    let lines = problems.map { problem in
      problem.line.map { "\(source), line \($0): \(problem.description)" } ?? "\(source): \(problem.description)"
    }
    return lines.joined(separator: "\n")
  }
  public var advice: String? { "mend it, or compare with the output of `hubwatch config init`" }
  public var exitCode: ExitCode { .unusableSetup }
}
