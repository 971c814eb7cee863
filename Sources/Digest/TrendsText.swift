import Console
import Foundation

/// Trends for a terminal: a small chart of block characters a line.
public struct TrendsText: Sendable {
  private let width: Int
  private let style: Style

  /// - Parameters:
  ///   - width: columns; 60 is enough.
  ///   - style: colours, or none.
  public init(width: Int, style: Style) {
    self.width = max(40, min(width, 100))
    self.style = style
  }

  /// All charts, without a final line end.
  public func render(_ trends: Trends) -> String {
    var lines: [String] = []
    for chart in trends.charts {
      lines += lines.isEmpty ? [] : [""]
      lines.append(style.paint(chart.title, .strong))
      for line in chart.lines { lines.append(self.line(line, chart.unit)) }
    }
    guard !lines.isEmpty, let first = trends.weeks.first, let last = trends.weeks.last else {
      return "Nothing to show yet: trends grow from what `hubwatch run` finds week by week."
    }
    let span = "\(Self.day(first)) to \(Self.day(last)), one block a week"
    return (lines + ["", style.paint(TextWidth.cut(span, to: width), .faint)]).joined(separator: "\n")
  }

  /// A line a chart, of its first line: what a digest has room for.
  func glance(_ trends: Trends) -> [String] {
    trends.charts.compactMap { chart in
      chart.lines.first.map { line in
        let isNamed = chart.lines.count > 1 && chart.unit != .models
        let name = isNamed ? "\(chart.title), \(line.name)" : chart.title
        return self.line(Trends.Chart.Line(name: name, values: line.values), chart.unit, label: max(17, width / 2))
      }
    }
  }

  /// `  name  ▁▂▃  719 MiB → 512 MiB`.
  private func line(_ line: Trends.Chart.Line, _ unit: Trends.Chart.Unit, label: Int = 17) -> String {
    let known = line.values.compactMap(\.self)
    var words = known.last.map(unit.words) ?? ""
    if let first = known.first, let last = known.last, first != last {
      words = "\(unit.words(first)) → \(unit.words(last))"
    }
    let name = TextWidth.cut(ForeignText.oneLine(line.name, limit: 100), to: label)
    let padded = name + String(repeating: " ", count: max(0, label - TextWidth.columns(name)))
    let room = max(4, width - 2 - label - 2 - 2 - TextWidth.columns(words))
    return "  \(padded)  \(Self.blocks(line.values.suffix(room)))  \(style.paint(words, .faint))"
  }

  private static let steps = Array("▁▂▃▄▅▆▇█")

  /// One block a value between 0 and the largest; `·` where there is none.
  static func blocks(_ values: some Sequence<Double?>) -> String {
    let values = Array(values)
    let most = values.compactMap(\.self).max() ?? 0
    return String(
      values.map { value in
        guard let value else { return Character("·") }
        guard most > 0, value > 0 else { return steps[0] }
        return steps[min(steps.count - 1, Int(value / most * Double(steps.count - 1) + 0.5))]
      })
  }

  /// `23 November 2026`.
  private static func day(_ date: Date) -> String {
    let text = Phrases.time(date)
    return text.split(separator: ",").first.map(String.init) ?? text
  }
}
