import Console
import Domain
import Fit

/// The answer of `fit` in its forms.
struct FitOutput {
  let rows: [FitRow]
  let devices: [Device]
  let request: FitRequest
  /// Every quantization instead of the best of each model.
  var showsAll = false
  /// The parts of each need.
  var showsParts = false
  /// Whether there is more than is shown.
  var hasMore = false

  /// One line of a table: the candidate for each device, which is the same for all when every quantization is shown.
  private struct Line {
    let row: FitRow
    let candidates: [FitRow.Candidate]
    /// Whether it stands below another model of the same family.
    let isMember: Bool

    func estimate(_ device: Int) -> Estimate { candidates[device].estimates[device] }
  }

  private var lines: [Line] {
    var lines: [Line] = []
    var family: Int64?
    for row in rows where !row.candidates.isEmpty {
      let isMember = row.subject.family != nil && row.subject.family == family
      family = row.subject.family
      if showsAll {
        lines += row.candidates.map { candidate in
          Line(row: row, candidates: devices.map { _ in candidate }, isMember: isMember)
        }
      } else {
        lines.append(Line(row: row, candidates: row.chosen, isMember: isMember))
      }
    }
    return lines
  }

  private var heading: String {
    let names = devices.map { device in
      device.free < device.total
        ? "\(device.name) (\(device.free.asMemory) of \(device.total.asMemory) free)" : device.name
    }
    var use = ["context \(request.context)", "KV cache \(request.kvType.rawValue)", "batch \(request.batch)"]
    if request.sequences > 1 { use.append("\(request.sequences) sequences") }
    if !request.flashAttention { use.append("no flash attention") }
    return names.joined(separator: ", ") + ": " + use.joined(separator: ", ")
  }

  // MARK: Terminal

  /// A table for a terminal.
  func text(_ terminal: Terminal) -> String {
    let lines = lines
    guard !lines.isEmpty else { return "No model with a known need. `hubwatch poll` looks for some." }
    let table = devices.count == 1 ? single(lines) : several(lines)
    var text = [terminal.style.paint(ForeignText.safe(heading), .heading)]
    text += table.lines(width: terminal.width, style: terminal.style)
    text += notes(lines).map { terminal.style.paint($0, .faint) }
    return text.joined(separator: "\n")
  }

  private func single(_ lines: [Line]) -> Table {
    var columns: [Table.Column] = [
      .init("MODEL", mayShrink: true), .init("QUANT"), .init("FILE GB", isRightAligned: true, mayVanish: true),
      .init("NEED GiB", isRightAligned: true),
    ]
    if showsParts {
      columns += ["WEIGHTS", "KV", "STATE", "COMPUTE", "FIXED", "MARGIN", "HOST"].map {
        .init($0, isRightAligned: true)
      }
    }
    let hasSpeed = devices[0].cards.allSatisfy { $0.bandwidth != nil }
    columns.append(.init("MAX CTX", isRightAligned: true))
    if hasSpeed { columns.append(.init("TOK/S ≤", isRightAligned: true, mayVanish: true)) }
    columns.append(.init("VERDICT"))
    var table = Table(columns)
    for line in lines {
      let (candidate, estimate) = (line.candidates[0], line.estimate(0))
      var cells: [Table.Cell] = [
        name(line), Table.Cell(ForeignText.safe(candidate.offer.quantization)),
        Table.Cell(Self.hundredths(candidate.offer.fileBytes, unit: 1e9)),
        Table.Cell(Self.mark(line.row, candidate) + Self.gibibytes(estimate.total + estimate.margin)),
      ]
      if showsParts {
        cells += [
          estimate.weights, estimate.kvCache, estimate.state, estimate.compute, estimate.overhead, estimate.margin,
          estimate.host,
        ].map { Table.Cell(Self.gibibytes($0)) }
      }
      cells.append(Table.Cell(estimate.maxContext > 0 ? "\(estimate.maxContext)" : "-"))
      if hasSpeed { cells.append(Table.Cell(estimate.tokensPerSecond.map(Self.speed) ?? "-")) }
      cells.append(Table.Cell(VerdictWords.of(estimate), Self.meaning(estimate)))
      table.add(cells)
    }
    return table
  }

  private func several(_ lines: [Line]) -> Table {
    var columns: [Table.Column] = [.init("MODEL", mayShrink: true)]
    if showsAll { columns.append(.init("QUANT")) }
    columns += devices.map { .init(ForeignText.safe($0.name)) }
    columns.append(.init("RUNS ON", mayShrink: true, mayVanish: true))
    var table = Table(columns)
    for line in lines {
      var cells = [name(line)]
      if showsAll { cells.append(Table.Cell(ForeignText.safe(line.candidates[0].offer.quantization))) }
      for device in devices.indices {
        let (candidate, estimate) = (line.candidates[device], line.estimate(device))
        let words = VerdictWords.short(estimate, layers: line.row.subject.shape.layers)
        let mark = Self.mark(line.row, candidate)
        let text =
          showsAll
          ? "\(mark)\(Self.gibibytes(estimate.total + estimate.margin)) \(words)"
          : estimate.verdict == .no ? words : "\(mark)\(ForeignText.safe(candidate.offer.quantization)) \(words)"
        cells.append(Table.Cell(text, Self.meaning(estimate)))
      }
      let estimates = devices.indices.map(line.estimate)
      cells.append(Table.Cell(FitRow.cheapest(estimates).map { ForeignText.safe(devices[$0].name) } ?? "-"))
      table.add(cells)
    }
    return table
  }

  private func name(_ line: Line) -> Table.Cell {
    Table.Cell((line.isMember ? "  " : "") + ForeignText.safe(line.row.subject.title))
  }

  /// What the marks mean, of those that were used.
  private func notes(_ lines: [Line]) -> [String] {
    let marks = Set(lines.flatMap { line in line.candidates.map { Self.mark(line.row, $0) } })
    var notes: [String] = []
    if marks.contains("~") { notes.append("~ not from the file's own tensors: predicted, or from its size") }
    if marks.contains("?") { notes.append("? unverified: the architecture is not known, or does not add up") }
    if hasMore { notes.append("There are more: --limit shows them.") }
    return notes
  }

  private static func mark(_ row: FitRow, _ candidate: FitRow.Candidate) -> String {
    if !row.subject.isVerified { return "?" }
    return candidate.offer.evidence == .header && candidate.offer.file != nil ? "" : "~"
  }

  private static func meaning(_ estimate: Estimate) -> Style.Meaning {
    estimate.fits ? .good : estimate.verdict == .no ? .bad : .warning
  }

  private static func speed(_ tokens: Double) -> String { ByteCount.decimal(tokens, places: tokens < 10 ? 1 : 0) }

  private static func gibibytes(_ bytes: ByteCount) -> String { hundredths(bytes.bytes, unit: 1_073_741_824) }

  private static func hundredths(_ bytes: Int64, unit: Double) -> String {
    ByteCount.decimal(Double(bytes) / unit, places: 2)
  }

  // MARK: Spreadsheets and documents

  /// Values for a spreadsheet, RFC 4180.
  func csv() -> String {
    var text = [
      "model,quantization,published,evidence,verified,file_bytes,device,weights_bytes,kv_bytes,state_bytes,compute_bytes,"
        + "overhead_bytes,total_bytes,margin_bytes,host_bytes,verdict,max_context,gpu_layers,layers,tokens_per_second_bound"
    ]
    for line in lines {
      for (index, device) in devices.enumerated() {
        let (candidate, estimate) = (line.candidates[index], line.estimate(index))
        let fields: [String] = [
          line.row.subject.id, candidate.offer.quantization, "\(candidate.offer.file != nil)",
          candidate.offer.evidence.rawValue, "\(line.row.subject.isVerified)", "\(candidate.offer.fileBytes)",
          device.name, "\(estimate.weights.bytes)", "\(estimate.kvCache.bytes)", "\(estimate.state.bytes)",
          "\(estimate.compute.bytes)", "\(estimate.overhead.bytes)", "\(estimate.total.bytes)",
          "\(estimate.margin.bytes)", "\(estimate.host.bytes)", estimate.verdict.rawValue, "\(estimate.maxContext)",
          "\(estimate.gpuLayers)", "\(line.row.subject.shape.layers)",
          estimate.tokensPerSecond.map { ByteCount.decimal($0, places: 1) } ?? "",
        ]
        text.append(fields.map(Self.csvField).joined(separator: ","))
      }
    }
    return text.joined(separator: "\n")
  }

  /// A table for a document.
  func markdown() -> String {
    var text = ["| model | quantization | file GB | device | need GiB | max context | verdict |"]
    text.append("|---|---|--:|---|--:|--:|---|")
    for line in lines {
      for (index, device) in devices.enumerated() {
        let (candidate, estimate) = (line.candidates[index], line.estimate(index))
        let cells = [
          line.row.subject.id, candidate.offer.quantization,
          Self.hundredths(candidate.offer.fileBytes, unit: 1e9), device.name,
          Self.mark(line.row, candidate) + Self.gibibytes(estimate.total + estimate.margin), "\(estimate.maxContext)",
          VerdictWords.of(estimate),
        ].map { ForeignText.safe($0).replacing("|", with: "\\|") }
        text.append("| " + cells.joined(separator: " | ") + " |")
      }
    }
    return text.joined(separator: "\n")
  }

  /// A field in quotes where it has to be; one that a spreadsheet would take for a formula gets an apostrophe.
  private static func csvField(_ text: String) -> String {
    let safe = ForeignText.safe(text)
    let isFormula = safe.unicodeScalars.first.map { "=+-@".unicodeScalars.contains($0) } ?? false
    let harmless = isFormula ? "'\(safe)" : safe
    guard harmless.unicodeScalars.contains(where: { ",\"".unicodeScalars.contains($0) }) else { return harmless }
    return "\"" + harmless.replacing("\"", with: "\"\"") + "\""
  }
}
