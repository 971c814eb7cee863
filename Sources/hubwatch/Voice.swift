import Console
import Domain
import Watch

/// To whom a piece of work speaks: the terminal of this process, or somebody at the other end of the control socket. The
/// work does not know which, so that both read the same.
struct Voice: Sendable {
  /// Colours, or none.
  let style: Style
  /// Takes a part of the result and its line end.
  private let output: @Sendable (String, String) throws -> Void
  /// Takes a line that is no result.
  let note: @Sendable (String) -> Void
  /// Is shown what happens on the street.
  let observer: StreetObserver

  /// The terminal.
  init(_ common: CommonOptions) {
    style = common.terminal.style
    output = { try common.print($0, lineEnd: $1) }
    note = { common.note($0) }
    observer = Narrator(terminal: common.errorTerminal).observer
  }

  /// The other end of a connection.
  init(_ session: ControlSession, isColoured: Bool) {
    style = Style(isColoured: isColoured)
    output = { session.send(.output(text: $0, lineEnd: $1)) }
    note = { session.send(.note(text: $0)) }
    observer = { event in for body in Narration.bodies(event) { session.send(body) } }
  }

  /// Prints a part of the result.
  ///
  /// - Throws: `OutputError` when nobody can read it.
  func print(_ text: String, lineEnd: String = "\n") throws { try output(text, lineEnd) }
}
