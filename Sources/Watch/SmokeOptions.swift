import Foundation
import Glibc
import Settings
import Smoke

extension SmokeRunner.Options {
  /// The limits of the configuration; 0 threads become every processor.
  public init(_ settings: Settings.Smoke) {
    self.init(
      threads: settings.threads > 0 ? settings.threads : ProcessInfo.processInfo.activeProcessorCount,
      timeoutSeconds: settings.timeoutSeconds, memory: settings.memory, socket: settings.socketPath)
  }
}

extension Settings.Smoke {
  /// Where systemd listens for the service.
  static let usualSocket = "/run/hubwatch-smoke.sock"

  /// The socket to be used; nil for a child process.
  ///
  /// Without a word from the person it is taken by the user that the service is for. Root could use it, too, but often means
  /// files that the service may not read.
  public var socketPath: String? {
    guard socket == Self.automaticSocket else { return socket.isEmpty ? nil : socket }
    return geteuid() != 0 && access(Self.usualSocket, W_OK) == 0 ? Self.usualSocket : nil
  }
}
