import Foundation

/// How far one pass over a listing has come: everything newer than `newest` less an overlap, but for the gaps, was
/// recorded.
///
/// A pass reads from the newest row down to where the last one began. What its budget of pages, or a killed process,
/// leaves unread in between is a gap, which later polls page back through. Stored after every page, in the
/// transaction that records it.
struct PassProgress: Codable, Equatable {
  /// A stretch of the listing that is still to be read.
  struct Gap: Codable, Equatable {
    /// Where its next page is, as the hub gave it; nil for the first page of the listing.
    var next: String?
    /// The time of the row at which it begins, in seconds since 1970.
    var top: Double
    /// The time at which it ends.
    var horizon: Double
    /// Set for one page that made no sense, which may have been a mishap of the hub: how often it was read.
    var tries: Int?
  }

  /// The time of the newest row that was read; nil before the first page.
  var newest: Double?
  /// What is still to be read, the newest first.
  var gaps: [Gap] = []

  /// More gaps than these are joined, which reads some pages twice.
  private static let most = 8

  init(newest: Double? = nil) { self.newest = newest }

  /// Reads what was stored, also the bare number of an older hubwatch; nothing known when it does not read.
  init(stored: String?) {
    self.init()
    guard let stored else { return }
    if let number = Double(stored) {
      newest = number
    } else if let read = try? JSONDecoder().decode(PassProgress.self, from: Data(stored.utf8)) {
      self = read
    }
  }

  /// The form that is stored.
  var stored: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  /// Adds a stretch that is still to be read.
  mutating func add(_ gap: Gap) {
    guard gap.top > gap.horizon else { return }
    // Two stretches from the same page are one: the deeper.
    if let same = gaps.firstIndex(where: { $0.next == gap.next && ($0.tries == nil) == (gap.tries == nil) }) {
      gaps[same].horizon = min(gaps[same].horizon, gap.horizon)
      gaps[same].tries = gap.tries
      return
    }
    gaps.append(gap)
    gaps.sort { $0.top > $1.top }
    while gaps.count > Self.most, let last = gaps.popLast() {
      gaps[gaps.count - 1].horizon = min(gaps[gaps.count - 1].horizon, last.horizon)
      gaps[gaps.count - 1].tries = nil
    }
  }
}
