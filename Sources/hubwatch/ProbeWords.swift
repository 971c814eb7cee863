import Console
import Domain

/// Results of probes for people.
enum ProbeWords {
  /// `6 of 21 probes passed, 2 not asked`.
  static func summary(_ results: [ProbeResult]) -> String {
    let (passed, asked, silent) = counts(results)
    let rest = silent > 0 ? ", \(silent) not asked" : ""
    return "\(passed) of \(asked) probes passed\(rest)"
  }

  private static func counts(_ results: [ProbeResult]) -> (passed: Int, asked: Int, silent: Int) {
    let passed = results.count { $0.outcome == .passed }
    let silent = results.count { $0.outcome == .notAsked }
    return (passed, results.count - silent, silent)
  }

  /// How many probes of each ability are passed: `knowledge 2/3`, in the suite's order.
  static func abilities(_ results: [ProbeResult]) -> [String] {
    var names: [String] = []
    for result in results where !names.contains(result.capability) { names.append(result.capability) }
    return names.compactMap { name in
      let (passed, asked, _) = counts(results.filter { $0.capability == name })
      return asked > 0 ? "\(name) \(passed)/\(asked)" : nil
    }
  }

  /// A table of results, and a line for each ability.
  static func lines(_ results: [ProbeResult], width: Int, style: Style) -> [String] {
    var table = Table([
      .init(""), .init("probe", mayShrink: true), .init("ability", mayVanish: true),
      .init("right", isRightAligned: true),
      .init("why not", mayShrink: true),
    ])
    for result in results {
      let mark: Table.Cell =
        switch result.outcome {
        case .passed: .init("✓", .good)
        case .failed: .init("✗", .bad)
        case .notAsked: .init("·", .faint)
        }
      let reason = result.outcome == .passed ? "" : result.reason ?? ""
      table.add([
        mark, .init(ForeignText.oneLine(result.name, limit: 60)),
        .init(ForeignText.oneLine(result.capability, limit: 60)),
        .init(result.outcome == .notAsked ? "" : "\(result.right)/\(result.cases)"),
        .init(ForeignText.oneLine(reason, limit: 200), .faint),
      ])
    }
    return table.lines(width: width, style: style)
  }
}
