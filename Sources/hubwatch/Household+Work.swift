import Catalog
import Domain
import Downloads
import Foundation
import Settings
import Watch

extension Household {
  /// The marks by which the daemon remembers beyond its own life.
  private enum Mark {
    /// The day of the last digest, as a number.
    static let digestDay = "daemon.digestDay"
    /// Until when it rests, as seconds since 1970, or `until resumed`; empty when it does not.
    static let pause = "daemon.pause"
    static let untilResumed = "until resumed"
  }

  /// Hours that a scrub may take at a time.
  private static let scrubSeconds = 2.0 * 3600

  /// What the daemon does.
  nonisolated var work: DaemonWork {
    var work = DaemonWork(
      plan: { await self.plan }, logger: { await self.logger },
      perform: { try await self.perform($0, writesDigest: $1) })
    let (catalog, places) = (catalog, places)
    work.memory = { Self.memory(catalog) }
    work.record = { job, isUnderWay in
      try isUnderWay ? catalog.beginJob(job.rawValue) : catalog.endJob(job.rawValue)
    }
    work.recordDigest = { try catalog.setMark(Mark.digestDay, "\($0)") }
    work.reload = { try await self.reload() }
    work.announce = { try catalog.setMark(StateReport.nextCycleMark, String($0.timeIntervalSince1970)) }
    work.recordPause = { isPaused, until in
      let text = isPaused ? until.map { "\($0.timeIntervalSince1970)" } ?? Mark.untilResumed : ""
      try catalog.setMark(Mark.pause, text)
    }
    work.askDatabase = { try catalog.ping() }
    work.askDisk = { DiskQuestion.ask(state: places.state, cache: places.cache) }
    work.isDiskUsable = { await self.storageQuestion.isUsable() }
    return work
  }

  /// What the last daemon left behind. What cannot be read is as good as nothing: the first job will tell why.
  private static func memory(_ catalog: Catalog) -> Scheduler.Memory {
    var memory = Scheduler.Memory()
    for (name, deaths) in (try? catalog.jobDeaths()) ?? [:] {
      if let job = Job(rawValue: name) { memory.deaths[job] = deaths }
    }
    memory.digestDay = (try? catalog.mark(Mark.digestDay)).flatMap { Int($0) }
    memory.sinceScrub = (try? catalog.lastScrub()).map { max(0, -$0.endedAt.timeIntervalSinceNow) }
    if let text = try? catalog.mark(Mark.pause), !text.isEmpty {
      let left = Double(text).map { $0 - Date().timeIntervalSince1970 }
      memory.isPaused = left.map { $0 > 0 } ?? (text == Mark.untilResumed)
      memory.pauseSeconds = left
    }
    return memory
  }

  /// Does one of the scheduler's jobs.
  private func perform(_ job: Job, writesDigest: Bool) async throws -> Scheduler.Outcome {
    let (environment, logger) = (environment, logger)
    return try await visit { house in
      let street = house.street
      return switch job {
      case .poll: try await street.pollStep()
      case .fit: try street.fitStepAlone()
      case .pull: try await street.pullStep()
      case .smoke: try await street.smokeStep()
      case .gc: try street.gcStep()
      case .scrub: try await street.scrubStep(within: Self.scrubSeconds)
      case .digest: try await Self.post(house.loaded, environment, logger, writes: writesDigest)
      }
    }
  }
}
