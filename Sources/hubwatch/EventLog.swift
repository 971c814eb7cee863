import Digest
import Domain
import Logging
import Watch

/// What happens on the street, as log lines.
struct EventLog {
  let logger: Logger

  var observer: StreetObserver {
    { event in
      switch event {
      case .listed(let filter, let sort, let models, let new, let changed):
        logger.info(
          "listed",
          metadata: [
            "filter": "\(filter)", "sort": "\(sort)", "models": "\(models)", "new": "\(new)", "changed": "\(changed)",
          ])
      case .described(let id, let state, let reason):
        logger.info("described", metadata: ["model": "\(id)", "state": "\(state)", "reason": "\(reason ?? "")"])
      case .evicted(let id, let quantization, let bytes):
        logger.notice(
          "deleted to make room", metadata: ["model": "\(id)", "quantization": "\(quantization)", "bytes": "\(bytes)"])
      case .chosen(let id, let quantization, let bytes):
        logger.notice("chosen", metadata: ["model": "\(id)", "quantization": "\(quantization)", "bytes": "\(bytes)"])
      case .progress: break
      case .fetched(let id, let path, let bytes):
        logger.notice("fetched", metadata: ["model": "\(id)", "path": "\(path)", "bytes": "\(bytes)"])
      case .notFetched(let id, let state, let reason):
        logger.warning("not fetched", metadata: ["model": "\(id)", "state": "\(state)", "reason": "\(reason)"])
      case .noticed(let words): logger.warning("\(words)")
      case .testing(let id, let quantization):
        logger.info("testing", metadata: ["model": "\(id)", "quantization": "\(quantization)"])
      case .tested(let id, let report):
        logger.notice(
          "tested",
          metadata: [
            "model": "\(id)", "verdict": "\(report.verdict.rawValue)",
            "reasons": "\(report.reasons.joined(separator: "; "))",
          ])
      case .probing(let id, let quantization, let probes):
        logger.info("asking", metadata: ["model": "\(id)", "quantization": "\(quantization)", "probes": "\(probes)"])
      case .probed(let id, let report, let news):
        let words = [ProbeWords.summary(report.results)] + AbilityPhrases.words(news)
        logger.notice(
          "asked",
          metadata: [
            "model": "\(id)", "results": "\(words.joined(separator: "; "))", "trouble": "\(report.trouble ?? "")",
          ])
      case .upstream(let name, let news, let start, _):
        let words = start.map { ["watched from now on, at \($0)"] } ?? news.map(UpstreamPhrases.words)
        logger.log(
          level: words.isEmpty ? .info : .notice, "tool",
          metadata: ["name": "\(name)", "news": "\(words.joined(separator: ", "))"])
      case .upstreamFailed(let name, let reason):
        logger.info("tool not asked", metadata: ["name": "\(name)", "reason": "\(reason)"])
      }
    }
  }
}
