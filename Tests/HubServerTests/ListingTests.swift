import Foundation
import HubServer
import Testing

@Suite("GET /api/models")
struct ListingTests {
  /// Ten repositories: `org/m0` the oldest; odd ones have llama configurations, even ones GGUF files.
  static func fill(_ folder: TestFolder) throws {
    for index in 0..<10 {
      let id = "\(index < 8 ? "org" : "other")/m\(index)"
      if index.isMultiple(of: 2) {
        try folder.write("\(id)/m\(index)-Q4_K_M.gguf", patternBytes(100 + index))
      } else {
        try folder.write("\(id)/config.json", #"{"model_type":"llama","architectures":["LlamaForCausalLM"]}"#)
        try folder.write("\(id)/model.safetensors", patternBytes(50 + index))
      }
      try folder.describe(id) {
        $0.createdAt = date(1_700_000_000 + index)
        $0.lastModified = date(1_710_000_000 - index)
        $0.downloads = Int64(index / 3)
        $0.trendingScore = Double(index) / 2
        if index == 4 { $0.tags = ["license:llama3.1"] }
      }
    }
  }

  @Test(
    "filters are joined by AND, and sorted as asked",
    arguments: [
      ("filter=gguf&sort=createdAt", ["other/m8", "org/m6", "org/m4", "org/m2", "org/m0"]),
      ("filter=gguf&filter=license:llama3.1", ["org/m4"]),
      ("filter=gguf&filter=llama", []),
      ("filter=llama&author=other&sort=createdAt", ["other/m9"]),
      ("search=ORG%2FM7", ["org/m7"]),
      ("sort=lastModified&limit=2", ["org/m0", "org/m1"]),
      ("sort=trendingScore&direction=-1&limit=3", ["other/m9", "other/m8", "org/m7"]),
      ("limit=1", ["other/m9"]),
      // Ties by `_id`, which begins with the time of creation.
      ("sort=downloads&limit=4", ["other/m9", "org/m6", "org/m7", "other/m8"]),
    ])
  func selection(query: String, ids: [String]) async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let reply = try await hub.hub.get("/api/models?\(query)")
      #expect(reply.status == 200)
      #expect(reply.names == ids)
    }
  }

  @Test("pages join to the whole list, and stay so while rows are inserted")
  func paging() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      var target: String? = "/api/models?sort=createdAt&limit=3&expand[]=createdAt"
      var ids: [String] = []
      var pages = 0
      while let next = target {
        let reply = try await hub.hub.get(next)
        ids += reply.names
        pages += 1
        target = hub.nextTarget(of: reply)
        if let target { #expect(target.contains("expand=createdAt") && target.contains("cursor=")) }
        if pages == 1 {
          // A newer repository belongs before the first page, so no later page may show or repeat anything for it.
          let folder = URL(filePath: hub.root).appending(path: "new/comer").path
          var sidecar = RepoSidecar()
          sidecar.createdAt = date(1_800_000_000)
          try sidecar.write(toRepoFolder: folder)
        }
      }
      #expect(pages == 4)
      #expect(ids == (0..<10).reversed().map { "\($0 < 8 ? "org" : "other")/m\($0)" })
      #expect(try await hub.hub.get("/api/models?sort=createdAt&limit=1").names == ["new/comer"])
    }
  }

  @Test("an item has the members that the hub sends")
  func members() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let plain = try #require(try await hub.hub.get("/api/models?sort=createdAt&limit=2").array.last)
      #expect(
        plain["_id"] as? String == String(1_700_000_008, radix: 16)
          + (plain["_id"] as? String ?? "").dropFirst(8))
      #expect((plain["_id"] as? String)?.count == 24)
      #expect(plain["createdAt"] as? String == "2023-11-14T22:13:28.000Z")
      #expect(plain["modelId"] as? String == "other/m8")
      #expect(plain["tags"] as? [String] == ["gguf", "region:us"])
      #expect(plain["sha"] == nil && plain["lastModified"] == nil && plain["siblings"] == nil)

      let full = try #require(
        try await hub.hub.get("/api/models?sort=createdAt&limit=1&full=true&config=true").array.first)
      #expect((full["sha"] as? String)?.count == 40)
      #expect((full["config"] as? [String: Any])?["model_type"] as? String == "llama")
      #expect(
        (full["siblings"] as? [[String: String]])?.map { $0["rfilename"] } == [
          "config.json", "model.safetensors",
        ])
      #expect(full["tags"] as? [String] == ["transformers", "safetensors", "llama", "region:us"])

      let narrow = try #require(
        try await hub.hub.get("/api/models?limit=1&expand=sha&expand%5B%5D=gated").array.first)
      #expect(Set(narrow.keys) == ["_id", "id", "sha", "gated"])
    }
  }

  @Test(
    "bad parameters are refused with the allowed values",
    arguments: [
      ("expand=usedStorage", "allowed are author, baseModels"), ("expand=nonsense", "xetEnabled"),
      ("sort=size", "trendingScore"), ("limit=0", "1 to 1000"), ("limit=x", "1 to 1000"),
      ("direction=2", "-1"),
      ("cursor=AAAA", "cursor"), ("expand=sha&full=true", "together"),
    ])
  func refused(query: String, word: String) async throws {
    try await PracticeHub.with({ _ in }) { hub in
      let reply = try await hub.hub.get("/api/models?\(query)")
      #expect(reply.status == 400)
      #expect((reply.object["error"] as? String)?.contains(word) == true)
    }
  }

  @Test("private repositories are listed for those who may see them")
  func privacy() async throws {
    var options = HubServerOptions()
    options.tokens = ["t": .init(name: "me", privates: ["org/hidden"])]
    try await PracticeHub.with(options: options) {
      try $0.describe("org/hidden") { $0.isPrivate = true }
    } _: { hub in
      let anonymous = try await hub.hub.get("/api/models")
      let account = try await hub.hub.get("/api/models", headers: ["Authorization: Bearer t"])
      #expect(anonymous.names == [])
      #expect(account.names == ["org/hidden"])
    }
  }
}
