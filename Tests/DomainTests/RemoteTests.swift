import Domain
import Testing

@Suite("Addresses of git repositories")
struct RemoteAddressTests {
  @Test(arguments: [
    ("https://github.com/ggml-org/llama.cpp", "llama.cpp"), ("https://github.com/a/b.git", "b"),
    ("https://example.org:8443/x/y/z/", "z"), ("ssh://git@host:22/srv/a.git", "a"), ("git@github.com:a/b.git", "b"),
    ("host:b", "b"), ("git://127.0.0.1:9418/x", "x"), ("http://127.0.0.1:80/x", "x"), ("http://localhost/x", "x"),
    ("http://[::1]:80/x", "x"), ("https://[2001:db8::1]/x", "x"), ("file:///srv/git/my tool.git", "my tool"),
    ("/srv/x.git", "x"),
  ])
  func thatMayBeAsked(_ text: String, _ name: String) throws {
    let address = try RemoteAddress(text)
    #expect(address.name == name)
    #expect(address.description == (text.hasSuffix("/") ? String(text.dropLast()) : text))
  }

  @Test(arguments: [
    "", "/", "-", "--upload-pack=x", "-oProxyCommand=x", "ext::sh -c x", "ext::/x", "fd::3", "http://example.org/x",
    "http://127.0.0.1.example.org/x", "http://127.1/x", "ftp://a/b", "HTTPS://a/b", "https://", "https:///x",
    "https://a",
    "https://a/", "https://u:p@a/b", "https://token@a/b", "git://u@a/b", "ssh://u:p@a/b", "ssh://-oProxyCommand=x/b",
    "ssh://-u@a/b", "ssh://a:0/b", "ssh://a:99999/b", "https://a b/c", "https://a/b?c", "https://a/b#c",
    "https://a/b\nc",
    "file://host/x", "relative/path", "./x", "~/x", "a@-b:c", "-a@b:c", "a:-b", "a::b", "https://a/b'c", "https://é/x",
    "https://[::1/x", "https://a/..", "https://a/.git", "/srv/\u{1B}[2J", String(repeating: "/a", count: 1025),
  ])
  func thatAreRefused(_ text: String) {
    #expect(throws: RemoteAddress.Refusal.self) { try RemoteAddress(text) }
  }

  @Test func aRefusalKeepsTheSecret() {
    #expect {
      try RemoteAddress("https://me:hunter2@example.org/x")
    } throws: { !"\($0)".contains("hunter2") }
  }

  @Test func equalNamesGetTheirOwners() throws {
    let addresses = try ["https://h/a/x", "https://h/b/x.git", "https://h/c/y"].map { try RemoteAddress($0) }
    #expect(RemoteAddress.names(addresses) == ["a/x", "b/x", "y"])
  }

  @Test func rubbishNeverCrashesAndWhatIsTakenIsHarmless() {
    var random = Seeded(state: 7)
    let pieces = [
      "https://", "http://", "ssh://", "git://", "file://", "ext::", "-", "@", ":", "/", "[", "]", "::1", "a", ".git",
      "é", "\n", "22", "127.0.0.1",
    ]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        .joined()
      guard let address = try? RemoteAddress(text) else { continue }
      #expect(!address.description.hasPrefix("-") && !address.description.hasPrefix("ext::"))
      #expect(!address.name.isEmpty && !address.description.contains("\n"))
    }
  }
}

@Suite("The order of tags")
struct TagOrderTests {
  @Test(arguments: [
    ["b999", "b1233", "b1234"], ["v1.9", "v1.10"], ["v1.2.3", "v1.2.4"], ["1.2", "v1.2.1"],
    ["v2.0-rc1", "v2.0-rc2", "v2.0"],
    ["v0.6.3rc1", "v0.6.3", "v0.6.3.post1"], ["v1.0-beta", "v1.0"], ["v0.3.0-rc9", "v0.3.0-rc10", "v0.3.0"],
    ["snapshot-2024-03-03", "snapshot-2024-03-10"], ["v1.86", "v1.86.1", "v1.87"], ["latest", "v0.1"],
    ["v1", "v18446744073709551616", "v18446744073709551617"], ["v1.2.dev3", "v1.2"],
  ])
  func byVersion(_ names: [String]) {
    for (older, newer) in zip(names, names.dropFirst()) {
      #expect(TagOrder(older) < TagOrder(newer))
      #expect(!(TagOrder(newer) < TagOrder(older)))
    }
    #expect(TagOrder.newest(names.reversed(), among: names) == names.last)
  }

  @Test func theLargestFamilyCounts() {
    let names = ["b1", "b2", "b3", "gguf-v0.4", "gguf-v0.5", "master-1a2b3c4", "zzz"]
    #expect(TagOrder.newest(names, among: names) == "b3")
    #expect(TagOrder.newest(["gguf-v0.5", "gguf-v0.4"], among: names) == "gguf-v0.5")
    #expect(TagOrder.newest(["latest", "nightly"], among: ["latest", "nightly"]) == "nightly")
    #expect(TagOrder.newest([String](), among: names) == nil)
  }

  /// Sorting needs a strict total order, whatever a server calls its tags.
  @Test func itIsAStrictTotalOrder() {
    var random = Seeded(state: 3)
    let pieces = ["v", "b", "0", "1", "01", "10", ".", "-", "rc", "a", "post", "é", "_", "V"]
    let names = (0..<60).map { _ in
      (0..<Int.random(in: 0...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }
    let tags = names.map(TagOrder.init)
    for (i, a) in tags.enumerated() {
      for (j, b) in tags.enumerated() {
        #expect([a < b, b < a, a == b].filter { $0 }.count == 1, "\(names[i]) \(names[j])")
        for (k, c) in tags.enumerated() where a < b && b < c {
          #expect(a < c, "\(names[i]) \(names[j]) \(names[k])")
        }
      }
    }
  }
}

@Suite("Git object ids")
struct GitObjectIDTests {
  @Test func bothFormats() {
    #expect(GitObjectID(String(repeating: "a", count: 40))?.short == "aaaaaaa")
    #expect(GitObjectID(String(repeating: "0", count: 64)) != nil)
    for text in [
      "", "a", String(repeating: "a", count: 41), String(repeating: "A", count: 40), String(repeating: "g", count: 40),
    ] {
      #expect(GitObjectID(text) == nil)
    }
  }
}

/// Marsaglia's xorshift64: the same numbers every time.
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
