/// A table of text, aligned by columns and fitted to a width.
public struct Table: Sendable {
  /// One column.
  public struct Column: Sendable {
    var title: String
    var isRightAligned: Bool
    var mayShrink: Bool
    var mayVanish: Bool

    /// A column; numbers are aligned to the right. On narrow terminals columns that may shrink give way first, then
    /// those that may vanish, the last first.
    public init(_ title: String, isRightAligned: Bool = false, mayShrink: Bool = false, mayVanish: Bool = false) {
      self.title = title
      self.isRightAligned = isRightAligned
      self.mayShrink = mayShrink
      self.mayVanish = mayVanish
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

  /// A column that may shrink keeps as many cells of the terminal.
  private static let leastWidth = 12

  /// The lines: a heading and the rows, no line wider than `width` as long as columns can give way.
  public func lines(width: Int, style: Style) -> [String] {
    var widths = columns.map { TextWidth.columns($0.title) }
    for row in rows {
      for (index, cell) in row.prefix(columns.count).enumerated() {
        widths[index] = max(widths[index], TextWidth.columns(cell.text))
      }
    }
    var shown = Array(columns.indices)
    // The widest gives way first, so that no column vanishes for another one's long texts.
    func leastWidth(_ index: Int) -> Int {
      columns[index].mayShrink ? min(widths[index], Self.leastWidth) : widths[index]
    }
    while shown.map(leastWidth).reduce(2 * (shown.count - 1), +) > width,
      let last = shown.lastIndex(where: { columns[$0].mayVanish })
    {
      shown.remove(at: last)
    }
    var excess = shown.map { widths[$0] }.reduce(2 * (shown.count - 1), +) - width
    while excess > 0, let widest = shown.filter({ widths[$0] > leastWidth($0) }).max(by: { widths[$0] < widths[$1] }) {
      widths[widest] -= 1
      excess -= 1
    }
    func line(_ cells: [Cell], _ fallback: Style.Meaning?) -> String {
      var pieces: [String] = []
      for index in shown {
        let column = columns[index]
        let text = TextWidth.cut(cells[index].text, to: widths[index])
        let padding = String(repeating: " ", count: max(0, widths[index] - TextWidth.columns(text)))
        let painted = (cells[index].meaning ?? fallback).map { style.paint(text, $0) } ?? text
        let isLast = index == shown.last
        pieces.append(column.isRightAligned ? padding + painted : isLast ? painted : painted + padding)
      }
      return pieces.joined(separator: "  ")
    }
    return [line(columns.map { Cell($0.title) }, .faint)] + rows.map { line($0, nil) }
  }
}
