import Console
import Domain
import Watch

/// Tells on standard error what happens on the street: a line an event, and a progress line for downloads.
final class Narrator: Sendable {
  private let terminal: Terminal
  private let progress: ProgressBoard

  init(terminal: Terminal) {
    self.terminal = terminal
    progress = ProgressBoard(terminal: terminal)
  }

  /// The observer to be given to a street.
  var observer: StreetObserver { { [self] event in for body in Narration.bodies(event) { tell(body) } } }

  /// Shows what a street or a daemon tells of it.
  func tell(_ body: ControlReply.Body) {
    switch body {
    case .happened(let happening): line(happening)
    case .progress(let label, let done, let total): progress.show(label: label, done: done, total: total)
    case .settled: progress.reset()
    case .waiting, .output, .note, .live, .ended: break
    }
  }

  private func line(_ happening: Happening) {
    let meaning: Style.Meaning =
      switch happening.tone {
      case .plain: .faint
      case .good: .good
      case .bad: .bad
      case .warning: .warning
      }
    progress.clear()
    let safe = ForeignText.safe(Redaction.redact(happening.text), limit: 1000)
    let word = ForeignText.safe(happening.word, limit: 20)
    Terminal.write("\(terminal.style.paint(word, meaning))  \(safe)", to: 2)
  }
}
