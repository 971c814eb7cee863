import ArgumentParser
import Catalog
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
    // Before anything takes long: a wish to reload must not end a daemon that has just begun.
    let hangups = HangupSignal.arrivals()
    let notifier = ServiceNotifier(environment: environment)
    do {
      let household = try await Household(environment, notifier: notifier)
      DeviceNote.say(await household.device, common)
      do {
        try await live(household, notifier, hangups)
      } catch {
        await household.close()
        throw error
      }
      await household.close()
      return .done
    } catch let error as CatalogError where error.kind == .corrupt {
      // The next start mends it: that is worth a restart, which a state that cannot be used is not.
      Complaint.print(error, style: common.errorTerminal.style)
      return .failed
    }
  }

  private func live(_ household: Household, _ notifier: ServiceNotifier, _ hangups: AsyncStream<Void>) async throws {
    let (catalog, places) = (household.catalog, household.places)
    let work = DaemonWork(
      interval: { await household.interval }, logger: { await household.logger },
      cycle: { try await household.cycle() }, reload: { try await household.reload() },
      plan: { try catalog.setMark(StateReport.nextCycleMark, String($0.timeIntervalSince1970)) },
      askDatabase: { try catalog.ping() },
      askDisk: { DiskQuestion.ask(state: places.state, cache: places.cache) },
      isDiskUsable: { await household.storageQuestion.isUsable() })
    let service = DaemonService(work, notifier: notifier, pulse: household.pulse, hangups: hangups)
    // The group's own lines tell of its workings, not of ours.
    var groupLogger = await household.logger
    groupLogger.logLevel = .error
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: groupLogger))
    try await group.run()
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
