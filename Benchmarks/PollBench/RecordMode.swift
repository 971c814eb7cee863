import Catalog
import Foundation
import HTTP
import Hub

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
    /// `VmHWM`, in bytes.
    var peak: Int
  }

  /// Reads up to `pages` pages of the models with a tag, or of all with an empty one.
  static func run(endpoint: String, filter: String, pages: Int, models wanted: Int, state: String) async throws
    -> Outcome
  {
    let http = try HTTPClient(.init(userAgent: HubClient.userAgent(version: "bench")))
    let hub = HubClient(endpoint: try HubEndpoint(endpoint), token: nil, http: http)
    let catalog = try Catalog(folder: state)
    let query = ModelQuery(
      filters: filter.isEmpty ? [] : [filter], sort: .createdAt, limit: 1000, expand: ModelQuery.pollMembers)
    let cpuBefore = cpu()
    let start = ContinuousClock.now
    var models = 0
    var iterator = hub.models(query, pageLimit: pages).makeAsyncIterator()
    try await withThrowingTaskGroup(of: RecordingResult.self) { recording in
      while models < wanted, let page = try await iterator.next() {
        _ = try await recording.next()
        guard page.skipped.isEmpty else { throw Child.Failure(description: "a row was not understood") }
        models += page.models.count
        let now = Date()
        recording.addTask { try catalog.record(page.models.map { listed($0) }, at: now) }
      }
      try await recording.waitForAll()
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let used = cpu() - cpuBefore
    guard try catalog.repoCount() == models else { throw Child.Failure(description: "not every model was recorded") }
    await http.shutdown()
    return Outcome(models: models, seconds: seconds, cpu: used, peak: try peak())
  }

  private static func listed(_ model: ModelListing) -> ListedRepo {
    let isGated = if case .gated = model.gating { true } else { false }
    return ListedRepo(
      id: model.id, objectID: model.objectID, commit: model.sha, createdAt: model.createdAt,
      lastModified: model.lastModified, tags: model.tags, gated: isGated, downloads: Int(model.downloads ?? 0),
      likes: Int(model.likes ?? 0), trending: model.trendingScore ?? 0,
      architecture: model.tags.contains("llama") ? "llama" : nil, parameters: model.safetensorsParameters)
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
