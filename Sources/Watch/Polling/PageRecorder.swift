import Catalog
import Domain
import Foundation

/// Records the pages of a listing in their order while the next ones are on their way: every transaction takes what
/// has come meanwhile.
actor PageRecorder {
  /// Rows that are recorded together, with how far the pass has come by them.
  private struct Batch: Sendable {
    var rows: [ListedRepo] = []
    var moment = Date.distantPast
    var marks: [String: String] = [:]
  }

  private var waiting = Batch()
  private var isClosed = false
  private var isBroken = false
  private var rowsToMove = 0
  private var isMoving = false
  /// The recorder when there is nothing to record, or the reader when there is too much: never both.
  private var sleeper: CheckedContinuation<Void, Never>?

  /// The reader waits while there are as many rows.
  private static let mostWaiting = 4000
  /// So many rows are some 15 MiB of the write-ahead log.
  private static let rowsToMove = 20_000

  /// Runs `read`, which adds pages, and records them meanwhile. What was added before an error is recorded, too.
  ///
  /// - Returns: what that changed.
  /// - Throws: what `read` throws; `CatalogError`, of which `read` is told by a `CancellationError`.
  static func recording(
    into catalog: Catalog, judge: @escaping Judge, _ read: (PageRecorder) async throws -> Void
  ) async throws -> RecordingResult {
    let recorder = PageRecorder()
    async let recorded = recorder.run(catalog, judge)
    var failure: (any Error)?
    do { try await read(recorder) } catch { failure = error }
    await recorder.close()
    let result = try await recorded
    if let failure { throw failure }
    return result
  }

  /// Adds a page; comes back when there is room for the next one.
  ///
  /// - Throws: `CancellationError` when an earlier page could not be recorded.
  func add(_ rows: [ListedRepo], at moment: Date, marks: [String: String]) async throws {
    waiting.rows += rows
    waiting.moment = moment
    waiting.marks.merge(marks) { $1 }
    wake()
    while waiting.rows.count >= Self.mostWaiting, !isBroken { await sleep() }
    if isBroken { throw CancellationError() }
  }

  // MARK: The recording side

  private nonisolated func run(_ catalog: Catalog, _ judge: @escaping Judge) async throws -> RecordingResult {
    do {
      return try await withThrowingTaskGroup(of: Void.self) { group in
        var result = RecordingResult()
        while let batch = await next() {
          result = result + (try catalog.record(batch.rows, at: batch.moment, marks: batch.marks, judge: judge))
          guard await hasToMove(batch.rows.count) else { continue }
          group.addTask {
            try catalog.checkpoint()
            await self.hasMoved()
          }
        }
        try await group.waitForAll()
        return result
      }
    } catch {
      await breakOff()
      throw error
    }
  }

  private func next() async -> Batch? {
    while waiting.marks.isEmpty, waiting.rows.isEmpty {
      if isClosed { return nil }
      await sleep()
    }
    defer {
      waiting = Batch()
      wake()
    }
    return waiting
  }

  private func hasToMove(_ rows: Int) -> Bool {
    rowsToMove += rows
    guard rowsToMove >= Self.rowsToMove, !isMoving else { return false }
    rowsToMove = 0
    isMoving = true
    return true
  }

  private func hasMoved() { isMoving = false }

  private func close() {
    isClosed = true
    wake()
  }

  private func breakOff() {
    isBroken = true
    wake()
  }

  private func sleep() async { await withCheckedContinuation { sleeper = $0 } }

  private func wake() {
    sleeper?.resume()
    sleeper = nil
  }
}
