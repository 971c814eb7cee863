import Domain
import Foundation
import HTTP
import Hub
import ModelFiles
import TestSupport
import Testing

@Suite("The simulated hub")
struct SimulatedHubTests {
  private static let now = 1_790_000_000

  private static func law(_ models: Int, seed: UInt64 = 5) -> HubLaw {
    var law = HubLaw(seed: seed, models: models, now: now)
    // Whole groups of models share a second.
    law.granularity = 3600
    return law
  }

  private static func client(_ hub: SimulatedHub, token: Secret? = nil) throws -> (HubClient, VirtualClock) {
    let clock = VirtualClock(at: Double(now))
    let http = try HTTPClient(.init(userAgent: "test"))
    return (HubClient(endpoint: try HubEndpoint(hub.endpoint), token: token, http: http, clock: clock.hubClock), clock)
  }

  private static func hub(_ models: Int, _ change: (inout SimulatedHub.Options) -> Void = { _ in }) throws
    -> SimulatedHub
  {
    var options = SimulatedHub.Options(law: law(models)) { Double(now) }
    change(&options)
    return try SimulatedHub(options)
  }

  private static func ids(_ client: HubClient, _ query: ModelQuery) async throws -> [String] {
    var ids: [String] = []
    for try await page in client.models(query, pageLimit: 10_000) {
      #expect(page.skipped == [])
      ids += page.models.map(\.id.description)
    }
    return ids
  }

  @Test("paging gives every model once, in order", arguments: ModelQuery.Sort.allCases)
  func paging(sort: ModelQuery.Sort) async throws {
    let hub = try Self.hub(700)
    for index in stride(from: 0, to: 700, by: 9) { hub.apply(.commit(index)) }
    hub.apply(.insert(20))
    hub.apply(.delete(3))
    let (client, _) = try Self.client(hub)
    var seen: Set<String> = []
    for filter in ["gguf", "llama"] {
      var last: (Double, String)?
      var ids: Set<String> = []
      for try await page in client.models(ModelQuery(filters: [filter], sort: sort, limit: 37), pageLimit: 10_000) {
        #expect(page.skipped == [])
        for model in page.models {
          #expect(model.tags.contains(filter))
          #expect(ids.insert(model.id.description).inserted, "\(model.id) came twice")
          let key = try Self.key(model, sort)
          if let last { #expect(last.0 > key.0 || last.0 == key.0 && last.1 < key.1) }
          last = key
        }
      }
      seen.formUnion(ids)
    }
    let expected = Set((0..<hub.count).map(hub.model).filter(\.isVisible).map(\.id))
    #expect(seen == expected)
    #expect(expected.count == 719)
  }

  @Test func readingAheadAsksForTheSamePagesOnce() async throws {
    let hub = try Self.hub(700)
    let (client, _) = try Self.client(hub)
    let query = ModelQuery(filters: ["gguf"], limit: 37)
    let plain = try await Self.ids(client, query)
    let asked = hub.requests
    var pages = client.models(query, pageLimit: 10_000).makeAsyncIterator()
    pages.readsAhead = true
    var ids: [String] = []
    while let page = try await pages.next() { ids += page.models.map(\.id.description) }
    #expect(ids == plain && hub.requests == 2 * asked)
    // No further than allowed, and an error of the page ahead comes in its turn.
    var few = client.models(query, pageLimit: 2).makeAsyncIterator()
    few.readsAhead = true
    hub.inject(.html, atRequest: 2)
    #expect(try await few.next()?.end == .more)
    await #expect(throws: HubError.self) { try await few.next() }
    #expect(hub.requests == 2 * asked + 2)
  }

  private static func key(_ model: ModelListing, _ sort: ModelQuery.Sort) throws -> (Double, String) {
    let value =
      switch sort {
      case .createdAt: model.createdAt?.timeIntervalSince1970
      case .lastModified: model.lastModified?.timeIntervalSince1970
      case .downloads: model.downloads.map(Double.init)
      case .likes: model.likes.map(Double.init)
      case .trendingScore: model.trendingScore
      }
    return (try #require(value), try #require(model.objectID?.description))
  }

  @Test func aCursorStandsStillWhileModelsAppear() async throws {
    let hub = try Self.hub(300)
    let (client, _) = try Self.client(hub)
    let before = Set((0..<300).map { hub.model($0).id })
    for request in 1...12 { hub.schedule(.insert(7), beforeRequest: request) }
    var ids: [String] = []
    for filter in ["gguf", "llama"] { ids += try await Self.ids(client, ModelQuery(filters: [filter], limit: 30)) }
    #expect(before.isSubset(of: ids))
  }

  @Test func otherFilters() async throws {
    let hub = try Self.hub(500)
    let (client, _) = try Self.client(hub)
    let all = try await Self.ids(client, ModelQuery(filters: ["gguf"], limit: 500))
    let licensed = try await Self.ids(client, ModelQuery(filters: ["gguf", "license:llama3.1"], limit: 500))
    #expect(!licensed.isEmpty && licensed.count < all.count)
    let found = try await Self.ids(client, ModelQuery(search: "tinyllama", limit: 500))
    #expect(!found.isEmpty && found.allSatisfy { $0.lowercased().contains("tinyllama") })
    let author = try #require(all.first).prefix { $0 != "/" }
    let own = try await Self.ids(client, ModelQuery(author: String(author), limit: 500))
    #expect(!own.isEmpty && own.allSatisfy { $0.hasPrefix("\(author)/") })
  }

  @Test func idsAreUniqueAndLeadBack() throws {
    let hub = try Self.hub(5000)
    var ids: Set<String> = []
    var objects: Set<String> = []
    for index in 0..<5000 {
      let model = hub.model(index)
      #expect(RepoID(model.id) != nil)
      #expect(hub.index(of: model.id) == index)
      #expect(model.lastModified >= model.createdAt && model.lastModified <= Self.now)
      #expect(model.objectID.hasPrefix(String(model.createdAt, radix: 16)))
      ids.insert(model.id)
      objects.insert(model.objectID)
    }
    #expect(ids.count == 5000 && objects.count == 5000)
  }

  @Test func renamedDeletedAndPrivate() async throws {
    let hub = try Self.hub(50)
    let old = hub.model(7).id
    hub.apply(.rename(7, to: "moved/Elsewhere"))
    hub.apply(.delete(8))
    hub.apply(.makePrivate(9))
    let (client, _) = try Self.client(hub)
    let (owner, _) = try Self.client(hub, token: Secret("hf_simulated"))
    #expect(try await client.modelInfo(try #require(RepoID(old))).id.description == "moved/Elsewhere")
    for index in [8, 9] {
      let id = try #require(RepoID(hub.model(index).id))
      for caller in [client, owner] {
        let error = await #expect(throws: HubError.self) { _ = try await caller.modelInfo(id) }
        #expect(error?.kind == .repoNotFound)
      }
      #expect(hub.failedLooks(index).count == 2)
    }
    hub.apply(.makePublic(8, touching: true))
    hub.apply(.makePublic(9, touching: true))
    #expect(!hub.model(8).isVisible)
    #expect(hub.model(9).isVisible && hub.model(9).lastModified == Self.now)
  }

  @Test func filesAreWhatTheirNamesSay() async throws {
    let hub = try Self.hub(400)
    let (client, _) = try Self.client(hub)
    var ggufs = 0
    var safetensors = 0
    for index in 0..<400 where !hub.model(index).isGated && !hub.model(index).isEmpty && ggufs + safetensors < 40 {
      let id = try #require(RepoID(hub.model(index).id))
      let tree = try await client.tree(id)
      #expect(tree.skipped == [])
      #expect(tree.files.contains { $0.path.description == "README.md" })
      let commit = try #require(CommitHash(hub.model(index).commit))
      for file in tree.files {
        let reader = HubRangeReader(client: client, id: id, commit: commit, file: file)
        if file.path.description.hasSuffix(".gguf"), ggufs < 20 {
          ggufs += 1
          let header = try await GGUFHeader.read(from: reader, name: file.path.description)
          #expect(try ModelShape(gguf: header).parameters > 0)
        } else if file.path.description.hasSuffix(".safetensors"), safetensors < 20 {
          safetensors += 1
          let length = try await reader.read(0..<8).reversed().reduce(0) { $0 << 8 | Int($1) }
          let header = try await reader.read(8..<Int64(8 + length))
          let object = try JSONSerialization.jsonObject(with: Data(header))
          let tensors = try #require(object as? [String: [String: Any]])
          let ends = tensors.values.compactMap { ($0["data_offsets"] as? [Int])?.last }
          #expect(ends.max().map { Int64($0 + 8 + length) } == file.size)
        }
      }
    }
    #expect(ggufs == 20 && safetensors == 20)
    #expect(!hub.tokenLeaked)
  }

  @Test func aWindowIsCountedAndRefused() async throws {
    let clock = VirtualClock(at: Double(Self.now))
    var options = SimulatedHub.Options(law: Self.law(50)) { clock.now }
    options.quotas[.api] = 3
    let hub = try SimulatedHub(options)
    let http = try HTTPClient(.init(userAgent: "test"))
    let url = try #require(HTTPURL("\(hub.endpoint)/api/models?filter=gguf&limit=1"))
    var statuses: [Int] = []
    for _ in 0..<5 { statuses.append(try await http.data(for: HTTPRequest(.get, url)).head.status) }
    #expect(statuses == [200, 200, 200, 429, 429])
    // The third answer said that nothing was left.
    #expect(hub.violations.map(\.request) == [4, 5])
    clock.advance(by: 300)
    let head = try await http.data(for: HTTPRequest(.get, url)).head
    #expect(head.status == 200)
    #expect(head.headers["RateLimit"]?.hasPrefix("\"api\";r=2;t=") == true)
    #expect(hub.windows(.api).map(\.requests) == [5, 1])
  }

  @Test func aRunningRetryAfterIsRemembered() async throws {
    let hub = try Self.hub(50)
    let http = try HTTPClient(.init(userAgent: "test"))
    let url = try #require(HTTPURL("\(hub.endpoint)/api/models?filter=gguf&limit=1"))
    hub.inject(.tooMany(.seconds(20)), atRequest: 1)
    #expect(try await http.data(for: HTTPRequest(.get, url)).head.headers["Retry-After"] == "20")
    #expect(try await http.data(for: HTTPRequest(.get, url)).head.status == 429)
    #expect(hub.violations.count == 1)
  }

  @Test(
    "a listing survives what goes wrong once",
    arguments: [
      HubFault.tooMany(.seconds(9)), .tooMany(.date(9)), .windowUsedUp, .serverError(503, .seconds(5)), .cut,
      .truncated,
      .repeatedPage,
    ])
  func transientFaults(fault: HubFault) async throws {
    let clock = VirtualClock(at: Double(Self.now))
    let hub = try SimulatedHub(.init(law: Self.law(200)) { clock.now })
    let http = try HTTPClient(.init(userAgent: "test"))
    let client = HubClient(endpoint: try HubEndpoint(hub.endpoint), token: nil, http: http, clock: clock.hubClock)
    let whole = try await Self.ids(client, ModelQuery(filters: ["llama"], limit: 20))
    hub.inject(fault, atRequest: 3)
    let ids = try await Self.ids(client, ModelQuery(filters: ["llama"], limit: 20))
    #expect(Set(ids) == Set(whole))
    #expect(ids.count == whole.count + (fault == .repeatedPage ? 20 : 0))
    #expect(hub.violations == [])
  }

  @Test(
    "a client ends with a typed error, or leaves out a row",
    arguments: [
      HubFault.html, .deepJSON, .endless, .gigabyte, .linkToItself, .linkToStart, .linkElsewhere, .brokenRows,
    ])
  func lastingFaults(fault: HubFault) async throws {
    let hub = try Self.hub(200)
    let (client, _) = try Self.client(hub, token: Secret("hf_simulated"))
    hub.inject(fault, atRequest: 2)
    do {
      var skipped = 0
      var end = PageEnd.more
      for try await page in client.models(ModelQuery(filters: ["llama"], limit: 40)) {
        skipped += page.skipped.count
        end = page.end
      }
      #expect(skipped > 0 || end == .repeatedCursor || end == .foreignLink)
    } catch {
      let isTooLarge = if case .unreachable = error.kind { true } else { false }
      #expect(error.kind == .unexpectedAnswer || isTooLarge)
    }
    #expect(!hub.tokenLeaked)
  }

  @Test func theOtherHostNoticesAToken() async throws {
    let hub = try Self.hub(100)
    let (client, _) = try Self.client(hub)
    let http = try HTTPClient(.init(userAgent: "test"))
    hub.inject(.linkElsewhere, atRequest: 1)
    let url = try #require(HTTPURL("\(hub.endpoint)/api/models?filter=llama&limit=2"))
    let link = try await http.data(for: HTTPRequest(.get, url)).head.headers["Link"]
    let text = try #require(link?.dropFirst().prefix { $0 != ">" })
    var request = HTTPRequest(.get, try #require(HTTPURL(String(text))))
    #expect(request.url.origin != client.endpoint.origin)
    _ = try await http.data(for: request)
    #expect(!hub.tokenLeaked)
    request.headers["Authorization"] = "Bearer hf_simulated"
    _ = try await http.data(for: request)
    #expect(hub.tokenLeaked)
  }

  @Test(
    "the official client lists it", .enabled(if: SharedData.python != nil, "needs the Python client; `make python`"))
  func pythonLists() async throws {
    let hub = try Self.hub(1500) { $0.longestPage = 400 }
    let script = """
      import huggingface_hub as h
      ids = [m.id for m in h.HfApi().list_models(filter="llama", sort="created_at", expand=["tags", "createdAt"])]
      info = h.HfApi().model_info(ids[0])
      print(len(ids), len(set(ids)), info.id == ids[0], len(info.siblings) > 0)
      """
    let python = Program(path: try #require(SharedData.python))
    let outcome = try await python.run(
      ["-c", script], environment: ["HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_TELEMETRY": "1"])
    let (client, _) = try Self.client(hub)
    let count = try await Self.ids(client, ModelQuery(filters: ["llama"], limit: 1000)).count
    #expect(outcome.output == "\(count) \(count) True True\n", "\(outcome.error)")
  }
}
