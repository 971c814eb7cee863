import Foundation
import Logging

/// Log lines on standard error: redacted, foreign text made safe, with journald's priority where journald reads.
public struct ConsoleLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  private let label: String
  private let isJournal: Bool

  /// A handler for one label.
  ///
  /// - Parameter environment: `JOURNAL_STREAM`, set by systemd, says that journald reads standard error; then
  ///   lines start with a syslog priority (`<6>`) and carry no time of their own.
  public init(label: String, level: Logger.Level, environment: [String: String]) {
    self.label = label
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
    let fields = merged.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let text = ForeignText.safe(Redaction.redact("\(event.message)\(fields)"), limit: 4096)
    if isJournal {
      Terminal.write("<\(Self.priority(level))>\(text)", to: 2)
    } else {
      let time = Date.now.formatted(.iso8601)
      Terminal.write("\(time) \(level) \(text)", to: 2)
    }
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
