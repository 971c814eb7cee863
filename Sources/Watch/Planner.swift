import Catalog
import Domain
import Foundation
import Settings

/// Chooses what is fetched without being asked for.
struct Planner {
  let catalog: Catalog
  let settings: Settings.Downloads
  let follow: [String]
  let room: QuotaRoom
  let observe: StreetObserver
  let now: @Sendable () -> Date

  /// Families whose last look is longer ago are not new any more: a person who wants one asks for it.
  static let newness: TimeInterval = 14 * 86_400

  /// Wants the best fitting quantization of the families that deserve it most and have no copy yet, each from its best
  /// source, as many as one cycle may fetch and the quota allows.
  ///
  /// - Returns: what a person should know of the quota; nil when there is nothing.
  /// - Throws: `CatalogError`, `DownloadError`.
  func plan() throws -> String? {
    guard settings.automatic else { return nil }
    var places = settings.perCycle - (try catalog.copies(in: [.wanted, .downloading]).count)
    var announcement: String?
    guard places > 0 else { return nil }
    for family in try catalog.familiesToFetch(since: now().addingTimeInterval(-Self.newness), limit: 500)
    where places > 0 {
      guard let (repo, best) = try choice(family), let commit = repo.describedCommit else { continue }
      let answer = try room.make(best.bytes, for: nil, byHand: false)
      guard answer == .room else {
        if case .announced = answer { announcement = answer.words }
        let reason = "\(best.quantization) needs \(ByteCount(best.bytes).asDisk), more than the quota leaves"
        if repo.reason != reason { try catalog.setState(repo.id, .sized, reason: reason, at: now()) }
        continue
      }
      if repo.reason != nil { try catalog.setState(repo.id, .sized, reason: nil, at: now()) }
      _ = try catalog.want(
        repo: repo.id, commit: commit, quantization: best.quantization.description, files: best.files,
        byHand: false, at: now())
      observe(.chosen(repo.id, quantization: best.quantization.description, bytes: best.bytes))
      places -= 1
    }
    return announcement
  }

  /// What to fetch of a family; nil when it has a copy, or nothing fits.
  private func choice(_ family: FamilyRecord) throws(CatalogError) -> (RepoRecord, WeightsRecord)? {
    // What a person asked about may be sized although a rule keeps it out of automatic downloads.
    let members = try catalog.members(of: family.key, limit: 200).filter { member in
      member.repo.state == .sized && member.repo.ruling?.isAdmitted ?? true
    }
    var failed: Set<RepoID> = []
    for member in members {
      for copy in try catalog.copies(of: member.repo.id) where copy.commit == member.repo.describedCommit {
        guard try hasFailed(copy) else { return nil }
        failed.insert(member.repo.id)
      }
    }
    var best: (record: RepoRecord, weights: WeightsRecord)?
    for member in FamilySource(family: family.name, follow: follow).ordered(members)
    where !failed.contains(member.repo.id) {
      let description = try catalog.description(of: member.repo.id)
      guard description?.facts.role ?? .generation == .generation else { continue }
      let fitting = Set(try catalog.fits(of: member.repo.id).filter { $0.verdict == .fits }.map(\.path))
      let weights = try catalog.weights(of: member.repo.id)
      guard let offer = Ladder.best(weights, fits: { fitting.contains($0.path) }) else { continue }
      // Only a better quantization speaks against the better source.
      if let best, Ladder.preference(offer, of: member.repo) <= Ladder.preference(best.weights, of: best.record) {
        continue
      }
      best = (member.repo, offer)
    }
    return best
  }

  /// Whether a copy is none that a person could use, so that another source is worth a try.
  private func hasFailed(_ copy: CopyRecord) throws(CatalogError) -> Bool {
    switch copy.state {
    case .quarantined: true
    case .tested: try catalog.lastSmoke(ofCopy: copy.id)?.verdict == .fail
    default: false
    }
  }
}
