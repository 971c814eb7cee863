import Domain
import FoundationEssentials
import HTTP
import Hub
import LoopbackServer
import Testing

/// Answers of the real hub, replayed over loopback.
@Suite("Recorded answers", .enabled(if: Recorded.isPresent, "needs ../shared/hub/recorded/api"))
struct RecordedTests {
  @Test(arguments: Recorded.listings)
  func aListing(_ name: String) async throws {
    let body = try Recorded.bytes(name)
    let fixture = try HubFixture { _ in LoopbackServer.answer(body: body) }
    var iterator = fixture.hub.models(ModelQuery()).makeAsyncIterator()
    let page = try #require(try await iterator.next())
    #expect(page.skipped.isEmpty)
    #expect(!page.models.isEmpty)
    #expect(page.models.allSatisfy { !$0.tags.isEmpty })
  }

  @Test(arguments: Recorded.infos)
  func anInfo(_ name: String) async throws {
    var body = try Recorded.bytes(name)
    if name.hasPrefix("cassette") { body = try Recorded.cassetteBody(body) }
    let answer = body
    let fixture = try HubFixture { _ in LoopbackServer.answer(body: answer) }
    let model = try await fixture.hub.modelInfo(repo)
    #expect(model.sha != nil)
    #expect(model.objectID != nil)
    #expect(model.lastModified != nil)
  }

  @Test func membersOfARecordedGGUFRepository() async throws {
    let body = try Recorded.bytes("model-info-gguf-gemma-3-1b.body.json")
    let fixture = try HubFixture { _ in LoopbackServer.answer(body: body) }
    let model = try await fixture.hub.modelInfo(repo)
    #expect(model.id.description == "ggml-org/gemma-3-1b-it-GGUF")
    #expect(model.gguf?.architecture == "gemma3")
    #expect(model.gguf?.contextLength == 32_768)
    #expect(model.libraryName == nil)
    #expect(model.siblings.contains { $0.name.hasSuffix(".gguf") })
  }

  @Test func aGatedRepositoryIsListed() async throws {
    let body = try Recorded.bytes("model-info-llama-3.1-8b-instruct.partial.json")
    let fixture = try HubFixture { _ in LoopbackServer.answer(body: body) }
    let model = try await fixture.hub.modelInfo(repo)
    #expect(model.gating == .gated("manual"))
    #expect(model.tags.contains("llama"))
    #expect(model.downloads == 6_375_575)
  }

  @Test(arguments: Recorded.trees)
  func aTree(_ name: String) async throws {
    let body = try Recorded.bytes(name)
    let fixture = try HubFixture { _ in LoopbackServer.answer(body: body) }
    let tree = try await fixture.hub.tree(repo)
    #expect(tree.skipped.isEmpty)
    #expect(!tree.files.isEmpty)
  }

  @Test func theNextLinkOfARecordedListing() throws {
    let head = try Recorded.head("models-list-limit3.head.json")
    let link = try #require(LinkHeader.next(in: head["Link"] ?? []))
    let url = try #require(HTTPURL(link))
    #expect(url.origin == HubEndpoint.huggingFace.origin)
    #expect(url.queryItem("cursor")?.hasSuffix("%3D") == true)
  }

  @Test func theErrorsOfTheRecordedMatrix() async throws {
    struct Row: Decodable {
      let `case`: String
      let status: Int
      let headers: [String: String]
    }
    let rows = try JSONDecoder().decode([Row].self, from: Data(Recorded.bytes("error-header-matrix.json")))
    for row in rows where row.status >= 400 {
      let lines = row.headers.map { "\($0.key): \($0.value)" }
      let token = row.case.contains("token") ? "t" : nil
      let fixture = try HubFixture(token: token) { _ in LoopbackServer.answer(row.status, headers: lines) }
      let error = await hubError { _ = try await fixture.hub.resolve(repo, path: path("a")) }
      let wanted: HubError.Kind? =
        switch row.case {
        case "missing file": .entryNotFound
        case "missing revision": .revisionNotFound
        case "broken token": .badToken
        case "disabled repo": .disabled
        case let name where name.hasPrefix("missing"): .repoNotFound
        case let name where name.hasPrefix("gated"): .gated(page: fixture.server.address("/org/name"))
        default: nil
        }
      #expect(error?.kind == wanted, "\(row.case)")
    }
  }
}

enum Recorded {
  /// Beside the package: this file's folder is two below its root.
  static let folder =
    "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/shared/hub/recorded/api"
  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }

  static let listings = [
    "models-list-limit3.body.json", "models-list-sort-downloads-all-expand.body.json",
    "models-list-filter-base_model-finetune.body.json", "model-tags-qwen2.5.partial.json",
  ]
  static let infos = [
    "model-info-all-expand.body.json", "model-info-blobs-InvokeAI-test--textual_inversion_tests.json",
    "model-info-blobs-stabilityai--sdxl-turbo.json", "model-info-default-bert.json",
    "model-info-gguf-gemma-3-12b.body.json", "model-info-gguf-gemma-3-1b.body.json",
    "model-info-llama-3.1-8b-instruct.partial.json", "cassette-models-deepset-roberta-base-squad2-200-1.json",
    "cassette-models-google-bert-bert-base-uncased-200-3.json",
    "cassette-models-sentence-transformers-paraphrase-albert-small-v2-200-4.json",
    "cassette-models-stabilityai-stable-diffusion-2-1-200-5.json",
  ]
  static let trees = [
    "tree-main.body.json", "tree-main-expand-limit5.body.json", "tree-bert-dd4bc8b.json",
    "tree-bert-dd4bc8b-expand.json", "tree-TheBloke-Llama-2-7B-Chat-GGUF.trimmed.json",
    "paths-info-expand.body.json",
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    try Array(#require(FileManager.default.contents(atPath: "\(folder)/\(name)")))
  }

  static func head(_ name: String) throws -> [String: [String]] {
    struct Head: Decodable {
      let header: [String: [String]]
    }
    return try JSONDecoder().decode(Head.self, from: Data(bytes(name))).header
  }

  /// The parsed body inside of a recorded exchange, written out again.
  static func cassetteBody(_ bytes: [UInt8]) throws -> [UInt8] {
    struct Exchange: Decodable {
      struct Response: Decodable {
        let body: JSON
      }
      let response: Response
    }
    return try Array(
      JSONEncoder().encode(JSONDecoder().decode(Exchange.self, from: Data(bytes)).response.body))
  }
}

/// Any JSON value.
enum JSON: Codable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let flag = try? value.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let array = try? value.decode([JSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .flag(let flag): try container.encode(flag)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .array(let array): try container.encode(array)
    case .object(let object): try container.encode(object)
    }
  }
}
