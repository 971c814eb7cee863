import BenchSupport
import Catalog
import Domain
import Foundation
import HTTP
import Hub
import Settings

@testable import Watch

/// The bench's own child: reads a listing and records it as the poller does, in pages of a thousand.
///
/// The poller itself asks for pages of a hundred, since GGUF summaries make its rows large; this one compares with
/// the official client page for page.
enum RecordMode {
  struct Outcome: Codable {
    var models: Int
    var seconds: Double
    /// User and system time of the reading alone.
    var cpu: Double
    /// `VmHWM` after the listing, in bytes.
    var peak: Int
    /// Families and the search index brought up to date after the listing, in seconds; nil when that was not asked for.
    var deriving: Double?
  }

  /// Reads up to `pages` pages of the models with a tag, or of all with an empty one.
  ///
  /// - Parameter derives: whether families and the search index are brought up to date after that.
  static func run(endpoint: String, filter: String, pages: Int, models wanted: Int, state: String, derives: Bool)
    async throws -> Outcome
  {
    let settings = Settings()
    let rules = Rules(settings.watch)
    let http = try HTTPClient(.init(userAgent: HubClient.userAgent(version: "bench")))
    let hub = HubClient(endpoint: try HubEndpoint(endpoint), token: nil, http: http)
    let catalog = try Catalog(folder: state)
    let query = ModelQuery(
      filters: filter.isEmpty ? [] : [filter], sort: .createdAt, limit: 1000, expand: ModelQuery.pollMembers)
    let cpuBefore = cpu()
    let start = ContinuousClock.now
    var models = 0
    var iterator = hub.models(query, pageLimit: pages).makeAsyncIterator()
    let architectures = TagSet(settings.watch.architectures)
    _ = try await PageRecorder.recording(into: catalog, judge: { rules.judge($0) }) { recorder in
      while models < wanted, let page = try await iterator.next() {
        guard page.skipped.isEmpty else { throw Child.Failure(description: "a row was not understood") }
        models += page.models.count
        iterator.readsAhead = models < wanted - 2 * page.models.count
        // What a pass of the poller remembers with every page is about as long.
        try await recorder.add(
          page.models.map { Poller.judged($0, architectures: architectures, rules: rules) }, at: Date(),
          marks: ["poll.bench": page.next ?? ""])
      }
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let used = cpu() - cpuBefore
    guard try catalog.repoCount() == models else { throw Child.Failure(description: "not every model was recorded") }
    await http.shutdown()
    var outcome = Outcome(models: models, seconds: seconds, cpu: used, peak: try peak())
    if derives {
      let rank = Rank(weights: settings.rank, rules: rules)
      let start = ContinuousClock.now
      while try catalog.derive(at: Date(), score: { rank.score($0) }) > 0 {}
      outcome.deriving = (ContinuousClock.now - start) / .seconds(1)
    }
    return outcome
  }

  private static func cpu() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Child.seconds(usage.ru_utime) + Child.seconds(usage.ru_stime)
  }

  private static func peak() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    guard
      let kibibytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({ Int($0) })
    else { throw Child.Failure(description: "the kernel does not tell VmHWM") }
    return kibibytes * 1024
  }
}
