import Console
import Domain
import Foundation

/// Trends as charts in an HTML page: one SVG each, drawn by numbers only.
struct TrendsHTML {
  private static let (width, height) = (600.0, 170.0)
  private static let (left, right, top, bottom) = (8.0, 8.0, 16.0, 20.0)

  /// A figure a chart.
  static func figures(_ trends: Trends) -> [HTML] { trends.charts.map { figure($0, trends.weeks) } }

  private static func figure(_ chart: Trends.Chart, _ weeks: [Date]) -> HTML {
    let most = chart.lines.flatMap(\.values).compactMap(\.self).max() ?? 0
    var parts = [HTML.element(.desc, text: chart.words)]
    for (index, line) in chart.lines.enumerated() {
      let dash = index == 0 ? "none" : "\(2 + index * 2) \(2 + index)"
      parts.append(
        .element(.path, [.named("d", path(line.values, most: most)), .named("stroke-dasharray", dash)]))
    }
    parts.append(label(chart.unit.words(most), x: left, y: top - 4, anchor: "start"))
    if let first = weeks.first, let last = weeks.last {
      parts.append(label(day(first), x: left, y: height - 4, anchor: "start"))
      parts.append(label(day(last), x: width - right, y: height - 4, anchor: "end"))
    }
    let svg = HTML.element(
      .svg, [.named("viewBox", "0 0 600 170"), .named("role", "img"), .named("aria-label", chart.title)], parts)
    let caption = HTML.element(
      .figcaption, [], [.element(.strong, text: chart.title), .text(". \(chart.words)", limit: 2000)])
    return .element(.figure, [], [svg, caption])
  }

  private static func label(_ text: String, x: Double, y: Double, anchor: String) -> HTML {
    .element(
      .text, [.named("x", number(x)), .named("y", number(y)), .named("text-anchor", anchor)], text: text)
  }

  /// A line from each known value to the next; where one is missing it is broken.
  static func path(_ values: [Double?], most: Double) -> String {
    let step = (width - left - right) / Double(max(1, values.count - 1))
    var commands: [String] = []
    var isDown = false
    for (index, value) in values.enumerated() {
      guard let value, most > 0 else {
        isDown = false
        continue
      }
      let x = left + Double(index) * step
      let y = height - bottom - value / most * (height - bottom - top)
      // A single value is a short stroke.
      commands.append("\(isDown ? "L" : "M")\(number(x)) \(number(y))" + (isDown ? "" : "h2"))
      isDown = true
    }
    return commands.joined()
  }

  private static func number(_ value: Double) -> String { ByteCount.decimal(value, places: 1) }

  private static func day(_ date: Date) -> String { String(date.formatted(.iso8601).prefix(10)) }
}
