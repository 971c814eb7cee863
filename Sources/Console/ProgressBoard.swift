import Domain
import Synchronization

/// The progress of downloads: on a terminal a bar for every file under way and one for all of them, which rewrite
/// themselves; elsewhere one line every few seconds.
///
/// Thread-safe.
public final class ProgressBoard: Sendable {
  private struct File {
    var label: String
    var done: Int64
    var total: Int64
  }

  private struct State {
    var files: [File] = []
    /// What was there when the board was begun: it was not fetched now.
    var start: ContinuousClock.Instant = .now
    var startBytes: Int64 = 0
    var lastDrawn: ContinuousClock.Instant?
    var lines = 0
  }

  private let terminal: Terminal
  private let state = Mutex(State())

  private static let drawInterval: Duration = .milliseconds(100)
  private static let tellInterval: Duration = .seconds(5)
  private static let cells = 20

  /// A board on `terminal`, which is standard error.
  public init(terminal: Terminal) { self.terminal = terminal }

  /// Notes how far a file is, and shows it when it is time.
  ///
  /// - Parameters:
  ///   - label: what is being fetched; foreign text is made safe here.
  ///   - done: bytes on disk.
  ///   - total: bytes in all.
  public func show(label: String, done: Int64, total: Int64) {
    let text: String? = state.withLock { state in
      if let index = state.files.firstIndex(where: { $0.label == label }) {
        state.files[index].done = done
      } else {
        if state.files.isEmpty { state.start = .now }
        state.files.append(File(label: label, done: done, total: total))
        state.startBytes += done
      }
      let now = ContinuousClock.now
      let interval = terminal.isInteractive ? Self.drawInterval : Self.tellInterval
      guard now - (state.lastDrawn ?? (terminal.isInteractive ? now - interval : state.start)) >= interval else {
        return nil
      }
      state.lastDrawn = now
      let lines = lines(state, seconds: (now - state.start) / .seconds(1))
      guard terminal.isInteractive else { return lines.last.map { $0 + "\n" } }
      defer { state.lines = lines.count }
      return Self.erasure(state.lines) + lines.joined(separator: "\n") + "\n"
    }
    if let text { Terminal.write(text, to: 2, lineEnd: "") }
  }

  /// Takes the bars away, so that something else can be printed.
  public func clear() {
    let lines = state.withLock { state in
      defer { state.lines = 0 }
      return state.lines
    }
    if lines > 0 { Terminal.write(Self.erasure(lines), to: 2, lineEnd: "") }
  }

  /// Begins anew, with no files.
  public func reset() {
    clear()
    state.withLock { $0 = State() }
  }

  private static func erasure(_ lines: Int) -> String { String(repeating: "\u{1B}[1A\u{1B}[2K", count: lines) }

  private func lines(_ state: State, seconds: Double) -> [String] {
    let done = state.files.reduce(0) { $0 + $1.done }
    let total = state.files.reduce(0) { $0 + $1.total }
    let speed = seconds > 0.2 ? Double(done - state.startBytes) / seconds : 0
    var facts = ""
    if speed > 0 {
      facts = "  \(ByteCount(Int64(speed)).asDisk)/s  \(Self.duration(Double(total - done) / speed)) left"
    }
    if state.files.count == 1 { return [line(state.files[0].label, done, total, facts)] }
    let open = state.files.filter { $0.done < $0.total && $0.done > 0 }
    let finished = state.files.count { $0.done == $0.total }
    return open.map { line($0.label, $0.done, $0.total, "") }
      + [line("\(finished) of \(state.files.count) files", done, total, facts)]
  }

  private func line(_ label: String, _ done: Int64, _ total: Int64, _ more: String) -> String {
    let fraction = total > 0 ? min(1, Double(done) / Double(total)) : 0
    let facts = "\(Int(fraction * 100)) %  \(ByteCount(done).asDisk) of \(ByteCount(total).asDisk)\(more)"
    guard terminal.isInteractive else { return "pull  \(ForeignText.safe(label)): \(facts)" }
    let full = Int(fraction * Double(Self.cells))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.cells - full)
    let room = max(8, terminal.width - Self.cells - facts.count - 4)
    return "\(TextWidth.cut(ForeignText.safe(label), to: room)) \(bar) \(facts)"
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
