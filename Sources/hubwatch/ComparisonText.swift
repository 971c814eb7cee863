import Console
import Domain

/// A comparison for a terminal.
struct ComparisonText {
  let width: Int
  let style: Style

  /// The whole comparison, without a final line end.
  func render(_ comparison: Comparison) -> String {
    let (a, b) = (comparison.a, comparison.b)
    var lines = [("A", a), ("B", b)].map { name, model in
      style.paint(TextWidth.cut("\(name)  \(ForeignText.oneLine(model.title, limit: 300))", to: width), .heading)
    }
    var table = Table([.init(""), .init("A", mayShrink: true), .init("B", mayShrink: true)])
    func add(_ name: String, _ value: (ComparedModel) -> String?, _ better: Comparison.Better? = nil) {
      guard value(a) != nil || value(b) != nil else { return }
      table.add([.init(name), cell(value(a), better == .a), cell(value(b), better == .b)])
    }
    func better(_ name: String) -> Comparison.Better? { comparison.measures.first { $0.name == name }?.better }
    add("architecture") { $0.architecture }
    add("quantization") { $0.quantization }
    add("parameters") { RepoRow.short($0.parameters) }
    add("layers") { $0.layers.map { "\($0)" } }
    add("width") { $0.embedding.map { "\($0)" } }
    add("context", { $0.contextLength.map { "\($0)" } }, better("contextLength"))
    add("file", { $0.fileBytes.map { ByteCount($0).asDisk } }, better("fileBytes"))
    add("needs on the card", { $0.neededBytes.map { ByteCount($0).asMemory } }, better("neededBytes"))
    add("peak of the test", { $0.peakMemoryBytes.map { ByteCount($0).asMemory } }, better("peakMemoryBytes"))
    add("verdict") { $0.verdict?.rawValue }
    add("loaded in s", { decimal($0.loadSeconds, 2) }, better("loadSeconds"))
    add("prompt tokens/s", { decimal($0.promptTokensPerSecond, 1) }, better("promptTokensPerSecond"))
    add("tokens/s", { decimal($0.tokensPerSecond, 1) }, better("tokensPerSecond"))
    add("perplexity", { decimal($0.perplexity, 2) }, better("perplexity"))
    add("bits a byte", { decimal($0.bitsPerByte, 3) }, better("bitsPerByte"))
    lines += [""] + table.lines(width: width, style: style)
    lines += probes(comparison)
    lines += [""] + summary(comparison)
    return lines.joined(separator: "\n")
  }

  /// A value, marked when it is the better one: also where there are no colours.
  private func cell(_ text: String?, _ isBetter: Bool) -> Table.Cell {
    let text = ForeignText.oneLine(text ?? "–", limit: 100)
    return isBetter ? .init("\(text) ◂", .good) : .init(text)
  }

  private func decimal(_ value: Double?, _ places: Int) -> String? {
    value.map { ByteCount.decimal($0, places: places) }
  }

  private func probes(_ comparison: Comparison) -> [String] {
    guard !comparison.probes.isEmpty else { return ["", "Neither has been asked: `hubwatch probes --run` does it."] }
    var table = Table([.init("probe", mayShrink: true), .init("A"), .init("B")])
    for pair in comparison.probes {
      table.add([
        .init(ForeignText.oneLine(pair.name, limit: 60)), mark(pair.a, pair.better == .a),
        mark(pair.b, pair.better == .b),
      ])
    }
    return [""] + table.lines(width: width, style: style)
  }

  private func mark(_ outcome: ProbeResult.Outcome?, _ isBetter: Bool) -> Table.Cell {
    switch outcome {
    case .passed: .init(isBetter ? "✓ ◂" : "✓", .good)
    case .failed: .init("✗", .bad)
    case .notAsked, nil: .init("·", .faint)
    }
  }

  private func summary(_ comparison: Comparison) -> [String] {
    func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
    return [("A", Comparison.Better.a), ("B", .b)].flatMap { name, side in
      let (measures, probes) = comparison.wins(of: side)
      let results = side == .a ? comparison.a.results : comparison.b.results
      let wins = "\(name) is better in \(count(measures.count, "measure")) and \(count(probes.count, "probe"))."
      return results.isEmpty ? [wins] : [wins, "   \(ProbeWords.summary(results))"]
    }
  }
}
