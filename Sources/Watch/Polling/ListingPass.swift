import Catalog
import Domain
import Foundation
import Hub
import Settings

/// One pass over one listing: from its newest row down to where the last pass began, then through what earlier
/// passes had to leave.
struct ListingPass {
  let hub: HubClient
  let catalog: Catalog
  let filter: String
  let sort: ModelQuery.Sort
  let settings: Settings.Watch
  let rules: Rules
  let now: @Sendable () -> Date

  /// What a pass brought.
  struct Report {
    var models = 0
    var recorded = RecordingResult()
    var skipped = 0
    var troubles: [String] = []
    /// What the hub no longer tells.
    var drift: Set<String> = []
  }

  /// The name under which its progress is kept.
  private var mark: String { "poll.\(filter).\(sort.rawValue)" }
  private var query: ModelQuery {
    let members = filter == "gguf" ? ModelQuery.ggufPollMembers : ModelQuery.pollMembers
    return ModelQuery(filters: [filter], sort: sort, limit: Self.pageSize, expand: members)
  }
  /// The summary of a GGUF file brings its chat template along, so that larger pages would be megabytes.
  private static let pageSize = 100

  /// Reads as much as the budget of pages allows.
  ///
  /// - Throws: `HubError`, `CatalogError`; what was read until then is recorded.
  func run() async throws -> Report {
    var report = Report()
    var budget = settings.pages
    var progress = PassProgress(stored: try catalog.mark(mark))
    let present = now().timeIntervalSince1970
    let horizon =
      progress.newest.map { min($0, present) - Poller.overlap } ?? present - 86400 * Double(settings.firstDays)
    let earlier = progress.gaps
    let head = PassProgress.Gap(next: nil, top: .infinity, horizon: horizon)
    // What is new must not keep older gaps unread for ever.
    let kept = earlier.isEmpty ? 0 : min(budget - 1, max(1, budget / 3))
    budget -= kept
    try await read(head, &progress, others: earlier, &budget, &report)
    budget += kept
    // An odd page is read again by the next poll, when the mishap may be over. The oldest gap comes first: while new
    // ones open at every poll, each is closed some day.
    func isDue(_ gap: PassProgress.Gap) -> Bool { gap.tries == nil || earlier.contains(gap) }
    // Of gaps that begin in one second only this tells which is older: the one that this poll has just made is not.
    func isOld(_ gap: PassProgress.Gap) -> Bool { isDue(gap) && earlier.contains { $0.next == gap.next } }
    while budget > 0, let place = progress.gaps.lastIndex(where: isOld) ?? progress.gaps.lastIndex(where: isDue) {
      let gap = progress.gaps[place]
      var others = progress.gaps
      others.remove(at: place)
      let before = progress
      do {
        try await read(gap, &progress, others: others, &budget, &report)
      } catch let error as HubError where gap.next != nil && error.kind == .unexpectedAnswer {
        // The hub may no longer know the page: the gap is read from the listing's beginning.
        progress.gaps = others
        progress.add(PassProgress.Gap(next: nil, top: gap.top, horizon: gap.horizon))
        try catalog.setMark(mark, progress.stored)
      }
      // A gap that does not move would be asked for again and again.
      if progress == before { break }
    }
    for gap in progress.gaps where gap.tries == nil {
      report.troubles.append(
        "the listing of \(filter) by \(sort.rawValue) is not yet read between \(Self.day(gap.horizon)) and "
          + "\(Self.day(min(gap.top, present))): it goes on at the next poll, \(settings.pages) pages at a time "
          + "(watch.pages)")
    }
    if !report.drift.isEmpty {
      report.troubles.append(
        "schema drift: the hub's listing of \(filter) by \(sort.rawValue) is no longer as it was, "
          + "\(report.drift.sorted().joined(separator: ", ")) in any row")
    }
    if report.skipped > 0 {
      report.troubles.append("\(report.skipped) rows of the listing of \(filter) by \(sort.rawValue) make no sense")
    }
    return report
  }

  /// Reads one stretch; `progress` then holds what is left of it beside `others`.
  private func read(
    _ stretch: PassProgress.Gap, _ progress: inout PassProgress, others: [PassProgress.Gap], _ budget: inout Int,
    _ report: inout Report
  ) async throws {
    let rules = rules
    let architectures = TagSet(settings.architectures.map { $0.lowercased() })
    let moment = now()
    let horizon = stretch.horizon
    var here = stretch.next
    var top = min(stretch.top, moment.timeIntervalSince1970)
    var retries = others
    var pages = hub.models(query, pageLimit: budget, from: stretch.next).makeAsyncIterator()
    let recorded = try await PageRecorder.recording(into: catalog, judge: { rules.judge($0) }) { recorder in
      while let page = try await pages.next() {
        budget -= 1
        let (rows, times, skipped) = timed(page)
        report.skipped += page.skipped.count + skipped
        report.drift.formUnion(page.drift)
        let older = Self.olderRows(horizon, times)
        let isThrough = older > 0 || stretch.tries != nil
        report.models += rows.count - older
        // A row from the future must not hide what is made until then.
        if let newest = times.max().map({ min($0, moment.timeIntervalSince1970) }) {
          progress.newest = max(progress.newest ?? newest, newest)
        }
        // A page with rows that make no sense, or rows of another page, is read once more by the next polls.
        let isOdd = page.skipped.count + skipped > 0 || (times.first ?? 0) > top + 1
        let bottom = times.min().map { min(top, $0) } ?? top
        if isOdd, (stretch.tries ?? 0) < Self.mostTries {
          let depth = here == nil ? bottom : horizon
          retries.append(
            PassProgress.Gap(next: here, top: max(top, depth + 0.001), horizon: depth, tries: (stretch.tries ?? 0) + 1))
        }
        top = bottom
        progress.gaps = []
        for gap in retries { progress.add(gap) }
        if !isThrough, let next = Self.nextPage(page, here: here) {
          progress.add(PassProgress.Gap(next: next.link, top: max(top, horizon + 0.001), horizon: horizon))
          if let trouble = next.trouble { report.troubles.append("the listing of \(filter): \(trouble)") }
        }
        let marks = [mark: try progress.stored]
        let listed = rows.dropLast(older).map { Poller.judged($0, architectures: architectures, rules: rules) }
        try await recorder.add(listed, at: moment, marks: marks)
        if isThrough { break }
        here = page.next
        // Another three pages like this one do not reach the horizon: the next two are wanted for sure.
        let span = (times.max() ?? bottom) - bottom
        pages.readsAhead = stretch.tries == nil && !times.isEmpty && bottom - 3 * span > horizon
      }
    }
    report.recorded = report.recorded + recorded
  }

  /// How often a page that makes no sense is read once more.
  private static let mostTries = 4

  /// 1 March 2022: the hub's clock for repositories begins a day later, and a row before it would end a pass.
  private static let firstMoment: Double = 1_646_092_800

  /// The rows that say a time that can be, and how many do not.
  private func timed(_ page: ModelPage) -> (rows: [ModelListing], times: [Double], skipped: Int) {
    let present = now().timeIntervalSince1970
    var rows: [ModelListing] = []
    var times: [Double] = []
    for model in page.models {
      guard let time = sort == .createdAt ? model.createdAt : model.lastModified,
        time.timeIntervalSince1970 > Self.firstMoment
      else { continue }
      rows.append(model)
      times.append(min(time.timeIntervalSince1970, present))
    }
    return (rows, times, page.models.count - rows.count)
  }

  /// How many rows at the end of a page lie behind the horizon: 0 as long as the page does not reach it.
  private static func olderRows(_ horizon: Double, _ times: [Double]) -> Int {
    times.reversed().prefix { $0 < horizon }.count
  }

  /// Where the listing goes on; nil after its last page.
  private static func nextPage(_ page: ModelPage, here: String?) -> (link: String?, trouble: String?)? {
    switch page.end {
    case .last: nil
    case .more, .pageLimit: (page.next, nil)
    case .repeatedCursor: (here, "the hub went in a circle")
    case .foreignLink: (here, "its next page lies elsewhere, and was not asked for")
    }
  }

  private static func day(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds).formatted(
      .iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: false).timeSeparator(.colon))
  }
}
