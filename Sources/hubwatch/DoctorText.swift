import Console
import Doctor

/// The report of `doctor` for a terminal.
struct DoctorText {
  let width: Int
  let style: Style

  /// The whole report, without a final line end. Commands stay on one line, so that they can be copied.
  func render(_ report: DoctorReport) -> String {
    let troubles = report.findings.filter { $0.severity == .trouble }.count
    let hints = report.findings.count - troubles
    var lines = [style.paint(heading(report.checks.count, troubles, hints), .heading)]
    for finding in report.findings {
      let isBad = finding.severity == .trouble
      lines.append("")
      let problem = WrappedText.lines("\(isBad ? "✗" : "·") \(finding.problem)", width: width)
      lines += problem.map { style.paint($0, isBad ? .bad : .strong) }
      lines += WrappedText.lines(finding.consequence, width: width, indent: 2)
      lines.append("  " + style.paint("$ \(ForeignText.safe(finding.command, limit: 2000))", .good))
    }
    return lines.joined(separator: "\n")
  }

  private func heading(_ checks: Int, _ troubles: Int, _ hints: Int) -> String {
    func count(_ number: Int, _ word: String) -> String {
      number == 1 ? "1 \(word)" : "\(number) \(word)s"
    }
    let findings = [(troubles, "trouble"), (hints, "hint")].filter { $0.0 > 0 }.map {
      count($0.0, $0.1)
    }
    let result = findings.isEmpty ? "all well" : findings.joined(separator: " and ")
    return "hubwatch doctor: \(result), by \(checks) checks"
  }
}
