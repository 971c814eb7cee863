import Foundation
import Settings
import Smoke

extension SmokeRunner.Options {
  /// The limits of the configuration; 0 threads become every processor.
  public init(_ settings: Settings.Smoke) {
    self.init(
      threads: settings.threads > 0 ? settings.threads : ProcessInfo.processInfo.activeProcessorCount,
      timeoutSeconds: settings.timeoutSeconds, memory: settings.memory)
  }
}
