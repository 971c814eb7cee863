import Catalog
import Domain
import Foundation
import Settings

/// Chooses what is fetched without being asked for.
struct Planner {
  let catalog: Catalog
  let settings: Settings.Downloads
  let rules: Settings.Watch
  let observe: StreetObserver
  let now: @Sendable () -> Date

  /// Wants the best fitting quantization of the newest repositories that have no copy yet, as many as one cycle
  /// may fetch and the quota allows.
  ///
  /// - Throws: `CatalogError`.
  func plan() throws(CatalogError) {
    guard settings.automatic else { return }
    var room = settings.perCycle - (try catalog.copies(in: [.wanted, .downloading]).count)
    var used = try catalog.bytesOnDisk()
    for repo in try catalog.repos(in: [.sized]) where room > 0 {
      // What a person asked about may be sized although a rule keeps it out of automatic downloads.
      guard let commit = repo.describedCommit, let architecture = repo.shape?.architecture,
        rules.architectures.contains(architecture),
        !rules.mute.contains(where: { $0.lowercased() == repo.id.owner.lowercased() }),
        !(try catalog.copies(of: repo.id).contains { $0.commit == commit })
      else { continue }
      let fitting = Set(try catalog.fits(of: repo.id).filter { $0.verdict == .fits }.map(\.path))
      let weights = try catalog.weights(of: repo.id)
      guard let best = Ladder.best(weights, fits: { fitting.contains($0.path) }) else { continue }
      guard best.bytes <= settings.quota.bytes - used else {
        let reason = "\(best.quantization) needs \(ByteCount(best.bytes).asDisk), more than the quota leaves"
        try catalog.setState(repo.id, .sized, reason: reason, at: now())
        continue
      }
      if repo.reason != nil { try catalog.setState(repo.id, .sized, reason: nil, at: now()) }
      _ = try catalog.want(
        repo: repo.id, commit: commit, quantization: best.quantization.description, files: best.files,
        byHand: false, at: now())
      observe(.chosen(repo.id, quantization: best.quantization.description, bytes: best.bytes))
      used += best.bytes
      room -= 1
    }
  }
}
