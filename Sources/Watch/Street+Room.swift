import Catalog
import Domain
import Downloads
import Foundation

/// Room under the quota: what is deleted to make it, and what is said before that happens for the first time.
struct QuotaRoom {
  let catalog: Catalog
  let cache: HubCache
  let quota: ByteCount
  /// Whether anything may be deleted.
  let mayEvict: Bool
  let observe: StreetObserver
  let now: @Sendable () -> Date

  /// The name under which it is kept that, and what, was announced.
  static let mark = "quota.announced"
  /// How long a person has to read the announcement before a cycle acts on it.
  static let grace: TimeInterval = 12 * 3600

  /// What stands in the way of more bytes.
  enum Answer: Equatable {
    /// There is room.
    case room
    /// These would have to go, which has now been announced for the first time, or lately.
    case announced([String])
    /// Even then there would be no room.
    case full
  }

  /// Makes room for a copy, by deleting copies that hubwatch chose by itself.
  ///
  /// - Parameters:
  ///   - bytes: what the copy needs.
  ///   - copy: the copy, which does not count against itself.
  ///   - byHand: whether a person waits for it; then the announcement counts as read as soon as it was made.
  /// - Throws: `CatalogError`, `DownloadError`.
  func make(_ bytes: Int64, for copy: Int64?, byHand: Bool) throws -> Answer {
    var gone: Set<Int64> = copy.map { [$0] } ?? []
    func missing() throws -> Int64 { bytes - (quota.bytes - (try catalog.bytesOnDisk(except: gone))) }
    guard try missing() > 0 else { return .room }
    guard mayEvict, bytes <= quota.bytes else { return .full }
    var victims: [CopyRecord] = []
    // Counted anew with each: what another copy shares does not become free.
    for one in try catalog.evictable() where one.id != copy {
      guard try missing() > 0 else { break }
      victims.append(one)
      gone.insert(one.id)
    }
    guard try missing() <= 0 else { return .full }
    guard try wasAnnounced(byHand: byHand) else { return .announced(victims.map { "\($0.repo) \($0.quantization)" }) }
    let removal = CopyRemoval(catalog: catalog, cache: cache)
    for victim in victims {
      try removal.remove(victim, isDry: false, reason: "deleted to make room under the quota", at: now())
      observe(.evicted(victim.repo, quantization: victim.quantization, bytes: victim.bytes))
    }
    return .room
  }

  private func wasAnnounced(byHand: Bool) throws(CatalogError) -> Bool {
    if let text = try catalog.mark(Self.mark), let moment = Double(text) {
      return byHand || now().timeIntervalSince1970 - moment >= Self.grace
    }
    try catalog.setMark(Self.mark, "\(now().timeIntervalSince1970)")
    return false
  }
}

extension QuotaRoom.Answer {
  /// What is in the way, for a person; nil when there is room.
  var words: String? {
    switch self {
    case .room: nil
    case .announced(let names):
      "the quota is full; from now on models that hubwatch chose by itself make room for newer ones, the next: "
        + "\(names.joined(separator: ", ")). `hubwatch keep` keeps one, downloads.evict = false keeps all"
    case .full: "the quota is full"
    }
  }
}
