import Console
import Digest
import Domain
import Foundation

/// A chart of trends: lines over weeks as SVG, drawn by numbers only, with a key that also says everything in words.
struct ChartView {
  let chart: Trends.Chart
  let weeks: [Date]

  private static let (width, height) = (640.0, 220.0)
  private static let (left, right, top, bottom) = (58.0, 12.0, 10.0, 24.0)

  /// The figure.
  var figure: HTML {
    let most = Self.roof(chart.lines.flatMap(\.values).compactMap(\.self).max() ?? 0, chart.unit)
    var parts: [HTML] = [.element(.desc, text: chart.lines.map(words).joined(separator: "; "))]
    for share in [0.0, 0.5, 1.0] {
      let y = y(share * most, most)
      parts.append(
        .element(
          .line,
          [
            .className("rule"), .named("x1", number(Self.left)), .named("x2", number(Self.width - Self.right)),
            .named("y1", number(y)), .named("y2", number(y)),
          ]))
      parts.append(label(share == 0 ? "0" : chart.unit.words(share * most), x: Self.left - 8, y: y + 4, anchor: "end"))
    }
    for index in marked {
      parts.append(
        label(
          day(weeks[index]), x: x(index), y: Self.height - 4,
          anchor: index == 0 ? "start" : index == weeks.count - 1 ? "end" : "middle"))
    }
    // The first line is what the chart is about, so that it lies over the others.
    for (index, line) in chart.lines.enumerated().reversed() {
      parts.append(.element(.path, [Self.hues[index % Self.hues.count], .named("d", path(line.values, most))]))
      if let last = line.values.lastIndex(where: { $0 != nil }), let value = line.values[last] {
        parts.append(
          .element(
            .circle,
            [
              Self.hues[index % Self.hues.count], .named("cx", number(x(last))), .named("cy", number(y(value, most))),
              .named("r", "3.5"),
            ]))
      }
    }
    let svg = HTML.element(
      .svg,
      [
        .named("viewBox", "0 0 \(number(Self.width)) \(number(Self.height))"), .named("role", "img"),
        .named("aria-label", chart.title),
      ], parts)
    let key = chart.lines.enumerated().map { index, line in
      HTML.element(
        .li, [],
        [
          .element(.span, [Self.swatches[index % Self.swatches.count], .named("aria-hidden", "true")], []),
          .text(words(line)),
        ])
    }
    return .element(
      .figure, [],
      [
        .element(
          .figcaption, [], [.element(.strong, text: chart.title), .element(.ul, [.className("key")], key)]), svg,
      ])
  }

  private static let hues: [HTML.Attribute] = [
    .className("hue a"), .className("hue b"), .className("hue c"), .className("hue d"), .className("hue e"),
    .className("hue f"),
  ]
  private static let swatches: [HTML.Attribute] = [
    .className("swatch a"), .className("swatch b"), .className("swatch c"), .className("swatch d"),
    .className("swatch e"), .className("swatch f"),
  ]

  /// `perplexity ≤ 8: 7.2 GiB, then 5.1 GiB`.
  private func words(_ line: Trends.Chart.Line) -> String {
    let known = line.values.compactMap(\.self)
    let (first, last) = (known.first.map(chart.unit.words) ?? "", known.last.map(chart.unit.words) ?? "")
    return "\(ForeignText.oneLine(line.name, limit: 60)): " + (first == last ? last : "\(first) → \(last)")
  }

  /// The weeks whose beginnings stand below.
  private var marked: [Int] {
    guard weeks.count > 1 else { return Array(weeks.indices) }
    let last = weeks.count - 1
    return weeks.count < 6 ? [0, last] : [0, last / 3, 2 * last / 3, last]
  }

  /// A line from each known value to the next; where one is missing it is broken.
  private func path(_ values: [Double?], _ most: Double) -> String {
    var commands: [String] = []
    var isDown = false
    for (index, value) in values.enumerated() {
      guard let value else {
        isDown = false
        continue
      }
      // A single value is a point.
      commands.append("\(isDown ? "L" : "M")\(number(x(index))) \(number(y(value, most)))" + (isDown ? "" : "h0"))
      isDown = true
    }
    return commands.joined()
  }

  private func x(_ index: Int) -> Double {
    Self.left + Double(index) * (Self.width - Self.left - Self.right) / Double(max(1, weeks.count - 1))
  }

  private func y(_ value: Double, _ most: Double) -> Double {
    Self.height - Self.bottom - (most > 0 ? value / most : 0) * (Self.height - Self.bottom - Self.top)
  }

  /// A round number at or above the largest value, so that half of it is one, too.
  static func roof(_ most: Double, _ unit: Trends.Chart.Unit) -> Double {
    guard most > 0, most.isFinite else { return 1 }
    let base = unit == .bytes ? pow(1024, (log2(most) / 10).rounded(.down)) : 1
    let scale = pow(10, log10(most / base).rounded(.down)) * base
    for step in [1, 2, 4, 6, 8, 10.0] where step * scale >= most { return step * scale }
    return 10 * scale
  }

  private func label(_ text: String, x: Double, y: Double, anchor: String) -> HTML {
    .element(.text, [.named("x", number(x)), .named("y", number(y)), .named("text-anchor", anchor)], text: text)
  }

  private func number(_ value: Double) -> String { ByteCount.decimal(value, places: 1) }

  private func day(_ date: Date) -> String {
    let style = Date.VerbatimFormatStyle(
      format: "\(day: .defaultDigits) \(month: .abbreviated)", locale: Locale(identifier: "en_US"), timeZone: .gmt,
      calendar: Calendar(identifier: .gregorian))
    return style.format(date)
  }
}
