import Console
import Domain
import Fit

/// A model with its quantizations judged against every device.
struct FitRow {
  struct Candidate {
    let offer: FitSubject.Offer
    /// One for each device.
    let estimates: [Estimate]
  }

  let subject: FitSubject
  /// The largest first.
  let candidates: [Candidate]
  /// The one to show when only one is shown: the most preferred that fits the first device, else the smallest.
  let best: Candidate?

  init(subject: FitSubject, devices: [Device], request: FitRequest, only: Quantization?) {
    self.subject = subject
    candidates = subject.offers.filter { only == nil || $0.quantization == only?.description }
      .sorted { ($0.fileBytes, $0.quantization) > ($1.fileBytes, $1.quantization) }
      .map { offer in
        Candidate(
          offer: offer,
          estimates: devices.map {
            MemoryArithmetic(shape: subject.shape, layout: offer.layout, device: $0).estimate(request)
          })
      }
    func preference(_ candidate: Candidate) -> Double {
      Quantization(candidate.offer.quantization)?.preference ?? -.infinity
    }
    best = candidates.filter { $0.estimates[0].fits }.max { preference($0) < preference($1) } ?? candidates.last
  }
}

/// The answer of `fit` in its forms.
struct FitOutput {
  let rows: [FitRow]
  let devices: [Device]
  let request: FitRequest
  let showsAll: Bool

  private var shown: [(row: FitRow, candidate: FitRow.Candidate)] {
    rows.flatMap { row in
      showsAll ? row.candidates.map { (row, $0) } : row.best.map { [(row, $0)] } ?? []
    }
  }

  private var heading: String {
    let names = devices.map { device in
      device.free < device.total
        ? "\(device.name) (\(device.free.asMemory) of \(device.total.asMemory) free)" : device.name
    }
    let attention = request.flashAttention ? "" : ", no flash attention"
    return names.joined(separator: ", ")
      + ", context \(request.context), KV cache \(request.kvType.rawValue), batch \(request.batch)\(attention)"
  }

  /// A table for a terminal.
  func text(_ terminal: Terminal) -> String {
    guard !rows.isEmpty else { return "No model with a known need. `hubwatch poll` looks for some." }
    var columns: [Table.Column] = [
      .init("MODEL", mayShrink: true), .init("QUANT"), .init("FILE GB", isRightAligned: true),
    ]
    for device in devices {
      columns.append(.init(devices.count > 1 ? device.name : "NEED GiB", isRightAligned: true))
      if devices.count == 1 { columns += [.init("MAX CTX", isRightAligned: true), .init("VERDICT")] }
    }
    var table = Table(columns)
    for (row, candidate) in shown {
      var cells: [Table.Cell] = [
        Table.Cell(ForeignText.safe(row.subject.id)), Table.Cell(candidate.offer.quantization),
        Table.Cell(Self.hundredths(candidate.offer.fileBytes, unit: 1e9)),
      ]
      for estimate in candidate.estimates {
        let mark = candidate.offer.evidence == .header && row.subject.isVerified ? "" : "~"
        let words = VerdictWords.of(estimate)
        let meaning: Style.Meaning = estimate.fits ? .good : estimate.verdict == .no ? .bad : .warning
        if devices.count > 1 {
          cells.append(Table.Cell(words, meaning))
        } else {
          cells.append(Table.Cell(mark + Self.gibibytes(estimate)))
          cells.append(Table.Cell(estimate.maxContext > 0 ? "\(estimate.maxContext)" : "-"))
          cells.append(Table.Cell(words, meaning))
        }
      }
      table.add(cells)
    }
    let lines = [terminal.style.paint(heading, .heading)] + table.lines(width: terminal.width, style: terminal.style)
    return lines.joined(separator: "\n")
  }

  /// Values for a spreadsheet, RFC 4180.
  func csv() -> String {
    var lines = [
      "model,quantization,evidence,file_bytes,device,weights_bytes,kv_bytes,compute_bytes,overhead_bytes,total_bytes,margin_bytes,verdict,max_context"
    ]
    for (row, candidate) in shown {
      for (device, estimate) in zip(devices, candidate.estimates) {
        let fields: [String] = [
          row.subject.id, candidate.offer.quantization, candidate.offer.evidence.rawValue,
          "\(candidate.offer.fileBytes)", device.name, "\(estimate.weights.bytes)", "\(estimate.kvCache.bytes)",
          "\(estimate.compute.bytes)", "\(estimate.overhead.bytes)", "\(estimate.total.bytes)",
          "\(estimate.margin.bytes)", estimate.verdict.rawValue, "\(estimate.maxContext)",
        ]
        lines.append(fields.map(Self.csvField).joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// A table for a document.
  func markdown() -> String {
    var lines = ["| model | quantization | file GB | device | need GiB | max context | verdict |"]
    lines.append("|---|---|--:|---|--:|--:|---|")
    for (row, candidate) in shown {
      for (device, estimate) in zip(devices, candidate.estimates) {
        let cells = [
          ForeignText.safe(row.subject.id).replacing("|", with: "\\|"), candidate.offer.quantization,
          Self.hundredths(candidate.offer.fileBytes, unit: 1e9), device.name, Self.gibibytes(estimate),
          "\(estimate.maxContext)", VerdictWords.of(estimate),
        ]
        lines.append("| " + cells.joined(separator: " | ") + " |")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func gibibytes(_ estimate: Estimate) -> String {
    hundredths((estimate.total + estimate.margin).bytes, unit: 1_073_741_824)
  }

  private static func hundredths(_ bytes: Int64, unit: Double) -> String {
    ByteCount.decimal(Double(bytes) / unit, places: 2)
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
