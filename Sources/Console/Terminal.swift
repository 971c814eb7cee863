import Foundation
import Glibc

/// Where output goes, and what can be done there.
public struct Terminal: Sendable {
  /// Whether it is a terminal rather than a file or a pipe.
  public let isInteractive: Bool
  /// Columns; 100 where there is no terminal.
  public let width: Int
  /// Colours, or none.
  public let style: Style

  /// Looks at a file descriptor.
  ///
  /// - Parameters:
  ///   - descriptor: 1 for results, 2 for progress.
  ///   - environment: `NO_COLOR` (when not empty), `TERM=dumb` and `COLUMNS` are honoured; with `CLICOLOR_FORCE` (neither
  ///     empty nor 0) there are colours where there is no terminal, too (https://bixense.com/clicolors).
  ///   - colourWanted: false for `--no-color`.
  public init(descriptor: Int32, environment: [String: String], colourWanted: Bool = true) {
    isInteractive = isatty(descriptor) == 1
    var size = winsize()
    if let columns = environment["COLUMNS"].flatMap({ Int($0) }), (20...1000).contains(columns) {
      width = columns
    } else if isInteractive, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 {
      width = Int(size.ws_col)
    } else {
      width = 100
    }
    let noColour = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    let isForced = environment["CLICOLOR_FORCE"].map { !["", "0"].contains($0) } ?? false
    let canBeColoured = isForced || isInteractive && environment["TERM"] != "dumb"
    style = Style(isColoured: canBeColoured && colourWanted && !noColour)
  }

  /// Writes `text` and a line end to a descriptor, whole; false when the reader has gone away.
  @discardableResult
  public static func write(_ text: String, to descriptor: Int32, lineEnd: String = "\n") -> Bool {
    let bytes = Array((text + lineEnd).utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { return false }
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&poller, 1, 1000)
        continue
      }
      written += count
    }
    return true
  }
}
