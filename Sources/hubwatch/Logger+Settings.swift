import Console
import Logging
import Settings

extension Logger {
  /// A logger for standard error, as `[log]` wants it.
  init(_ settings: Settings.Log, environment: [String: String]) {
    let level = Level(rawValue: settings.level) ?? .notice
    let format = ConsoleLogHandler.Format(rawValue: settings.format) ?? .text
    self.init(label: "hubwatch") {
      ConsoleLogHandler(label: $0, level: level, format: format, environment: environment)
    }
  }
}
