import Foundation
import Logging

/// Log lines on standard error: redacted, foreign text made safe, with journald's priority where journald reads.
public struct ConsoleLogHandler: LogHandler {
  /// How a line is written.
  public enum Format: String, Sendable {
    /// For a person: `fetched bytes=5 model=org/name`.
    case text
    /// For programs: one JSON object a line.
    case json
  }

  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  private let label: String
  private let format: Format
  private let isJournal: Bool

  /// A handler for one label.
  ///
  /// - Parameters:
  ///   - format: for a person or for programs.
  ///   - environment: `JOURNAL_STREAM`, set by systemd, says that journald reads standard error; then lines start with a
  ///     syslog priority (`<6>`), which journald takes away, and lines for a person carry no time of their own.
  public init(label: String, level: Logger.Level, format: Format = .text, environment: [String: String]) {
    self.label = label
    self.format = format
    logLevel = level
    isJournal = environment["JOURNAL_STREAM"] != nil
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let level = event.level
    let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let line =
      switch format {
      case .text: Self.text(event, merged, withTime: !isJournal)
      case .json: LogLine.json(event, merged, label: label, at: .now)
      }
    Terminal.write(isJournal ? "<\(Self.priority(level))>\(line)" : line, to: 2)
  }

  private static func text(_ event: LogEvent, _ metadata: Logger.Metadata, withTime: Bool) -> String {
    let fields = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let text = ForeignText.safe(Redaction.redact("\(event.message)\(fields)"), limit: 4096)
    return withTime ? "\(Date.now.formatted(.iso8601)) \(event.level) \(text)" : text
  }

  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}
