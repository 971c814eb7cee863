import Digest
import Domain
import Fit

/// Grids of quantization × context, one a device, as tables.
struct FitGridView {
  let grids: [FitGrid]
  let isVerified: Bool

  var sections: [HTML] {
    guard let first = grids.first, !first.lines.isEmpty else { return [] }
    var parts: [HTML] = [
      .p(
        "faint",
        "GiB with everything on the device, the margin included, by quantization and context."
          + (isVerified ? "" : " Its architecture is not known well, so these are estimates from its dimensions."))
    ]
    parts += grids.enumerated().map { index, grid in device(grid, isOpen: index == 0) }
    parts.append(legend)
    return [.element(.section, [.className("fits")], [.element(.h2, text: "Fit")] + parts)]
  }

  private func device(_ grid: FitGrid, isOpen: Bool) -> HTML {
    let isUnified = grid.device.isUnified
    let memory = "\(grid.device.free.asMemory) free of \(grid.device.total.asMemory)"
    let cards = grid.device.cards.count > 1 ? ", \(grid.device.cards.count) cards" : isUnified ? ", main memory" : ""
    return .element(
      .details, [.className("device")] + (isOpen ? [.flag("open")] : []),
      [
        .element(
          .summary, [],
          [
            .element(.strong, text: grid.device.name), .span("faint", " \(memory)\(cards)"),
            .text(" "), best(grid),
          ]),
        .element(
          .div,
          [
            .className("scroll"), .named("tabindex", "0"), .named("role", "region"),
            .named("aria-label", "Fit on \(grid.device.name)"),
          ], [table(grid)]),
      ])
  }

  /// The largest quantization that fits as asked for, at the first context.
  private func best(_ grid: FitGrid) -> HTML {
    let verdicts = FitVerdict.allCases
    let ranked = grid.lines.compactMap { line in
      line.cells.first.flatMap { cell in verdicts.firstIndex(of: cell.verdict).map { (line: line, rank: $0) } }
    }
    guard let best = ranked.min(by: { $0.rank < $1.rank }) else { return .text("") }
    let verdict = verdicts[best.rank]
    return .badge(
      Tone(verdict), verdict == .no ? "nothing fits" : "\(best.line.quantization) \(Words.verdict(verdict))")
  }

  private func table(_ grid: FitGrid) -> HTML {
    let head = HTML.element(
      .tr, [],
      [.element(.th, [.named("scope", "col")], text: "Context")]
        + grid.contexts.map { .element(.th, [.named("scope", "col")], text: Words.context($0)) }
        + [.element(.th, [.named("scope", "col"), .className("most")], text: "at most")])
    let lines = grid.lines.map { line in
      HTML.element(
        .tr, [],
        [
          .element(
            .th, [.named("scope", "row")],
            [.text(line.quantization)] + (line.isPublished ? [] : [.element(.small, text: " to be made")]))
        ] + line.cells.map(cell)
          + [.element(.td, [.className("most")], text: line.maxContext > 0 ? Words.context(line.maxContext) : "–")])
    }
    return .element(
      .table, [.className("grid")],
      [.element(.thead, [], [head]), .element(.tbody, [], lines)])
  }

  private func cell(_ cell: FitGrid.Cell) -> HTML {
    .element(
      .td, [Self.tone(cell.verdict)],
      [.element(.span, [.className("need")], text: Words.gibibytes(cell.bytes)), .element(.small, text: words(cell))])
  }

  private func words(_ cell: FitGrid.Cell) -> String {
    switch cell.verdict {
    case .fits: "fits"
    case .smallerBatch: "batch"
    case .q8kv: "q8 KV"
    case .smallerContext: cell.context.map { "≤ \(Words.context($0))" } ?? "less"
    case .expertsOnCpu: "experts"
    case .split: "\(cell.layers.onCard)/\(cell.layers.all)"
    case .no: "no"
    }
  }

  private static func tone(_ verdict: FitVerdict) -> HTML.Attribute {
    switch Tone(verdict) {
    case .good: .className("good")
    case .fair: .className("fair")
    case .poor: .className("poor")
    case .bad, .plain: .className("bad")
    }
  }

  private var legend: HTML {
    .div(
      "legend",
      [
        (Tone.good, "fits as asked for"), (.fair, "fits with a smaller batch, q8_0 KV cache or smaller context"),
        (.poor, "with experts or layers (on the card / all) in main memory"), (.bad, "does not fit"),
      ].map { .badge($0.0, $0.1) })
  }
}
