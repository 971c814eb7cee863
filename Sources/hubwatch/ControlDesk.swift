import Console
import Digest
import Domain
import Foundation
import Glibc
import Settings
import Synchronization
import Watch

/// Does in the daemon what is asked on its control socket.
final class ControlDesk: Sendable {
  private let household: Household
  private let startedAt = Date()
  private let service = Mutex<DaemonService?>(nil)

  init(_ household: Household) { self.household = household }

  /// From now on there is a daemon that can do it.
  func open(_ service: DaemonService) { self.service.withLock { $0 = service } }

  /// Answers a request.
  var handler: ControlServer.Handler {
    { request, session in
      do {
        let code = try await self.perform(request.command, session, Voice(session, isColoured: request.isColoured))
        return ControlEnd(code)
      } catch let error as any ReportableError {
        return ControlEnd(error)
      } catch is CancellationError {
        return ControlEnd(.failed, problem: "stopped")
      } catch {
        return ControlEnd(.failed, problem: "it failed: \(error)")
      }
    }
  }

  private func perform(
    _ command: ControlCommand, _ session: ControlSession, _ voice: Voice
  ) async throws -> ExitCode {
    guard let service = service.withLock({ $0 }) else { throw Refusal.starting }
    switch command {
    case .cancel: return .done
    case .live:
      session.send(.live(await report(service)))
      return .done
    case .status(let json, let width): return try await status(service, json: json, width: width, voice)
    case .pause(let seconds):
      try await service.loop.pause(seconds: seconds.map(Double.init))
      try voice.print(
        seconds.map { "The daemon rests for \(ProgressBoard.duration(Double($0)))." } ?? "The daemon rests.")
      return .done
    case .resume:
      try await service.loop.resume()
      try voice.print("The daemon is at work again.")
      return .done
    case .reload:
      try await service.reload()
      try voice.print("The configuration was read again.")
      return .done
    case .digest(let wish):
      return try await DigestChild(wish, household.environment).tell(session, isColoured: voice.style.isColoured)
    case .markRead(let until):
      guard until.isFinite else { throw InputError.unusable("\(until)") }
      try household.catalog.setMark(ReadMark.name, "\(until)")
      return .done
    case .deliver:
      let (settings, environment, logger) = (await household.loaded, household.environment, await household.logger)
      _ = try await service.loop.errand("deliver", [], wait: { _ in }) { _ in
        try await Household.post(settings, environment, logger, writes: true)
      }
      return .done
    case .keep, .drop, .gc: return try await shelfWork(command, Errands(service, household, session, voice))
    case .poll, .run, .pull, .scrub, .smoke, .describe:
      if await service.loop.isPaused { throw Refusal.paused }
      return try await houseWork(command, Errands(service, household, session, voice))
    }
  }

  private func shelfWork(_ command: ControlCommand, _ errands: Errands) async throws -> ExitCode {
    let voice = errands.voice
    switch command {
    case .keep(let model, let quantization, let undo):
      let work = KeepWork(model: try Self.id(model), quantization: quantization, undo: undo)
      return try await errands.run("keep \(model)", []) { house, _ in try work.perform(Shelf(house), voice) }
    case .drop(let model, let quantization):
      let work = DropWork(model: try Self.id(model), quantization: quantization, isDry: false)
      return try await errands.run("drop \(model)", .models) { house, _ in try work.perform(Shelf(house), voice) }
    case .gc(let json):
      return try await errands.run("gc", .models) { house, _ in
        try GCWork(isDry: false, json: json).perform(Shelf(house), voice)
      }
    default: return .usage
    }
  }

  private func houseWork(_ command: ControlCommand, _ errands: Errands) async throws -> ExitCode {
    let voice = errands.voice
    switch command {
    case .poll: return try await errands.run("poll", .hub) { house, _ in try await PollWork().perform(house, voice) }
    case .run:
      return try await errands.run("run", [.hub, .models]) { house, _ in try await RunWork().perform(house, voice) }
    case .scrub(let all, let json):
      return try await errands.run("scrub", .models) { house, _ in
        try await ScrubWork(all: all, json: json).perform(Shelf(house), voice)
      }
    case .describe(let models):
      let work = DescribeWork(models: try models.prefix(100).map(Self.id))
      return try await errands.run("fit", .hub) { house, _ in try await work.perform(house, voice) }
    case .smoke(let wish):
      let work = try SmokeWork(wish)
      let threads = wish.threads.map { min(max($0, 1), 256) }
      return try await errands.run("smoke \(wish.model)", .models, { if let threads { $0.smoke.threads = threads } }) {
        house, _ in try await work.perform(house, voice)
      }
    case .pull(let wish):
      let work = try PullWork(wish)
      let limit = work.limit
      return try await errands.run(
        "pull \(wish.model)", wish.isDry ? .hub : [.hub, .models], { if let limit { $0.downloads.limit = limit } }
      ) { house, give in
        try await work.perform(house, voice) {
          errands.session.send(.happened(Happening("plan", "\(wish.model) is wanted from now on, whoever watches")))
          await give(.hub)
        }
      }
    default: return .usage
    }
  }

  private static func id(_ text: String) throws(InputError) -> RepoID {
    guard let id = RepoID(text) else { throw .notARepo(text) }
    return id
  }

  // MARK: What the daemon does now

  private func report(_ service: DaemonService) async -> LiveReport {
    var report = await service.loop.report(pid: getpid(), startedAt: startedAt)
    // What was stopped for a pause is remembered for a moment longer.
    if !report.isPaused { report.transfers = household.transfers.transfers }
    return report
  }

  private func status(_ service: DaemonService, json: Bool, width: Int, _ voice: Voice) async throws -> ExitCode {
    var state = StateReport(household.places, await household.settings, version: Version.text, now: Date())
    state.add(await report(service))
    let text = StatusText(width: min(max(width, 20), 80), style: voice.style)
    try voice.print(json ? JSONOutput.document(state) : text.render(state))
    return state.isReadable ? .done : .unusableSetup
  }

  /// Why something is not done.
  private enum Refusal: ReportableError {
    case starting, paused

    var problem: String {
      switch self {
      case .starting: "the daemon is about to begin"
      case .paused: "the daemon rests"
      }
    }
    var advice: String? {
      switch self {
      case .starting: "try again"
      case .paused: "`hubwatch resume` ends the pause"
      }
    }
    var exitCode: ExitCode { .busy }
  }
}

/// What a client asks for, done by the daemon when it is its turn.
private struct Errands: Sendable {
  let session: ControlSession
  let voice: Voice
  private let service: DaemonService
  private let household: Household

  init(_ service: DaemonService, _ household: Household, _ session: ControlSession, _ voice: Voice) {
    (self.service, self.household, self.session, self.voice) = (service, household, session, voice)
  }

  func run(
    _ words: String, _ lanes: Lanes, _ change: @escaping @Sendable (inout Settings) -> Void = { _ in },
    _ body: @escaping @Sendable (House, _ give: @escaping @Sendable (Lanes) async -> Void) async throws -> ExitCode
  ) async throws -> ExitCode {
    try await service.loop.errand(words, lanes, wait: { session.send(.waiting(words: $0)) }) { give in
      try await household.visit(observe: voice.observer, change) { try await body($0, give) }
    }
  }
}
