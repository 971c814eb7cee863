import Foundation
import HubServer
import Testing

@Suite("Hostile requests", .timeLimit(.minutes(1)))
struct HostileTests {
  static let secret = "TOP SECRET"

  /// A root inside another folder, which holds a secret that no request may reach.
  private static func fill(_ folder: TestFolder) throws {
    try folder.write("org/m/w.gguf", "weights")
    try folder.write("org/m/config.json", "{}")
    try folder.describe("org/m") { $0.tags = ["marker-of-the-sidecar"] }
    try folder.write("outside-of-repos.txt", secret)
    let outside = folder.path + "-outside"
    try FileManager.default.createDirectory(atPath: outside + "/repo", withIntermediateDirectories: true)
    try Data(secret.utf8).write(to: URL(filePath: outside + "/secret.txt"))
    try Data(secret.utf8).write(to: URL(filePath: outside + "/repo/secret.txt"))
    let links = [
      ("org/m/out.txt", outside + "/secret.txt"), ("org/m/up.txt", "../../../" + "etc/passwd"),
      ("org/m/dir", outside), ("org/linked", outside + "/repo"), ("org/m/side.txt", ".hub.json"),
      ("org/m/dangling", "nowhere"), ("org/m/loop", "loop"), ("org/m/inside.gguf", "w.gguf"),
    ]
    for (name, target) in links {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: target)
    }
  }

  private func withHub(_ body: @Sendable (PracticeHub) async throws -> Void) async throws {
    try await PracticeHub.with(Self.fill) { hub in
      defer { try? FileManager.default.removeItem(atPath: hub.root + "-outside") }
      try await body(hub)
    }
  }

  @Test(
    "paths that lead out of the repository lead nowhere",
    arguments: [
      "/org/m/resolve/main/../../outside-of-repos.txt",
      "/org/m/resolve/main/%2e%2e/%2e%2e/outside-of-repos.txt",
      "/org/m/resolve/main/..%2f..%2foutside-of-repos.txt", "/org/m/resolve/main/.hub.json",
      "/org/m/resolve/main/%2ehub.json", "/org/m/raw/main/.hub.json", "/org/m/resolve/main/side.txt",
      "/org/m/resolve/main/out.txt", "/org/m/resolve/main/up.txt", "/org/m/resolve/main/dir/secret.txt",
      "/org/linked/resolve/main/secret.txt", "/api/models/org/linked", "/org/m/resolve/main//etc/passwd",
      "/org/m/resolve/main/%2Fetc%2Fpasswd", "/org/m/resolve/main/config.json%00.txt",
      "/org/m/resolve/main/%ff%fe",
      "/org/m/resolve/main/%", "/org/m/resolve/main/%zz", "/org/m/resolve/main/a%5c..%5cb",
      "/org/m/resolve/main/",
      "/org/../org/m/raw/main/config.json", "/%2e%2e/m/resolve/main/x", "/../../etc/passwd", "//etc/passwd",
      "//",
      "/org/m/resolve/main/loop", "/org/m/resolve/main/dangling", "/api/models/..%2F..%2Fetc",
      "/api/models/org/m/tree/main/..", "/api/models/org/m/tree/main/%2e%2e%2f", "*", "config.json",
      "http://127.0.0.1/org/m/raw/main/config.json", "/api/models?cursor=%00%ff",
      "/api/models?limit=99999999999999999999",
    ])
  func nowhere(target: String) async throws {
    try await withHub { hub in
      let reply = try await hub.hub.get(target)
      #expect((400..<500).contains(reply.status), "\(reply.status): \(reply.text.prefix(200))")
      #expect(
        !reply.text.contains(Self.secret) && !reply.text.contains("root:") && !reply.text.contains("marker"))
    }
  }

  @Test("links that stay inside are followed, and no listing shows the others")
  func links() async throws {
    try await withHub { hub in
      let names = try await hub.hub.get("/api/models/org/m/tree/main?recursive=true").names
      #expect(names == ["config.json", "inside.gguf", "w.gguf"])
      let target = hub.cdnTarget(of: try await hub.hub.get("/org/m/resolve/main/inside.gguf"))
      #expect(try await hub.content.get(target).text == "weights")
      #expect(try await hub.hub.get("/api/models").names == ["org/m"])
    }
  }

  @Test("monstrous and broken requests are refused or dropped, and the server lives on")
  func survival() async throws {
    try await withHub { hub in
      // One address of 100 kB. The time in which FlyingFox reads a line grows with the square of its length, so
      // the others are shorter.
      #expect(try await hub.hub.get("/" + String(repeating: "a", count: 100_000)).status == 414)
      let long = String(repeating: "a", count: 20_000)
      let dots = String(repeating: "../", count: 6000)
      #expect(try await hub.hub.get("/org/m/resolve/main/\(dots)").status == 414)
      #expect(try await hub.hub.get("/api/models?filter=\(long)").status == 414)
      #expect(try await hub.hub.get("/api/models", headers: ["X-Long: \(long)"]).status == 200)
      for broken in [
        "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\n\r\n",
        "POST /api/models/org/m/paths-info/main HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "NONSENSE / HTTP/9.9\r\nConnection: close\r\n\r\n",
      ] {
        let reply = try await hub.hub.exchange(Array(broken.utf8), atMost: 1)
        #expect(!String(decoding: reply, as: UTF8.self).contains(Self.secret))
      }
      _ = try await hub.hub.exchange([0x47, 0x45, 0x54, 0x20, 0xFF, 0xFE, 0x0D, 0x0A, 0x0D, 0x0A], atMost: 1)
      let paths = (0..<1001).map { "paths=\($0)" }.joined(separator: "&")
      let tooMany = try await hub.hub.request("POST", "/api/models/org/m/paths-info/main", body: paths)
      #expect(tooMany.status == 400)
      let big = String(repeating: "x", count: 5 << 20)
      #expect(try await hub.hub.request("POST", "/api/models/org/m/paths-info/main", body: big).status == 200)
      #expect(try await hub.hub.get("/api/models").names == ["org/m"])
    }
  }

  @Test("deeply nested JSON in a body or a configuration does no harm")
  func nesting() async throws {
    let deep = String(repeating: "[", count: 200_000)
    try await PracticeHub.with({ try $0.write("org/m/config.json", deep) }) { hub in
      #expect(try await hub.hub.get("/api/models/org/m").status == 200)
      let reply = try await hub.hub.request(
        "POST", "/api/models/org/m/paths-info/main", headers: ["Content-Type: application/json"], body: deep)
      #expect(reply.status == 400)
    }
  }
}
