import Domain
import Synchronization

/// A download's progress: one line that rewrites itself on a terminal, nothing elsewhere.
///
/// Thread-safe; it draws at most ten times a second.
public final class ProgressLine: Sendable {
  private struct State {
    var lastDrawn: ContinuousClock.Instant?
    var isVisible = false
  }
  private let terminal: Terminal
  private let state = Mutex(State())

  /// A line on `terminal`, which is standard error.
  public init(terminal: Terminal) { self.terminal = terminal }

  /// Shows how far a transfer is.
  ///
  /// - Parameters:
  ///   - label: what is being fetched; foreign text is made safe here.
  ///   - done: bytes on disk.
  ///   - total: bytes in all.
  ///   - bytesPerSecond: of this run; nil while unknown.
  public func show(label: String, done: Int64, total: Int64, bytesPerSecond: Double?) {
    guard terminal.isInteractive else { return }
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      if let last = state.lastDrawn, now - last < .milliseconds(100), done < total { return false }
      state.lastDrawn = now
      state.isVisible = true
      return true
    }
    guard isDue else { return }
    let fraction = total > 0 ? min(1, Double(done) / Double(total)) : 0
    let cells = 20
    let full = Int(fraction * Double(cells))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
    var facts = " \(Int(fraction * 100)) %  \(ByteCount(done).asDisk) of \(ByteCount(total).asDisk)"
    if let bytesPerSecond, bytesPerSecond > 0 {
      facts += "  \(ByteCount(Int64(bytesPerSecond)).asDisk)/s"
      facts += "  \(Self.duration(Double(total - done) / bytesPerSecond)) left"
    }
    let room = max(8, terminal.width - cells - facts.count - 4)
    let name = TextWidth.cut(ForeignText.safe(label), to: room)
    Terminal.write("\r\u{1B}[K\(name) \(bar)\(facts)", to: 2, lineEnd: "")
  }

  /// Takes the line away, so that something else can be printed.
  public func clear() {
    let wasVisible = state.withLock { state in
      defer { state.isVisible = false }
      return state.isVisible
    }
    if wasVisible { Terminal.write("\r\u{1B}[K", to: 2, lineEnd: "") }
  }

  /// `95 s`, `4 min`, `2 h 10 min`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    let whole = Int(min(seconds, 3.6e7).rounded(.up))
    if whole < 120 { return "\(whole) s" }
    if whole < 7200 { return "\(whole / 60) min" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
