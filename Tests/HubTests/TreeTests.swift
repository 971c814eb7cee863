import Domain
import Hub
import LoopbackServer
import Testing

@Suite("Trees")
struct TreeTests {
  @Test func filesOfAllPages() async throws {
    let fixture = try HubFixture { request in
      if request.target.contains("cursor") {
        return LoopbackServer.answer(
          text: "[{\"type\":\"file\",\"oid\":\"\(sha1)\",\"size\":0,\"path\":\"z\"}]")
      }
      return LoopbackServer.answer(
        headers: ["Link: <\(request.path)?cursor=x>; rel=\"next\""],
        text: """
          [{"type":"directory","oid":"\(sha1)","size":0,"path":"sub"}, {"type":"submodule"},
           {"type":"file","oid":"\(sha1)","size":12,"path":"config.json"},
           {"type":"file","oid":"\(sha1)","size":9,"path":"sub/m.gguf",
            "lfs":{"oid":"\(sha256)","size":9,"pointerSize":135}}]
          """)
    }
    let tree = try await fixture.hub.tree(repo, revision: commit.description)
    #expect(
      tree.files == [
        ModelFile(path: path("config.json"), size: 12, hash: .gitBlob(sha1)),
        ModelFile(path: path("sub/m.gguf"), size: 9, hash: .sha256(sha256)),
        ModelFile(path: path("z"), size: 0, hash: .gitBlob(sha1)),
      ])
    #expect(tree.skipped.isEmpty)
    #expect(tree.end == .last)
    #expect(
      fixture.server.requests.first?.target
        == "/api/models/org/name/tree/\(commit)?recursive=true&expand=false")
  }

  @Test(
    "C6 bad paths are refused, not cleaned",
    arguments: [
      ("../x", "path"), ("/etc/passwd", "path"), ("a\\\\b", "path"), (".git/config", "path"),
      ("a\\u0000b", "path"),
    ])
  func badPathsAreRefusedNotCleaned(_ text: String, _ member: String) async throws {
    let fixture = try HubFixture { _ in
      LoopbackServer.answer(
        text: """
          [{"type":"file","oid":"\(sha1)","size":1,"path":"\(text)"},
           {"type":"file","oid":"\(sha1)","size":1,"path":"good"}]
          """)
    }
    let tree = try await fixture.hub.tree(repo)
    #expect(tree.files.map(\.path.description) == ["good"])
    #expect(tree.skipped == [.init(index: 0, reason: "bad value of \(member)")])
  }

  @Test(
    "C2 a size that is told twice and differs, and others that make no sense",
    arguments: [
      "\"size\":-1,\"oid\":\"b\"", "\"size\":1,\"oid\":\"xyz\"", "\"size\":1e30,\"oid\":\"b\"", "\"size\":1",
      "\"size\":70368744177665", "\"size\":5,\"lfs\":{\"oid\":\"SHA\",\"size\":6}",
      "\"size\":5,\"lfs\":{\"oid\":\"b\"}",
      "\"oid\":\"b\"",
    ])
  func badSizesAndHashes(_ members: String) async throws {
    let members = members.replacing("SHA", with: sha256).replacing("\"b\"", with: "\"\(sha1)\"")
    let fixture = try HubFixture { _ in LoopbackServer.answer(text: "[{\"path\":\"a\",\(members)}]") }
    let tree = try await fixture.hub.tree(repo)
    #expect(tree.files.isEmpty)
    #expect(tree.skipped.count == 1)
  }

  @Test func indexesCountOverPages() async throws {
    let fixture = try HubFixture { request in
      let link = request.target.contains("cursor") ? [] : ["Link: <\(request.path)?cursor=x>; rel=\"next\""]
      return LoopbackServer.answer(headers: link, text: "[{\"type\":\"directory\"},{\"path\":\"..\"}]")
    }
    #expect(try await fixture.hub.tree(repo).skipped.map(\.index) == [1, 3])
  }
}
