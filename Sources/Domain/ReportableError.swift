/// An error that a person can act upon.
///
/// Every room has its own error type; the command line prints all of them the same way, as
/// `hubwatch: <problem>` and, when there is one, `  <advice>`, and leaves with `exitCode`.
public protocol ReportableError: Error, CustomStringConvertible {
  /// What happened, and to which model, file or address. One line, without secrets.
  var problem: String { get }
  /// What to do next. One line; nil when nothing but trying again would help.
  var advice: String? { get }
  /// How the process ends when the error reaches the command line.
  var exitCode: ExitCode { get }
}

extension ReportableError {
  /// The problem and the advice, as they go to a log line.
  public var description: String {
    guard let advice else { return problem }
    return "\(problem); \(advice)"
  }
}
