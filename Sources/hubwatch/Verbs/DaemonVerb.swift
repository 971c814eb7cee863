import ArgumentParser
import Console
import Digest
import Domain
import Logging
import ServiceLifecycle
import Settings
import Watch

/// The ritual for ever.
struct DaemonVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "daemon", abstract: "The same as `run`, for ever, politely scheduled. Speaks sd_notify.",
    discussion: "Stops within seconds on SIGTERM or SIGINT; what is under way goes on at the next start.")

  @OptionGroup var common: CommonOptions

  func work() async throws -> Domain.ExitCode {
    let environment = common.environment
    let loaded = try LoadedSettings(environment: environment)
    let level = Logger.Level(rawValue: loaded.settings.log.level) ?? .notice
    let logger = Logger(label: "hubwatch") { label in
      ConsoleLogHandler(label: label, level: level, environment: environment)
    }
    return try await House.open(loaded, observe: EventLog(logger: logger).observer) { house in
      DeviceNote.say(house.device, common)
      try house.catalog.check()
      let (street, catalog) = (house.street, house.catalog)
      let service = DaemonService(
        interval: Double(loaded.settings.daemon.intervalSeconds), notifier: ServiceNotifier(environment: environment),
        logger: logger, isHealthy: { _ = try catalog.repoCount() }, cycle: { try await street.cycle() })
      // The group's own lines tell of its workings, not of ours.
      var groupLogger = logger
      groupLogger.logLevel = .error
      let group = ServiceGroup(
        configuration: .init(
          services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
          gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger))
      try await group.run()
      return .done
    }
  }
}

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
      case .testing(let id, let quantization):
        logger.info("testing", metadata: ["model": "\(id)", "quantization": "\(quantization)"])
      case .tested(let id, let report):
        logger.notice(
          "tested",
          metadata: [
            "model": "\(id)", "verdict": "\(report.verdict.rawValue)",
            "reasons": "\(report.reasons.joined(separator: "; "))",
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
