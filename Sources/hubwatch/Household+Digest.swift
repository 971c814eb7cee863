import Foundation
import Logging
import Settings
import Watch

extension Household {
  /// Writes the digest of the day, when its time has come, and sends what waits in the outbox; a digest that a timer has
  /// written beside this daemon, too.
  ///
  /// - Throws: the error of the room that the story cannot be read from.
  static func post(
    _ loaded: LoadedSettings, _ environment: [String: String], _ logger: Logger, writes: Bool
  ) async throws -> Scheduler.Outcome {
    let post = DigestPost(loaded, environment: environment)
    do {
      if writes, try await post.writeIfDue(at: Date()) { logger.info("the digest of the day is written") }
      let round = try await post.round(at: Date())
      for result in round.results {
        let words = "digest \(DeliverVerb.words(result))"
        if result.state.phase == .sent { logger.info("\(words)") } else { logger.warning("\(words)") }
      }
      let next = round.isBusy ? 60 : round.nextTryAt.map { max(1, $0.timeIntervalSinceNow) }
      return .done(again: next)
    } catch let error as OutboxError {
      // A full disk, or another process that writes: no reason to end.
      logger.error("\(error.description)")
      return .later(error.problem)
    }
  }
}
