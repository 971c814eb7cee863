import Checksums
import Foundation
import HubServer
import Testing

@Suite("Model info, trees, refs and commits", .timeLimit(.minutes(1)))
struct TreeTests {
  static func fill(_ folder: TestFolder) throws {
    try folder.write("org/m/model.gguf", patternBytes(1000))
    try folder.write(
      "org/m/README.md", "---\nlicense: llama3.1\nbase_model: meta/base\ntags:\n- chat\n---\nText")
    try folder.write("org/m/a/b/deep.txt", "deep")
    try folder.write("org/m/a/near.txt", "near")
    try folder.describe("org/m") {
      $0.createdAt = date(1_690_000_000)
      $0.lastModified = date(1_700_000_000)
      $0.gguf = .init(total: 42, architecture: "llama", contextLength: 4096)
      $0.files["model.gguf"] = .init(securityStatus: "unsafe")
    }
  }

  @Test("a tree lists folders first, one level or all")
  func tree() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let top = try await hub.hub.get("/api/models/org/m/tree/main")
      #expect(top.names == ["a", "README.md", "model.gguf"])
      let all = try await hub.hub.get("/api/models/org/m/tree/main?recursive=true")
      #expect(all.names == ["a", "a/b", "README.md", "a/b/deep.txt", "a/near.txt", "model.gguf"])
      #expect(try await hub.hub.get("/api/models/org/m/tree/main/a").names == ["a/b", "a/near.txt"])
      #expect(try await hub.hub.get("/api/models/org/m/tree/main/a%2Fb").names == ["a/b/deep.txt"])
      let missing = try await hub.hub.get("/api/models/org/m/tree/main/c")
      #expect(missing.status == 404 && missing.header("X-Error-Code") == "EntryNotFound")

      let model = try #require(all.array.last)
      let lfs = try #require(model["lfs"] as? [String: Any])
      #expect(model["size"] as? Int == 1000 && model["type"] as? String == "file")
      #expect(lfs["oid"] as? String == Checksums.sha256(patternBytes(1000)))
      let pointer = try await hub.hub.get("/org/m/raw/main/model.gguf").body
      #expect(lfs["pointerSize"] as? Int == pointer.count)
      #expect(model["oid"] as? String == Checksums.sha1(Array("blob \(pointer.count)\u{0}".utf8) + pointer))
      #expect(all.array[2]["lfs"] == nil)
    }
  }

  @Test("tree pages join to the whole tree")
  func paging() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      var target: String? = "/api/models/org/m/tree/main?recursive=true&expand=true&limit=4"
      var names: [String] = []
      var statuses: [String] = []
      while let next = target {
        let reply = try await hub.hub.get(next)
        names += reply.names
        statuses += reply.array.compactMap {
          ($0["securityFileStatus"] as? [String: Any])?["status"] as? String
        }
        #expect(reply.array.allSatisfy { $0["lastCommit"] != nil })
        target = hub.nextTarget(of: reply)
      }
      #expect(names == ["a", "a/b", "README.md", "a/b/deep.txt", "a/near.txt", "model.gguf"])
      #expect(statuses == ["unscanned", "unscanned", "unscanned", "unsafe"])
    }
  }

  @Test("paths-info takes forms and JSON, and leaves unknown paths out")
  func pathsInfo() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let form = try await hub.hub.request(
        "POST", "/api/models/org/m/paths-info/main",
        headers: ["Content-Type: application/x-www-form-urlencoded"],
        body: "paths=a%2Fnear.txt&paths=nothing&paths=a&expand=true")
      #expect(form.names == ["a/near.txt", "a"])
      #expect(form.array.first?["lastCommit"] != nil)
      let json = try await hub.hub.request(
        "POST", "/api/models/org/m/paths-info/main", headers: ["Content-Type: application/json"],
        body: #"{"paths":["model.gguf"]}"#)
      #expect(json.names == ["model.gguf"])
      #expect(json.array.first?["lastCommit"] == nil)
    }
  }

  @Test("info, refs and commits agree on the commit, which changes with the content alone")
  func commit() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      func sha() async throws -> String? {
        try await hub.hub.get("/api/models/org/m?expand=sha").object["sha"] as? String
      }
      let first = try #require(try await sha())
      let branches = try await hub.hub.get("/api/models/org/m/refs").object["branches"] as? [[String: String]]
      #expect(branches == [["name": "main", "ref": "refs/heads/main", "targetCommit": first]])
      #expect(try await hub.hub.get("/api/models/org/m/commits/main").array.first?["id"] as? String == first)
      #expect(try await hub.hub.get("/api/models/org/m/revision/\(first)").object["sha"] as? String == first)

      try TestFolder(at: hub.root).describe("org/m") {
        $0.lastModified = date(1_700_000_000)
        $0.likes = 5
      }
      #expect(try await sha() == first)
      try TestFolder(at: hub.root).write("org/m/new.gguf", "more")
      let second = try await sha()
      #expect(second != first && second?.count == 40)
      #expect(
        try await hub.hub.get("/api/models/org/m/revision/\(first)").header("X-Error-Code")
          == "RevisionNotFound")
    }
  }

  @Test("the detail route has the card, the weights and their lineage")
  func info() async throws {
    try await PracticeHub.with(Self.fill) { hub in
      let info = try await hub.hub.get("/api/models/org/m?blobs=true").object
      #expect(
        info["tags"] as? [String]
          == [
            "gguf", "chat", "base_model:meta/base", "base_model:quantized:meta/base", "license:llama3.1",
            "region:us",
          ])
      #expect((info["cardData"] as? [String: Any])?["license"] as? String == "llama3.1")
      #expect((info["gguf"] as? [String: Any])?["context_length"] as? Int == 4096)
      #expect(info["gated"] as? Bool == false)
      #expect(info["usedStorage"] as? Int == 1000 + 4 + 4 + 65)
      let siblings = try #require(info["siblings"] as? [[String: Any]])
      #expect(
        siblings.map { $0["rfilename"] as? String } == [
          "README.md", "a/b/deep.txt", "a/near.txt", "model.gguf",
        ])
      #expect(
        (siblings[3]["lfs"] as? [String: Any])?["sha256"] as? String == Checksums.sha256(patternBytes(1000)))
      #expect(siblings[3]["size"] as? Int == 1000)

      let narrow = try await hub.hub.get("/api/models/org/m?expand=baseModels&expand=childrenModelCount")
        .object
      #expect(Set(narrow.keys) == ["_id", "id", "baseModels", "childrenModelCount"])
      #expect((narrow["baseModels"] as? [String: Any])?["relation"] as? String == "quantized")
      #expect(try await hub.hub.get("/api/models/org/m?expand=wrong").status == 400)
    }
  }

  @Test("repositories that come, change and go while the server runs are seen")
  func rescan() async throws {
    try await PracticeHub.with({ _ in }) { hub in
      #expect(try await hub.hub.get("/api/models").names == [])
      let folder = TestFolder(at: hub.root)
      try folder.write("org/new/README.md", "no weights yet")
      #expect(try await hub.hub.get("/api/models?expand=siblings").names == ["org/new"])
      #expect(try await hub.hub.get("/api/models/org/new/tree/main").names == ["README.md"])
      try folder.write("org/new/w.gguf", "w")
      #expect(try await hub.hub.get("/api/models/org/new/tree/main").names == ["README.md", "w.gguf"])
      try FileManager.default.removeItem(atPath: hub.root + "/org/new")
      #expect(try await hub.hub.get("/api/models/org/new").status == 401)
    }
  }
}
