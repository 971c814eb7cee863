import Domain
import Synchronization

/// Files that are being fetched, and how fast.
public final class TransferBoard: Sendable {
  private struct File {
    var report: LiveReport.Transfer
    /// When, and at how many bytes, the speed was measured last.
    var mark: (at: Double, done: Int64)
    /// When something was heard of it last.
    var heard: Double
  }

  private let files = Mutex<[String: File]>([:])
  private let clock: @Sendable () -> Double

  /// Seconds over which a speed is measured.
  private static let span = 2.0
  /// Seconds of silence after which it is over.
  private static let silence = 60.0

  /// An empty board.
  public init(clock: @escaping @Sendable () -> Double = Uptime.seconds) { self.clock = clock }

  /// Takes in what happens on the street.
  public func note(_ event: StreetEvent) {
    switch event {
    case .progress(let id, let path, let done, let total):
      let (now, key) = (clock(), "\(id)/\(path)")
      files.withLock { files in
        guard var file = files[key], file.mark.done <= done else {
          files[key] = File(
            report: .init(id: "\(id)", path: "\(path)", done: done, total: total, bytesPerSecond: 0), mark: (now, done),
            heard: now)
          return
        }
        file.report.done = done
        file.heard = now
        if now - file.mark.at >= Self.span {
          file.report.bytesPerSecond = Double(done - file.mark.done) / (now - file.mark.at)
          file.mark = (now, done)
        }
        files[key] = done >= total ? nil : file
      }
    case .fetched(let id, _, _), .notFetched(let id, _, _):
      files.withLock { files in files = files.filter { $0.value.report.id != "\(id)" } }
    default: break
    }
  }

  /// What is under way, in the order of names. One of which nothing is heard was stopped.
  public var transfers: [LiveReport.Transfer] {
    let now = clock()
    return files.withLock { files in
      files = files.filter { now - $0.value.heard < Self.silence }
      return files.sorted { $0.key < $1.key }.map(\.value.report)
    }
  }
}
