import Domain

/// Why a conversation cannot be written as the model's template wants it.
public struct ChatTemplateError: ReportableError, Equatable {
  /// What kind of trouble it is.
  public enum Kind: Sendable, Equatable {
    /// A feature of Jinja that is not known here; nothing is said about the template.
    case unsupported
    /// The template is no Jinja.
    case malformed
    /// An operation that Jinja refuses, too: a sum of a text and a number, an attribute of nothing.
    case failed
    /// The template itself refuses the conversation with `raise_exception`.
    case refused
    /// More steps, text or nesting than an honest template needs.
    case limit
  }

  /// What kind of trouble it is.
  public let kind: Kind
  /// What happened, without the place.
  let detail: String
  /// The line of the template, from 1; nil when it is not known.
  public internal(set) var line: Int?

  init(_ kind: Kind, _ detail: String, line: Int? = nil) {
    self.kind = kind
    self.detail = detail
    self.line = line
  }

  /// A feature that is not known: `filter 'x'`.
  static func unsupported(_ what: String) -> ChatTemplateError { ChatTemplateError(.unsupported, what) }

  public var problem: String {
    let place = line.map { " (line \($0) of the chat template)" } ?? ""
    return switch kind {
    case .unsupported: "unsupported in a chat template: \(detail)\(place)"
    case .malformed: "the chat template is malformed: \(detail)\(place)"
    case .failed: "the chat template fails: \(detail)\(place)"
    case .refused: "the chat template refuses the conversation: \(detail)"
    case .limit: "the chat template goes too far: \(detail)\(place)"
    }
  }

  public var advice: String? { nil }
  public var exitCode: ExitCode { .failed }
}
