import Domain
import Foundation
import HTTP
import JSONText
import Testing

@testable import Hub

/// Every recorded answer, and what we make of it. A new recording without a row here is a failure.
@Suite("Contract", .enabled(if: Recorded.isPresent, "needs ../shared/hub/recorded/api"))
struct ContractTests {
  /// What a recording is to us.
  enum Meaning: Sendable {
    /// Rows of models; the first id, how many, and whether the first one carries a licence.
    case list(first: String, rows: Int, licence: String?)
    /// One model.
    case info(id: String, sha: String, licence: String?, files: Int)
    /// One model inside of a recorded exchange.
    case exchangedInfo(id: String, sha: String)
    /// A recorded exchange that ends in a redirect.
    case exchangedRedirect(to: String)
    /// Rows of a tree: entries, files among them, the largest file.
    case tree(entries: Int, files: Int, largest: String, size: Int64)
    /// One entry of a tree.
    case entry(path: String, size: Int64, sha256: String)
    /// Status and headers of an answer to an address.
    case head(RateBucket, link: String?, error: HubError.Kind?)
    /// Status and headers of an answer of the resolver.
    case resolved(commit: String, hash: String?, location: String?)
    /// Nothing that we ask for; the reason, and where the document says what it is.
    case notAsked(String, member: String)
    /// Checked by a test of its own.
    case apart
  }

  static let table: [String: Meaning] = [
    "models-list-limit3.body.json": .list(first: "baidu/Unlimited-OCR", rows: 3, licence: "mit"),
    "models-list-filter-base_model-finetune.body.json": .list(
      first: "samriti16/bert-finetuned-imdb", rows: 3, licence: "apache-2.0"),
    "models-list-sort-downloads-all-expand.body.json": .list(
      first: "sentence-transformers/all-MiniLM-L6-v2", rows: 3, licence: "apache-2.0"),
    "model-tags-qwen2.5.partial.json": .list(first: "Qwen/Qwen2.5-1.5B-Instruct", rows: 2, licence: "apache-2.0"),
    "model-info-all-expand.body.json": .info(
      id: "google-bert/bert-base-uncased", sha: "86b5e0934494bd15c9632b12f734a8a67f723594", licence: "apache-2.0",
      files: 16),
    "model-info-default-bert.json": .info(
      id: "google-bert/bert-base-uncased", sha: "86b5e0934494bd15c9632b12f734a8a67f723594", licence: "apache-2.0",
      files: 16),
    "model-info-blobs-InvokeAI-test--textual_inversion_tests.json": .info(
      id: "InvokeAI-test/textual_inversion_tests", sha: "b4221947b01eb61658972c43e33250820d8e3411",
      licence: "creativeml-openrail-m", files: 1),
    "model-info-blobs-stabilityai--sdxl-turbo.json": .info(
      id: "stabilityai/sdxl-turbo", sha: "f4b0486b498f84668e828044de1d0c8ba486e05b", licence: "other", files: 39),
    "model-info-gguf-gemma-3-12b.body.json": .info(
      id: "ggml-org/gemma-3-12b-it-GGUF", sha: "ec0cbabd8dbff316f659876a50202295c3c4a314", licence: "gemma", files: 6),
    "model-info-gguf-gemma-3-1b.body.json": .info(
      id: "ggml-org/gemma-3-1b-it-GGUF", sha: "f9c28bcd85737ffc5aef028638d3341d49869c27", licence: "gemma", files: 5),
    "model-info-llama-3.1-8b-instruct.partial.json": .info(
      id: "meta-llama/Llama-3.1-8B-Instruct", sha: "0e9e39f249a16976918f6564b8830bc894c89659", licence: "llama3.1",
      files: 0),
    "cassette-models-deepset-roberta-base-squad2-200-1.json": .exchangedInfo(
      id: "deepset/roberta-base-squad2", sha: "adc3b06f79f797d1c575d5479d6f5efe54a9e3b4"),
    "cassette-models-google-bert-bert-base-uncased-200-3.json": .exchangedInfo(
      id: "google-bert/bert-base-uncased", sha: "86b5e0934494bd15c9632b12f734a8a67f723594"),
    "cassette-models-sentence-transformers-paraphrase-albert-small-v2-200-4.json": .exchangedInfo(
      id: "sentence-transformers/paraphrase-albert-small-v2", sha: "39d5b65549dbfc88a4c56fc853a8b7242873d583"),
    "cassette-models-stabilityai-stable-diffusion-2-1-200-5.json": .exchangedInfo(
      id: "stabilityai/stable-diffusion-2-1", sha: "5cae40e6a2745ae2b01ad92ae5043f95f23644d6"),
    "cassette-models-bert-base-uncased-307-2.json": .exchangedRedirect(to: "/api/models/google-bert/bert-base-uncased"),
    "tree-main.body.json": .tree(entries: 14, files: 13, largest: "tf_model.h5", size: 536_063_208),
    "tree-main-expand-limit5.body.json": .tree(entries: 5, files: 4, largest: "LICENSE", size: 11_356),
    "tree-bert-dd4bc8b.json": .tree(entries: 5, files: 5, largest: "tf_model.h5", size: 536_063_208),
    "tree-bert-dd4bc8b-expand.json": .tree(entries: 5, files: 5, largest: "tf_model.h5", size: 536_063_208),
    "tree-TheBloke-Llama-2-7B-Chat-GGUF.trimmed.json": .tree(
      entries: 5, files: 5, largest: "llama-2-7b-chat.Q4_K_M.gguf", size: 4_081_004_224),
    "paths-info-expand.body.json": .tree(entries: 2, files: 2, largest: "README.md", size: 10_517),
    "tree-entry-bartowski-Qwen3-1.7B.json": .entry(
      path: "Qwen_Qwen3-1.7B-Q4_K_M.gguf", size: 1_282_439_584,
      sha256: "72c5c3cb38fa32d5256e2fe30d03e7a64c6c79e668ad84057e3bd66e250b24fb"),
    "models-list-limit3.head.json": .head(.api, link: "/api/models", error: nil),
    "models-list-sort-downloads-all-expand.head.json": .head(.api, link: "/api/models", error: nil),
    "tree-main-expand-limit5.head.json": .head(
      .api, link: "/api/models/google-bert/bert-base-uncased/tree/main", error: nil),
    "commits-main-limit3.head.json": .head(
      .api, link: "/api/models/google-bert/bert-base-uncased/commits/main", error: nil),
    "paths-info-expand.head.json": .head(.api, link: nil, error: nil),
    "raw-200.head.json": .head(.pages, link: nil, error: nil),
    "missing-repo-anonymous-401.head.json": .head(.api, link: nil, error: .repoNotFound),
    "resolve-cache-200.head.json": .resolved(
      commit: "86b5e0934494bd15c9632b12f734a8a67f723594", hash: "45a2321a7ecfdaaf60a6c1fd7f5463994cc8907d",
      location: nil),
    "resolve-small-file-307.head.json": .resolved(
      commit: "86b5e0934494bd15c9632b12f734a8a67f723594", hash: "45a2321a7ecfdaaf60a6c1fd7f5463994cc8907d",
      location:
        "/api/resolve-cache/models/google-bert/bert-base-uncased/86b5e0934494bd15c9632b12f734a8a67f723594/config.json"),
    "missing-repo-anonymous-401.body.json": .notAsked("bodies of errors are not read; headers decide", member: "error"),
    "commits-main-limit3.body.json": .notAsked("the history of a branch", member: "title"),
    "refs.body.json": .notAsked("branches: a branch is resolved by the answer for the model", member: "branches"),
    "quicksearch.body.json": .notAsked("a search across all kinds; the listing has search=", member: "models"),
    "models-tags-by-type.subset.json": .notAsked(
      "the vocabulary of tags; tags are taken as they come", member: "license"),
    "error-header-matrix.json": .apart, "gated-and-error-probes.json": .apart, "entry-404.headers.txt": .apart,
    "resolve-302-location-cas-bridge.txt": .apart, "resolve-lfs-302-and-cdn-200.headers.txt": .apart,
  ]

  private let subject = RequestSubject(repo: repo, hasToken: false, endpoint: "https://huggingface.co")

  @Test func everyRecordingHasAMeaning() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Recorded.folder)
    #expect(Set(files) == Set(Self.table.keys))
  }

  @Test(arguments: table.keys.sorted())
  func meaning(_ name: String) throws {
    let bytes = try Recorded.bytes(name)
    switch try #require(Self.table[name]) {
    case .list(let first, let rows, let licence):
      let page = try Rows.decode(ModelListing.self, answer(bytes), subject: subject)
      #expect(page.skipped.isEmpty)
      #expect(page.rows.count == rows)
      #expect(page.rows.first?.id.description == first)
      #expect(page.rows.first?.licence == licence)
    case .info(let id, let sha, let licence, let files):
      let model = try Rows.decodeOne(ModelListing.self, answer(bytes), subject: subject)
      #expect(model.id.description == id)
      #expect(model.sha?.description == sha)
      #expect(model.licence == licence)
      #expect(model.siblings.count == files)
      if name.contains("blobs") { #expect(model.siblings.allSatisfy { $0.file != nil }) }
    case .exchangedInfo(let id, let sha):
      let model = try Rows.decodeOne(ModelListing.self, answer(try Recorded.cassetteBody(bytes)), subject: subject)
      #expect(model.id.description == id)
      #expect(model.sha?.description == sha)
    case .exchangedRedirect(let path):
      let head = try Recorded.exchange(bytes)
      var trail = RedirectTrail(start: head.url)
      #expect(try trail.follow(head, endpoint: .huggingFace, subject: subject).path == path)
    case .tree(let entries, let files, let largest, let size):
      let page = try Rows.decode(TreeEntry.self, answer(bytes), subject: subject)
      #expect(page.skipped.isEmpty)
      #expect(page.rows.count == entries)
      let found = page.rows.compactMap(\.file)
      #expect(found.count == files)
      let most = found.max { $0.size < $1.size }
      #expect(most?.path.description == largest)
      #expect(most?.size == size)
    case .entry(let path, let size, let sha256):
      let entry = try Rows.decodeOne(TreeEntry.self, answer(bytes), subject: subject)
      #expect(entry.file?.path.description == path)
      #expect(entry.file?.size == size)
      #expect(entry.file?.hash == .sha256(sha256))
    case .head(let bucket, let link, let error):
      let head = try Recorded.answerHead(bytes)
      #expect(HubEndpoint.huggingFace.bucket(head.url) == bucket)
      var walk = PageWalk(first: head.url, pageLimit: 9)
      #expect(walk.advance(head) == (link == nil ? .last : .more))
      #expect(walk.next?.path == link)
      #expect(head.headers["ETag"]?.hasPrefix("W/\"") == true)
      if head.status >= 400 { #expect(HubError(answer: head, subject: subject, now: 0).kind == error) }
    case .resolved(let commit, let hash, let location):
      let head = try Recorded.answerHead(bytes)
      #expect(HubEndpoint.huggingFace.bucket(head.url) == .resolvers)
      var facts = LinkedFacts()
      facts.learn(head)
      #expect(facts.commit?.description == commit)
      #expect(facts.hash?.description == hash)
      guard let location else { return }
      var trail = RedirectTrail(start: head.url)
      let next = try trail.follow(head, endpoint: .huggingFace, subject: subject)
      #expect(next.path == location)
      #expect(HubEndpoint.huggingFace.bucket(next) == .resolvers)
      #expect(HubEndpoint.huggingFace.mayReceiveToken(next))
    case .notAsked(_, let member):
      let document = try JSONValue.parse(bytes)
      let outermost = document.array?.first ?? document
      #expect(outermost[member] != nil)
      guard document.array != nil else { return }
      // No file comes out of it by mistake.
      let page = try Rows.decode(TreeEntry.self, answer(bytes), subject: subject)
      #expect(page.rows.isEmpty)
    case .apart: break
    }
  }

  @Test func whatTheProbesMean() throws {
    let page = HubError.Kind.gated(page: "https://huggingface.co/org/name")
    // In the order of the recording; nil where nothing was refused.
    let wanted: [HubError.Kind?] =
      [nil, nil, nil, .badToken, .badToken, nil, nil, nil, nil, nil, .repoNotFound, .repoNotFound, .forbidden]
      + [page, page, page, nil, page, page, nil, nil, nil, nil, page, page]
    let probes = try #require(JSONValue.parse(try Recorded.bytes("gated-and-error-probes.json")).array)
    #expect(probes.count == wanted.count)
    for (probe, kind) in zip(probes, wanted) {
      let status = try #require(probe["status"]?.int)
      guard status >= 400 else {
        #expect(kind == nil)
        continue
      }
      var headers = HTTPHeaders()
      headers["X-Error-Code"] = probe["x_error_code"]?.string
      headers["X-Error-Message"] = probe["text"]?.string
      let request = try #require(probe["request"]?.string)
      let about = RequestSubject(
        repo: request.contains("whoami") ? nil : repo, hasToken: probe["as"]?.string != "anonymous",
        endpoint: "https://huggingface.co")
      let head = HTTPHead(status: Int(status), headers: headers, url: HubEndpoint.huggingFace.url(["x"]))
      #expect(HubError(answer: head, subject: about, now: 0).kind == kind, "\(request)")
    }
  }

  @Test func theHeadersOfAMissingFile() throws {
    let head = try Recorded.blocks("entry-404.headers.txt", status: 404)[0]
    let limits = head.headers.values("RateLimit").flatMap(RateLimitHeader.items)
    #expect(limits == [RateLimitHeader.items("\"resolvers\";r=2976;t=166")[0]])
    let policy = try #require(head.headers.values("RateLimit-Policy").flatMap(RateLimitPolicyHeader.items).first)
    #expect(policy.quota == 3000)
    #expect(policy.window == 300)
    #expect(HubError(answer: head, subject: subject, now: 0).kind == .entryNotFound)
    var facts = LinkedFacts()
    facts.learn(head)
    #expect(facts.commit?.description == "dc7cdfe2ee4154fa7e30f5b51ca41bfa40174e68")
  }

  @Test func theHeadersOfALargeFile() throws {
    let heads = try Recorded.blocks("resolve-lfs-302-and-cdn-200.headers.txt", status: 200)
    #expect(heads.map(\.status) == [302, 200, 302, 206])
    var facts = LinkedFacts()
    facts.learn(heads[0])
    #expect(facts.size == 1_282_439_584)
    let sum = "72c5c3cb38fa32d5256e2fe30d03e7a64c6c79e668ad84057e3bd66e250b24fb"
    #expect(facts.hash == .sha256(sum))
    // The storage's own ETag is another hash and must not win.
    facts.learn(heads[1])
    #expect(facts.hash == .sha256(sum))
    var trail = RedirectTrail(start: heads[2].url)
    let location = try trail.follow(heads[2], endpoint: .huggingFace, subject: subject)
    #expect(location.origin.host == "us.aws.cdn.hf.co")
    #expect(!HubEndpoint.huggingFace.mayReceiveToken(location))
    #expect(HubEndpoint.huggingFace.bucket(location) == nil)
    let file = ModelFile(path: path("a"), size: 1, hash: .sha256(sum))
    #expect(ResolvedFile(id: repo, commit: commit, file: file, location: location).expires == 1_785_686_539)
    #expect(heads[3].contentRange?.isExactly(0..<1024, of: 4_213_512_672) == true)
  }

  @Test func theAddressOfTheBridge() throws {
    let head = try Recorded.blocks("resolve-302-location-cas-bridge.txt", status: 302)[0]
    // The recording has words in place of the policy; what comes before it is whole.
    let text = try #require(head.headers["Location"]).prefix { $0 != "<" }
    let url = try #require(HTTPURL(String(text)))
    #expect(url.origin.host == "cas-bridge.xethub.hf.co")
    #expect(HubEndpoint.huggingFace.mayRedirect(to: url))
    #expect(HubEndpoint.huggingFace.distrustsAddress(of: url))
    let file = ModelFile(path: path("a"), size: 1, hash: .sha256(sha256))
    #expect(ResolvedFile(id: repo, commit: commit, file: file, location: url).expires == 1_781_864_128)
  }

  private func answer(_ body: [UInt8]) -> HTTPResponse {
    HTTPResponse(head: HTTPHead(status: 200, url: HubEndpoint.huggingFace.url(["api"])), body: body)
  }
}

extension Recorded {
  /// Status, headers and address of a `.head.json`.
  static func answerHead(_ bytes: [UInt8]) throws -> HTTPHead {
    let document = try JSONValue.parse(bytes)
    return HTTPHead(
      status: Int(try #require(document["status"]?.int)), headers: headers(document["header"]),
      url: try #require(document["url"]?.string.flatMap(HTTPURL.init)))
  }

  /// Status, headers and address of a recorded exchange.
  static func exchange(_ bytes: [UInt8]) throws -> HTTPHead {
    let document = try JSONValue.parse(bytes)
    return HTTPHead(
      status: Int(try #require(document["response"]?["status"]?["code"]?.int)),
      headers: headers(document["response"]?["headers"]),
      url: try #require(document["request"]?["uri"]?.string.flatMap(HTTPURL.init)))
  }

  /// The blocks of header lines of a text, each of an answer to a file's address.
  static func blocks(_ name: String, status: Int) throws -> [HTTPHead] {
    let lines = String(decoding: try bytes(name), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    var blocks: [(status: Int, headers: HTTPHeaders)] = []
    for line in lines where !line.hasPrefix("#") {
      if line.hasPrefix("HTTP/") {
        blocks.append((line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0, HTTPHeaders()))
      } else if let colon = line.firstIndex(of: ":") {
        if blocks.isEmpty { blocks.append((status, HTTPHeaders())) }
        blocks[blocks.count - 1].headers.append(
          String(line[..<colon]), String(line[line.index(after: colon)...]).trimmingCharacters(in: .whitespaces))
      }
    }
    return blocks.map {
      HTTPHead(
        status: $0.status, headers: $0.headers, url: HubEndpoint.huggingFace.url(["org", "name", "resolve", "main"]))
    }
  }

  private static func headers(_ value: JSONValue?) -> HTTPHeaders {
    HTTPHeaders(
      (value?.object?.members ?? []).flatMap { member in
        (member.value.array ?? []).compactMap(\.string).map { (name: member.key, value: $0) }
      })
  }
}
