import Catalog
import Digest
import Domain
import Foundation

/// What is arriving, what waits for what and until when, and the room for it.
struct DownloadsView {
  /// A copy on its way.
  struct Arrival: Sendable, Equatable {
    var copy: CopyRecord
    /// Bytes that are there.
    var arrived: Int64
    /// Bytes a second, measured between two looks; nil before the second.
    var rate: Double?
  }

  let visit: Visit
  let arrivals: [Arrival]

  /// More lines than these are counted.
  private static let most = 100

  func document() -> String {
    let isMoving = arrivals.contains { $0.copy.state == .downloading }
    var main: [HTML] = [
      .div(
        "title",
        [.element(.h1, text: "Downloads"), .element(.p, [.className("lead")], text: summary)]), room,
    ]
    let errands = visit.standing.errands.prefix(Self.most)
    if !errands.isEmpty {
      let items = errands.map { errand in
        HTML.element(
          .li, [],
          [
            .element(.strong, text: errand.words), .text(" "),
            .element(.span, [.className("faint")], [.moment(errand.since, visit.now)]),
          ])
      }
      main.append(.section("Asked for", [.element(.ul, [.className("plain")], items)]))
    }
    let groups: [(String, Set<CopyState>)] = [
      ("Arriving", [.downloading]), ("Next", [.wanted]), ("Waiting", [.waiting]),
      ("Needs somebody", [.blocked, .quarantined, .lost]),
    ]
    for (title, states) in groups {
      let own = arrivals.filter { states.contains($0.copy.state) }
      guard !own.isEmpty else { continue }
      var items = own.prefix(Self.most).map(item)
      if own.count > Self.most { items.append(.element(.li, text: "and \(own.count - Self.most) more")) }
      main.append(.section(title, [.element(.ul, [.className("arrivals")], items)]))
    }
    if arrivals.isEmpty {
      main.append(.div("empty", [.element(.p, text: "Nothing is arriving, and nothing waits.")]))
    }
    let isPaused = visit.standing.isPaused
    let buttons = [
      isPaused
        ? Frame.button("Resume", "/resume", visit: visit, isMain: true) : Frame.button("Pause", "/pause", visit: visit)
    ].compactMap(\.self)
    if !buttons.isEmpty { main.append(.div("acts", buttons)) }
    return Frame.document("Downloads", place: .downloads, seconds: isMoving ? 4 : 30, visit: visit, main)
  }

  private var summary: String {
    let moving = arrivals.filter { $0.copy.state == .downloading }
    let waiting = arrivals.count { [.wanted, .waiting].contains($0.copy.state) }
    var words: [String] = []
    if !moving.isEmpty {
      let rate = moving.compactMap(\.rate).reduce(0, +)
      words.append("\(moving.count) arriving" + (rate > 0 ? " at \(ByteCount(Int64(rate)).asDisk)/s" : ""))
    }
    if waiting > 0 { words.append("\(waiting) waiting") }
    if visit.standing.isPaused { words.append("the daemon rests") }
    if let next = visit.standing.nextCycleAt { words.append("next cycle \(Words.ago(next, visit.now))") }
    return words.isEmpty ? "All is quiet." : words.joined(separator: ", ") + "."
  }

  private var room: HTML {
    let standing = visit.standing
    let (used, quota) = (ByteCount(standing.usedBytes), ByteCount(max(standing.quotaBytes, 1)))
    var words = "\(used.asDisk) of the quota of \(quota.asDisk) taken"
    if let free = standing.freeBytes {
      words += "; \(ByteCount(free).asDisk) free on the disk"
      if let reserve = standing.reserveBytes { words += ", of which \(ByteCount(reserve).asDisk) stay free" }
    }
    return .div("room", [.element(.p, text: words), Self.progress(used.bytes, of: quota.bytes, "Quota taken")])
  }

  private func item(_ arrival: Arrival) -> HTML {
    let copy = arrival.copy
    var head: [HTML] = [
      .element(.a, [.path(Address.model(copy.repo))], [.element(.strong, text: "\(copy.repo)")]), .text(" "),
      .span("quantization", copy.quantization), .text(" "), .badge(Tone(copy.state), Words.state(copy.state)),
    ]
    if copy.byHand { head += [.text(" "), .span("faint", "asked for")] }
    var parts: [HTML] = [.p(head)]
    let size = ByteCount(copy.bytes)
    switch copy.state {
    case .downloading, .wanted, .waiting:
      if arrival.arrived > 0 || copy.state == .downloading {
        parts.append(Self.progress(arrival.arrived, of: copy.bytes, "\(copy.repo) \(copy.quantization)"))
        parts.append(.p("numbers", numbers(arrival)))
      } else {
        parts.append(.p("numbers", size.asDisk))
      }
    default: parts.append(.p("numbers", size.asDisk))
    }
    if let reason = copy.reason { parts.append(.p("reason", reason)) }
    var times: [HTML] = [.lasting(since: copy.changedAt, visit.now)]
    if let next = visit.standing.nextTry(copy) {
      times += [.text(" · tried again "), .moment(next, visit.now)]
    } else if copy.state == .waiting {
      times.append(.text(" · tried again with the next cycle"))
    }
    parts.append(.element(.p, [.className("faint")], times))
    return .element(.li, [], parts)
  }

  private func numbers(_ arrival: Arrival) -> String {
    let (arrived, whole) = (min(arrival.arrived, arrival.copy.bytes), max(1, arrival.copy.bytes))
    let share = ByteCount.decimal(Double(arrived) / Double(whole) * 100, places: 0)
    var words = ["\(ByteCount(arrived).asDisk) of \(ByteCount(arrival.copy.bytes).asDisk)", "\(share) %"]
    if let rate = arrival.rate, arrival.copy.state == .downloading {
      words.append(rate >= 1 ? "\(ByteCount(Int64(min(rate, 1e15))).asDisk)/s" : "nothing arrives now")
      if rate >= 1 { words.append("\(Words.duration(Double(whole - arrived) / rate)) left") }
    }
    return words.joined(separator: " · ")
  }

  private static func progress(_ value: Int64, of whole: Int64, _ label: String) -> HTML {
    let share = whole > 0 ? min(1, max(0, Double(value) / Double(whole))) : 0
    return .element(
      .progress,
      [
        .named("value", ByteCount.decimal(share * 1000, places: 0)), .named("max", "1000"), .named("aria-label", label),
      ],
      text: "\(ByteCount.decimal(share * 100, places: 0)) %")
  }
}

/// Measures how fast copies arrive, between the looks of whoever is watching.
struct RateMeter {
  private struct Sample {
    var bytes: Int64
    var at: Date
    var rate: Double?
  }

  private var samples: [Int64: Sample] = [:]
  /// Looks that are closer than this measure nothing.
  private static let shortest = 0.8
  /// After so long a rate says nothing any more.
  private static let longest = 120.0

  /// Bytes a second; nil before the second look.
  mutating func rate(_ copy: Int64, bytes: Int64, at now: Date) -> Double? {
    guard let last = samples[copy] else {
      samples[copy] = Sample(bytes: bytes, at: now, rate: nil)
      return nil
    }
    let seconds = now.timeIntervalSince(last.at)
    guard seconds >= Self.shortest || seconds < 0 else { return last.rate }
    guard seconds > 0, seconds <= Self.longest, bytes >= last.bytes else {
      samples[copy] = Sample(bytes: bytes, at: now, rate: nil)
      return nil
    }
    let rate = Double(bytes - last.bytes) / seconds
    samples[copy] = Sample(bytes: bytes, at: now, rate: rate)
    return rate
  }

  /// Forgets all copies but these.
  mutating func keep(only copies: Set<Int64>) { samples = samples.filter { copies.contains($0.key) } }
}
