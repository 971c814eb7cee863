import Digest

/// The two lines of the story, and what is new, over the weeks.
struct TrendsView {
  let visit: Visit
  let trends: Trends

  func document() -> String {
    let figures = trends.charts.map { ChartView(chart: $0, weeks: trends.weeks).figure }
    var main: [HTML] = [
      .div(
        "title",
        [
          .element(.h1, text: "Trends"),
          .element(
            .p, [.className("lead")],
            text:
              "How little memory a quality needs, what your card holds, and what is new, week by week; the last point is this week so far."
          ),
        ])
    ]
    if figures.isEmpty {
      main.append(
        .div("empty", [.element(.p, text: "Nothing to draw yet: lines appear once models were tested and judged.")]))
    }
    main.append(.div("figures", figures))
    return Frame.document("Trends", place: .trends, visit: visit, main)
  }
}
