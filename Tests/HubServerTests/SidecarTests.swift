import Foundation
import HubServer
import Testing

@testable import HubServer

@Suite("Sidecars and cards", .timeLimit(.minutes(1)))
struct SidecarTests {
  @Test("what is written reads back")
  func roundTrip() throws {
    var sidecar = RepoSidecar()
    sidecar.createdAt = date(1_700_000_000)
    sidecar.lastModified = date(1_700_000_001)
    sidecar.tags = ["a"]
    sidecar.gated = .auto
    sidecar.downloads = 3
    sidecar.downloadsAllTime = 4
    sidecar.likes = 5
    sidecar.trendingScore = 0.5
    sidecar.isPrivate = true
    sidecar.disabled = true
    sidecar.pipelineTag = "text-generation"
    sidecar.libraryName = "transformers"
    sidecar.baseModels = .init(relation: "finetune", models: ["org/base"])
    sidecar.renamedFrom = ["old/name"]
    sidecar.files = ["x.gguf": .init(sha256: String(repeating: "0", count: 64), securityStatus: "safe")]
    sidecar.gguf = .init(
      total: 1, architecture: "llama", contextLength: 2, chatTemplate: "t", totalFileSize: 3)
    sidecar.safetensors = ["BF16": 7]
    let folder = try TestFolder()
    defer { folder.remove() }
    try sidecar.write(toRepoFolder: folder.path + "/org/m")
    let bytes = Array(try Data(contentsOf: URL(filePath: folder.path + "/org/m/.hub.json")))
    #expect(try RepoSidecar.read(bytes, path: "x") == sidecar)
    #expect(try RepoSidecar.read(Array("{}".utf8), path: "x") == RepoSidecar())
  }

  @Test(
    "a bad sidecar is reported by name",
    arguments: [
      (#"{"gatted":true}"#, "unknown member \"gatted\""), (#"{"gated":"maybe"}"#, "gated is \"maybe\""),
      (#"{"createdAt":"yesterday"}"#, "createdAt is \"yesterday\""), (#"{"likes":"many"}"#, "likes"),
      ("{", "JSON"),
      (#"{"files":{"a":{"sha256":"XYZ"}}}"#, "hash of a"),
    ])
  func bad(text: String, word: String) async throws {
    try await PracticeHub.with { folder in
      try folder.write("org/bad/.hub.json", text)
      try folder.write("org/good/x.gguf", "x")
    } _: { hub in
      let reply = try await hub.hub.get("/api/models/org/bad")
      #expect(reply.status == 500)
      #expect(reply.text.contains(".hub.json is no valid sidecar"))
      let error = try #require(reply.object["error"] as? String)
      #expect(error.contains(word))
      #expect(try await hub.hub.get("/api/models").names == ["org/good"])
    }
  }

  @Test("front matter: scalars, lists in both spellings, and nothing guessed of deeper structures")
  func frontMatter() {
    let card = ModelCard.frontMatter(
      """
      ---
      license: "llama3.1"
      language:
      - en
        - de
      tags: [a, 'b']
      # a comment
      extra_gated_fields:
        Name: text
      inference: false
      empty:
      base_model: org/base
      text: |
        lines
      ---
      # Title
      """)
    #expect(card?["license"]?.text == "llama3.1")
    #expect(card?["language"]?.texts == ["en", "de"])
    #expect(card?["tags"]?.texts == ["a", "b"])
    #expect(card?["inference"] == .bool(false))
    #expect(card?["base_model"]?.texts == ["org/base"])
    #expect(card?["extra_gated_fields"] == nil && card?["empty"] == nil && card?["text"] == nil)
    #expect(ModelCard.frontMatter("# no front matter") == nil)
    #expect(ModelCard.frontMatter("---\nunclosed: 1") == nil)
  }

  @Test("a missing root, a taken port and a second start are told by name")
  func starting() async throws {
    #expect(throws: HubServerError.self) { try HubServer(root: "/nonexistent/folder") }
    try await PracticeHub.with({ _ in }) { hub in
      await #expect(throws: HubServerError.self) { try await hub.server.start() }
      var options = HubServerOptions()
      options.port = UInt16(hub.endpoint.port ?? 0)
      let second = try HubServer(root: hub.root, options: options)
      await #expect {
        try await second.start()
      } throws: { error in
        "\(error)".contains("cannot listen on 127.0.0.1:\(options.port)")
      }
    }
  }
}
