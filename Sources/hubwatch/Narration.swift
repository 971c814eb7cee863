import Console
import Digest
import Domain
import Smoke
import Watch

/// What happens on the street, in words: the same for a terminal and for the control socket.
enum Narration {
  static func bodies(_ event: StreetEvent) -> [ControlReply.Body] {
    switch event {
    case .progress(let id, let path, let done, let total):
      [.progress(label: "\(id)/\(path)", done: done, total: total)]
    case .fetched, .notFetched: [.settled, .happened(happening(event))]
    default: [.happened(happening(event))]
    }
  }

  private static func happening(_ event: StreetEvent) -> Happening {
    switch event {
    case .listed(let filter, let sort, let models, let new, let changed):
      return Happening("poll", "\(filter) by \(sort): \(models) listed, \(new) new, \(changed) changed")
    case .described(let id, let state, let reason):
      return Happening("look", "\(id): \(words(state))" + (reason.map { " (\($0))" } ?? ""))
    case .chosen(let id, let quantization, let bytes):
      return Happening("plan", "\(id) \(quantization), \(ByteCount(bytes).asDisk)")
    case .evicted(let id, let quantization, let bytes):
      return Happening("drop", "\(id) \(quantization) made room: \(ByteCount(bytes).asDisk)")
    case .progress(let id, let path, let done, let total):
      return Happening("pull", "\(id)/\(path): \(ByteCount(done).asDisk) of \(ByteCount(total).asDisk)")
    case .fetched(let id, let path, let bytes):
      return Happening("pull", "\(id): \(ByteCount(bytes).asDisk) verified, \(path)", .good)
    case .notFetched(let id, let state, let reason):
      return Happening("pull", "\(id): \(state.rawValue), \(reason)", .bad)
    case .noticed(let words): return Happening("note", words, .warning)
    case .testing(let id, let quantization): return Happening("test", "\(id) \(quantization) …")
    case .tested(let id, let report):
      let speed = report.tokensPerSecond.map { ", \(ByteCount.decimal($0, places: 1)) tokens/s" } ?? ""
      let reasons = report.reasons.isEmpty ? "" : ": " + report.reasons.joined(separator: "; ")
      return Happening(
        "test", "\(id): \(report.verdict.rawValue)\(speed)\(reasons)", report.verdict == .pass ? .good : .bad)
    case .probing(let id, let quantization, let probes):
      return Happening("ask", "\(id) \(quantization): \(probes) probes …")
    case .probed(let id, let report, let news):
      let words = [ProbeWords.summary(report.results)] + AbilityPhrases.words(news) + [report.trouble].compactMap { $0 }
      return Happening("ask", "\(id): \(words.joined(separator: "; "))", report.trouble == nil ? .good : .bad)
    case .upstream(let name, let news, let start, let skipped):
      let changes = start.map { ["watched from now on, at \($0)"] } ?? news.map(UpstreamPhrases.words)
      let gaps = skipped > 0 ? ["\(skipped) refs with impossible names left out"] : []
      let parts = changes + gaps
      return Happening("tool", "\(name): \(parts.isEmpty ? "nothing new" : parts.joined(separator: ", "))")
    case .upstreamFailed(let name, let reason): return Happening("tool", "\(name): \(reason)", .bad)
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
}
