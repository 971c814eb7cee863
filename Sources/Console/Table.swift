/// A table of text, aligned by columns and fitted to a width.
public struct Table: Sendable {
  /// One column.
  public struct Column: Sendable {
    var title: String
    var isRightAligned: Bool
    var mayShrink: Bool

    /// A column; numbers are aligned to the right, and a column that may shrink gives way on narrow terminals.
    public init(_ title: String, isRightAligned: Bool = false, mayShrink: Bool = false) {
      self.title = title
      self.isRightAligned = isRightAligned
      self.mayShrink = mayShrink
    }
  }

  /// One cell: its text and what it means.
  public struct Cell: Sendable, ExpressibleByStringInterpolation {
    var text: String
    var meaning: Style.Meaning?

    /// A cell.
    public init(_ text: String, _ meaning: Style.Meaning? = nil) {
      self.text = text
      self.meaning = meaning
    }
    public init(stringLiteral text: String) { self.init(text) }
  }

  private var columns: [Column]
  private var rows: [[Cell]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row; missing cells are empty.
  public mutating func add(_ cells: [Cell]) {
    rows.append(cells + Array(repeating: "", count: max(0, columns.count - cells.count)))
  }

  /// The lines: a heading and the rows, no line wider than `width` as long as shrinkable columns can give way.
  public func lines(width: Int, style: Style) -> [String] {
    var widths = columns.map { TextWidth.columns($0.title) }
    for row in rows {
      for (index, cell) in row.prefix(columns.count).enumerated() {
        widths[index] = max(widths[index], TextWidth.columns(cell.text))
      }
    }
    let gaps = 2 * (columns.count - 1)
    var excess = widths.reduce(gaps, +) - width
    for index in columns.indices where columns[index].mayShrink && excess > 0 {
      let given = min(excess, max(0, widths[index] - 12))
      widths[index] -= given
      excess -= given
    }
    func line(_ cells: [Cell], _ fallback: Style.Meaning?) -> String {
      var pieces: [String] = []
      for (index, column) in columns.enumerated() {
        let text = TextWidth.cut(cells[index].text, to: widths[index])
        let padding = String(repeating: " ", count: max(0, widths[index] - TextWidth.columns(text)))
        let painted = (cells[index].meaning ?? fallback).map { style.paint(text, $0) } ?? text
        let isLast = index == columns.count - 1
        pieces.append(column.isRightAligned ? padding + painted : isLast ? painted : painted + padding)
      }
      return pieces.joined(separator: "  ")
    }
    return [line(columns.map { Cell($0.title) }, .faint)] + rows.map { line($0, nil) }
  }
}
