import Domain

/// The smoke test itself could not be carried out; nothing is said about the model.
public struct SmokeError: ReportableError, Equatable {
  public let problem: String
  public var advice: String? { nil }
  public var exitCode: ExitCode { .failed }

  init(_ problem: String) { self.problem = problem }
}
