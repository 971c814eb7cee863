import Domain
import Testing

@Suite("Names that come from outside")
struct NamesTests {
  @Test(arguments: [
    "meta-llama/Llama-3.1-8B", "bert", "a/b", "TheBloke/Llama-2-7B-Chat-GGUF", "x_y/z.1",
  ])
  func goodRepoIDs(_ text: String) {
    #expect(RepoID(text)?.description == text)
  }

  @Test(
    "C6 bad ids of repositories",
    arguments: [
      "", "/", "a/", "/a", "a/b/c", "a--b/c", "../x", "a/..", "a/b.git", "a b/c", "a/\u{202E}b", "ä/b",
      ".a/b", "a/b-", String(repeating: "a", count: 97), "a/b\n",
    ])
  func badRepoIDs(_ text: String) {
    #expect(RepoID(text) == nil)
  }

  @Test(arguments: ["a", "a/b.gguf", "a b/c", "ü/é.gguf", "..a", "a..b", "ab:c"])
  func goodPaths(_ text: String) {
    #expect(RepoPath(text)?.description == text)
  }

  @Test(
    "C3 C6 path traversal, bad names",
    arguments: [
      "", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "a\\b", ".git/config", "a/.GIT/x", "a\u{0}b", "a\nb",
      String(repeating: "a", count: 256), "C:/x", "a:b", "\\\\server\\x", "a./b", "b.", "...", "a/..", "..\\x",
    ])
  func badPaths(_ text: String) {
    #expect(RepoPath(text) == nil)
  }

  @Test("C6 a name stays as it was given, and is compared as what it means")
  func equivalentNames() throws {
    let (composed, decomposed) = ("mod\u{E8}le.gguf", "mode\u{300}le.gguf")
    let one = try #require(RepoPath(composed))
    let other = try #require(RepoPath(decomposed))
    #expect(one == other && Set([one, other]).count == 1)
    #expect(Array(one.description.utf8) == Array(composed.utf8))
    #expect(Array(other.description.utf8) == Array(decomposed.utf8))
  }

  @Test func everyRandomPathThatIsAcceptedStaysBelowItsFolder() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("ab./\\~\u{0}\u{1}:-")
    for _ in 0..<20_000 {
      let text = String(
        (0..<Int.random(in: 0...12, using: &random)).map { _ in
          alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        })
      guard let path = RepoPath(text) else { continue }
      var depth = 0
      for segment in path.description.split(separator: "/", omittingEmptySubsequences: false) {
        depth += segment == ".." ? -1 : 1
        #expect(depth > 0 && !segment.isEmpty, "\(text)")
      }
      #expect(!text.hasPrefix("/"))
    }
  }

  @Test func theKindOfAHashIsItsLength() {
    #expect(ContentHash(String(repeating: "a", count: 64)) == .sha256(String(repeating: "a", count: 64)))
    #expect(ContentHash(String(repeating: "0", count: 40)) == .gitBlob(String(repeating: "0", count: 40)))
    #expect(ContentHash(String(repeating: "A", count: 64)) == nil)
    #expect(ContentHash("../../../../etc/passwd") == nil)
  }

  @Test func aSecretIsNeverPrinted() throws {
    let secret = try #require(Secret(" hf_abcdef\n"))
    #expect(secret.revealed() == "hf_abcdef")
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("abcdef"))
    #expect(Secret(" \n") == nil)
  }
}
