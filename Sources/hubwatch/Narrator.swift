import Console
import Digest
import Domain
import Smoke
import Synchronization
import Watch

/// Tells on standard error what happens on the street: a line an event, and a progress line for downloads.
final class Narrator: Sendable {
  private let terminal: Terminal
  private let progress: ProgressBoard

  init(terminal: Terminal) {
    self.terminal = terminal
    progress = ProgressBoard(terminal: terminal)
  }

  /// The observer to be given to a street.
  var observer: StreetObserver { { [self] event in tell(event) } }

  private func tell(_ event: StreetEvent) {
    switch event {
    case .listed(let filter, let sort, let models, let new, let changed):
      line("poll", "\(filter) by \(sort): \(models) listed, \(new) new, \(changed) changed")
    case .described(let id, let state, let reason):
      line("look", "\(id): \(Self.words(state))" + (reason.map { " (\($0))" } ?? ""))
    case .chosen(let id, let quantization, let bytes):
      line("plan", "\(id) \(quantization), \(ByteCount(bytes).asDisk)")
    case .evicted(let id, let quantization, let bytes):
      line("drop", "\(id) \(quantization) made room: \(ByteCount(bytes).asDisk)")
    case .progress(let id, let path, let done, let total):
      progress.show(label: "\(id)/\(path)", done: done, total: total)
    case .fetched(let id, let path, let bytes):
      progress.reset()
      line("pull", "\(id): \(ByteCount(bytes).asDisk) verified, \(path)", .good)
    case .notFetched(let id, let state, let reason):
      progress.reset()
      line("pull", "\(id): \(state.rawValue), \(reason)", .bad)
    case .noticed(let words): line("note", words, .warning)
    case .testing(let id, let quantization): line("test", "\(id) \(quantization) …")
    case .tested(let id, let report):
      let speed = report.tokensPerSecond.map { ", \(ByteCount.decimal($0, places: 1)) tokens/s" } ?? ""
      let reasons = report.reasons.isEmpty ? "" : ": " + report.reasons.joined(separator: "; ")
      line("test", "\(id): \(report.verdict.rawValue)\(speed)\(reasons)", report.verdict == .pass ? .good : .bad)
    case .probing(let id, let quantization, let probes): line("ask", "\(id) \(quantization): \(probes) probes …")
    case .probed(let id, let report, let news):
      let words = [ProbeWords.summary(report.results)] + AbilityPhrases.words(news) + [report.trouble].compactMap { $0 }
      line("ask", "\(id): \(words.joined(separator: "; "))", report.trouble == nil ? .good : .bad)
    case .upstream(let name, let news, let start, let skipped):
      let changes = start.map { ["watched from now on, at \($0)"] } ?? news.map(UpstreamPhrases.words)
      let gaps = skipped > 0 ? ["\(skipped) refs with impossible names left out"] : []
      let parts = changes + gaps
      line("tool", "\(name): \(parts.isEmpty ? "nothing new" : parts.joined(separator: ", "))")
    case .upstreamFailed(let name, let reason): line("tool", "\(name): \(reason)", .bad)
    }
  }

  private static func words(_ state: RepoState) -> String {
    switch state {
    case .seen: "seen"
    case .described: "nothing to run"
    case .sized: "sized"
    case .gated: "gated"
    case .gone: "gone"
    case .pickleOnly: "pickle only"
    case .noWeights: "no weights"
    case .leftOut: "left out"
    case .broken: "broken"
    }
  }

  private func line(_ verb: String, _ text: String, _ meaning: Style.Meaning = .faint) {
    progress.clear()
    let safe = ForeignText.safe(Redaction.redact(text), limit: 1000)
    Terminal.write("\(terminal.style.paint(verb, meaning))  \(safe)", to: 2)
  }
}
