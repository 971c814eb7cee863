import Catalog
import Domain
import Foundation

/// The copies on this disk, by the repositories that they are of.
struct ToldShelf {
  private let copies: [ToldCopy]
  private let byRepo: [Int64: [ToldCopy]]

  init(_ copies: [ToldCopy]) {
    self.copies = copies
    byRepo = Dictionary(grouping: copies.filter { $0.repo != nil }) { $0.repo ?? 0 }
  }

  /// The copy that says where a model is; nil when it has none.
  func copy(of model: RecordedModel) -> ToldCopy? { copy(ofKey: model.key, model.state) }

  /// The same by the model's number and state.
  func copy(ofKey key: Int64, _ state: RepoState) -> ToldCopy? {
    guard let own = byRepo[key] else { return nil }
    // A copy of another commit is another copy: its verdict is not this commit's.
    return state == .sized ? own.first { $0.copy.commit == $0.describedCommit } : own.first
  }

  /// The repositories of which a copy went on in `since < time <= until`.
  func moved(since: Date, until: Date) -> Set<Int64> {
    let states: Set<CopyState> = [.verified, .tested, .waiting, .blocked, .quarantined]
    return Set(
      copies.lazy.filter { states.contains($0.copy.state) && $0.copy.changedAt > since && $0.copy.changedAt <= until }
        .compactMap(\.repo))
  }

  /// How many copies were verified in that time.
  func verified(since: Date, until: Date) -> Int {
    copies.count { $0.copy.verifiedAt.map { $0 > since && $0 <= until } ?? false }
  }
}

/// Which place a model is in: the one rule for all of them, so that every model is in exactly one.
enum PlaceRules {
  static func place(_ model: RecordedModel, _ told: ToldCopy?) -> Story.Place {
    if let told, let place = place(told) { return place }
    return switch model.state {
    case .seen: .waiting
    case .described: .notQuantized
    case .sized: model.fits.map { $0 ? .fits : .tooBig } ?? .waiting
    case .gated: .gated
    case .gone: .gone
    case .pickleOnly: .pickleOnly
    case .noWeights: .noWeights
    case .leftOut: .leftOut
    case .broken: .broken
    }
  }

  /// Nil for a copy that is no longer there: then the repository's own state tells.
  private static func place(_ told: ToldCopy) -> Story.Place? {
    switch told.copy.state {
    case .wanted, .downloading, .waiting: .fetching
    case .blocked, .quarantined: .blocked
    case .verified: .downloaded
    case .lost, .dropped: nil
    case .tested:
      switch told.smoke?.verdict {
      case .pass: .passed
      case .suspect: .suspect
      case .fail: .failed
      case .unsupported: .unsupported
      case nil: .downloaded
      }
    }
  }
}
