import Foundation
import HubServer
import Testing

@Suite("Refusals", .timeLimit(.minutes(1)))
struct ErrorTests {
  static var options: HubServerOptions {
    var options = HubServerOptions()
    options.tokens = [
      "owner": .init(name: "owner", gated: ["org/gated"], privates: ["org/hidden"]),
      "stranger": .init(name: "stranger"),
      "waiting": .init(name: "waiting", pending: ["org/gated"]),
    ]
    return options
  }

  static func fill(_ folder: TestFolder) throws {
    for name in ["open", "gated", "hidden", "off"] {
      try folder.write("org/\(name)/README.md", "card")
      try folder.write("org/\(name)/config.json", "{}")
      try folder.write("org/\(name)/w.gguf", "weights")
    }
    try folder.describe("org/open") { $0.renamedFrom = ["old/name", "ancient"] }
    try folder.describe("org/gated") { $0.gated = .manual }
    try folder.describe("org/hidden") { $0.isPrivate = true }
    try folder.describe("org/off") { $0.disabled = true }
  }

  struct Case: Sendable {
    let target: String
    let token: String?
    let status: Int
    var code: String?
    var message: String?
  }

  static let restricted = "Access to model org/gated is restricted"
  static let pending = "Your request to access model org/gated is awaiting a review from the repo authors."
  static let cases: [Case] = [
    .init(
      target: "/org/open/resolve/main/none", token: nil, status: 404, code: "EntryNotFound",
      message: "Entry not found"),
    .init(
      target: "/org/open/resolve/refs%2Fpr%2F1/config.json", token: nil, status: 404,
      code: "RevisionNotFound",
      message: "Invalid rev id: refs/pr/1"),
    .init(
      target: "/api/models/org/open/tree/none", token: nil, status: 404, code: "RevisionNotFound",
      message: "Invalid rev id: none"),
    .init(target: "/api/models/org/open/revision/none", token: nil, status: 404, code: "RevisionNotFound"),
    .init(target: "/api/models/org/none", token: nil, status: 401, message: "Invalid username or password."),
    .init(
      target: "/api/models/org/none", token: "stranger", status: 404, code: "RepoNotFound",
      message: "Repository not found"),
    .init(
      target: "/org/none/resolve/main/x", token: nil, status: 401, message: "Invalid username or password."),
    .init(target: "/api/models/org/hidden", token: nil, status: 401),
    .init(target: "/api/models/org/hidden", token: "stranger", status: 404, code: "RepoNotFound"),
    .init(target: "/api/models/org/hidden", token: "owner", status: 200),
    .init(
      target: "/api/models/org/open", token: "wrong", status: 401,
      message: "Invalid credentials in Authorization header"),
    .init(target: "/api/whoami-v2", token: "wrong", status: 401, message: "Invalid username or password."),
    .init(target: "/api/whoami-v2", token: nil, status: 401, message: "Invalid username or password."),
    .init(target: "/api/whoami-v2", token: "owner", status: 200),
    .init(target: "/api/models/org/gated", token: nil, status: 200),
    .init(target: "/api/models/org/gated/tree/main", token: nil, status: 200),
    .init(target: "/org/gated/resolve/main/README.md", token: nil, status: 307),
    .init(
      target: "/org/gated/resolve/main/w.gguf", token: nil, status: 401, code: "GatedRepo",
      message: "\(restricted). You must have access to it and be authenticated to access it. Please log in."),
    .init(target: "/org/gated/resolve/main/config.json", token: "stranger", status: 403, code: "GatedRepo"),
    .init(
      target: "/org/gated/resolve/main/w.gguf", token: "waiting", status: 403, code: "GatedRepo",
      message: pending),
    .init(target: "/org/gated/resolve/main/w.gguf", token: "owner", status: 302),
    .init(target: "/org/gated/raw/main/README.md", token: nil, status: 401, code: "GatedRepo"),
    .init(target: "/api/models/org/gated/auth-check", token: "stranger", status: 403, code: "GatedRepo"),
    .init(target: "/api/models/org/gated/auth-check", token: "owner", status: 200),
    .init(
      target: "/api/models/org/off", token: nil, status: 403, message: "Access to this resource is disabled."),
    .init(
      target: "/org/off/resolve/main/w.gguf", token: "owner", status: 403,
      message: "Access to this resource is disabled."),
    .init(target: "/nowhere", token: nil, status: 404),
    .init(target: "/api/models/org/open/nonsense", token: nil, status: 404),
  ]

  @Test("every case has the hub's status, code and message")
  func table() async throws {
    try await PracticeHub.with(options: Self.options, Self.fill) { hub in
      for expected in Self.cases {
        let headers = expected.token.map { ["Authorization: Bearer \($0)"] } ?? []
        let reply = try await hub.hub.get(expected.target, headers: headers)
        let name = Comment(rawValue: "\(expected.target) as \(expected.token ?? "anonymous")")
        #expect(reply.status == expected.status, name)
        #expect(reply.header("X-Error-Code") == expected.code, name)
        if let message = expected.message { #expect(reply.header("X-Error-Message") == message, name) }
        #expect(reply.header("RateLimit") != nil && reply.header("RateLimit-Policy") != nil, name)
        let head = try await hub.hub.head(expected.target, headers: headers)
        #expect(head.status == expected.status && head.body.isEmpty, name)
      }
      #expect(
        try await hub.hub.get("/api/models/org/none").text == #"{"error":"Invalid username or password."}"#)
      #expect(try await hub.hub.get("/org/open/resolve/main/none").text == "Entry not found")
      #expect(try await hub.hub.get("/org/open/resolve/main/none").header("X-Repo-Commit")?.count == 40)
      #expect(try await hub.hub.request("PUT", "/api/models").status == 405)
    }
  }

  @Test(
    "a renamed repository is redirected relatively, query and all",
    arguments: [
      ("/api/models/old/name", "/api/models/org/open"), ("/api/models/ancient", "/api/models/org/open"),
      ("/api/models/old/name/tree/main?recursive=true", "/api/models/org/open/tree/main?recursive=true"),
      ("/api/models/ancient/refs", "/api/models/org/open/refs"),
      ("/old/name/resolve/main/w.gguf", "/org/open/resolve/main/w.gguf"),
      ("/ancient/resolve/main/w.gguf", "/org/open/resolve/main/w.gguf"),
    ])
  func renamed(target: String, location: String) async throws {
    try await PracticeHub.with(options: Self.options, Self.fill) { hub in
      let reply = try await hub.hub.get(target)
      #expect(reply.status == 307)
      #expect(reply.header("Location") == location)
      #expect(reply.header("X-Error-Code") == nil)
      #expect([200, 302].contains(try await hub.hub.get(location).status))
    }
  }

  @Test("quotas are counted by bucket and caller, end in 429, and start again with the next window")
  func rateLimit() async throws {
    let clock = TestClock(date(1_700_000_000))
    var options = Self.options
    options.quotas = .init(api: 2, resolvers: 1, pages: 1, window: 300)
    options.now = { clock.now }
    try await PracticeHub.with(options: options, Self.fill) { hub in
      let first = try await hub.hub.get("/api/models")
      #expect(first.header("RateLimit") == "\"api\";r=1;t=300")
      #expect(first.header("RateLimit-Policy") == "\"fixed window\";\"api\";q=2;w=300")
      clock.advance(100.5)
      #expect(try await hub.hub.get("/api/models").header("RateLimit") == "\"api\";r=0;t=200")
      let refused = try await hub.hub.get("/api/models")
      #expect(refused.status == 429)
      #expect(refused.header("Retry-After") == "200")
      #expect(refused.header("RateLimit") == "\"api\";r=0;t=200")
      #expect(try await hub.hub.get("/api/models", headers: ["Authorization: Bearer owner"]).status == 200)
      let resolver = try await hub.hub.head("/org/open/resolve/main/config.json")
      #expect(resolver.header("RateLimit")?.hasPrefix("\"resolvers\";r=0") == true)
      #expect(try await hub.hub.get(resolver.header("Location") ?? "").status == 429)
      clock.advance(200)
      #expect(try await hub.hub.get("/api/models").header("RateLimit") == "\"api\";r=1;t=300")
    }
  }
}
