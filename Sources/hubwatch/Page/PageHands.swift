import Catalog
import Console
import Digest
import Domain
import Foundation
import Page
import Smoke
import Subprocess
import Watch

/// Does what a person asks for on the page as the command line would: by the same program, which hands the work over when
/// a daemon holds the state.
actor PageHands {
  private let state: String
  private let sockets: ControlPlaces
  private var pulls: [RepoID: Task<PageAction.Outcome, Never>] = [:]

  /// - Parameters:
  ///   - state: the state folder.
  ///   - environment: of this process, for the daemon's socket.
  init(state: String, environment: [String: String]) {
    self.state = state
    sockets = ControlPlaces(state: state, environment: environment)
  }

  /// A fetch that has not failed after so many seconds is under way.
  private static let patience = 1.5
  /// Seconds after which a daemon counts as silent.
  private static let longestSilence = 10.0

  /// Carries out a wish.
  func perform(_ action: PageAction) async -> PageAction.Outcome {
    switch action {
    case .pull(let id): await pull(id)
    case .keep(let id): await Self.run(["keep", "\(id)"], "\(id) is kept")
    case .drop(let id): await Self.run(["drop", "\(id)"], "\(id) was dropped")
    case .pause: await Self.run(["pause"], "Paused")
    case .resume: await Self.run(["resume"], "Resumed")
    case .markRead(let until): await markRead(until)
    }
  }

  /// Ends what is under way; it goes on when it is asked for again.
  func stop() async {
    for pull in pulls.values { pull.cancel() }
    for pull in pulls.values { _ = await pull.value }
    pulls = [:]
  }

  private func pull(_ id: RepoID) async -> PageAction.Outcome {
    guard pulls[id] == nil else { return .init(isDone: true, words: "\(id) is being fetched already") }
    let work = Task { await Self.run(["pull", "\(id)"], "\(id) was fetched") }
    pulls[id] = work
    let (outcomes, outcome) = AsyncStream.makeStream(of: PageAction.Outcome?.self)
    Task {
      let end = await work.value
      forget(id)
      outcome.yield(end)
    }
    Task {
      // Cancelled or not, the time is over.
      try? await Task.sleep(for: .seconds(Self.patience))
      outcome.yield(nil)
    }
    for await first in outcomes {
      return first ?? .init(isDone: true, words: "\(id) is being fetched; Downloads shows how far it has come")
    }
    return .init(isDone: false, words: "\(id) was not asked for")
  }

  private func forget(_ id: RepoID) { pulls[id] = nil }

  /// Not by the command line, whose digest ends when it is told: what came after this one was shown is not read.
  private func markRead(_ until: Date) async -> PageAction.Outcome {
    let done = PageAction.Outcome(isDone: true, words: "Marked as read: the next digest begins here")
    do {
      do {
        let lock = try StateLock(folder: state)
        defer { withExtendedLifetime(lock) {} }
        try Catalog.opened(folder: state).setMark(ReadMark.name, String(until.timeIntervalSince1970))
        return done
      } catch let error as StateLockError {
        guard case .busy = error, let client = sockets.client else { throw error }
        let end = try await client.ask(
          ControlRequest(.markRead(until: until.timeIntervalSince1970)), patience: Self.longestSilence)
        return end.problem.isEmpty ? done : Self.failure(end)
      }
    } catch let error as any ReportableError {
      return Self.failure(error)
    } catch {
      return .init(isDone: false, words: "The mark could not be set: \(error)")
    }
  }

  private static func failure(_ error: any ReportableError) -> PageAction.Outcome {
    .init(isDone: false, words: error.problem + (error.advice.map { "; \($0)" } ?? ""))
  }

  private static func run(_ arguments: [String], _ done: String) async -> PageAction.Outcome {
    do {
      let result = try await Subprocess.run(
        .path(.init(SmokeRunner.thisProgram)), arguments: Arguments(arguments + ["--no-color"]),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
      if result.terminationStatus.isSuccess { return .init(isDone: true, words: done) }
      let words = ForeignText.oneLine(result.standardError, limit: 600)
      return .init(isDone: false, words: words.isEmpty ? "It did not work" : words)
    } catch {
      return .init(isDone: false, words: "It could not be begun: \(error)")
    }
  }
}
