import Foundation
import Glibc
import LoopbackServer
import TestSupport
import Testing

@testable import Downloads

/// The built program on networks that are not as they should be.
@Suite("The program on odd networks")
struct NetworkProgramTests {
  private func configuration(_ network: String) -> String { "\(HouseProgram.card)\n[network]\n\(network)\n" }

  @Test(
    "N20 a hub behind TLS with an authority of one's own: refused, and with network.ca_file polled and pulled",
    .enabled(if: TLSServer.isPossible, "needs nginx and openssl"))
  func ownAuthority() async throws {
    let house = try await PracticeHouse()
    let model = try TinyLlama.bytes()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": model]) { $0.tags = ["llama"] }
    let port = try #require(URL(string: house.endpoint)?.port)
    let front = try TLSServer(behind: port)
    let endpoint = "https://localhost:\(front.port)"
    let strict = try HouseProgram(endpoint: endpoint)
    let refused = try await strict.run("poll")
    #expect(refused.code == 69, "\(refused.errors)")
    #expect(refused.errors.contains("certificate") && refused.errors.contains("localhost:\(front.port)"))
    #expect(refused.errors.contains("network.ca_file"))
    let program = try HouseProgram(endpoint: endpoint, configuration: configuration("ca_file = \"\(front.authority)\""))
    let poll = try await program.run("poll")
    #expect(poll.code == 0, "\(poll.errors)")
    let pull = try await program.run("pull", "tiny/llama-GGUF")
    #expect(pull.code == 0, "\(pull.errors)")
    let path = pull.output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(bytes(path) == model)
    await house.stop()
  }

  @Test("N20 a file of authorities that is none is said at once", arguments: ["/nonexistent.pem", "/etc/passwd"])
  func badAuthorityFile(path: String) async throws {
    let program = try HouseProgram(
      endpoint: "http://127.0.0.1:9", configuration: configuration("ca_file = \"\(path)\""))
    for arguments in [["poll"], ["config", "check"]] {
      let outcome = try await program.run(arguments)
      #expect(outcome.code == 78 && outcome.errors.contains(path), "\(outcome.errors)")
    }
  }

  @Test("N22 a proxy that answers 407: a matter of the configuration, asked once, its password told nowhere")
  func proxyPassword() async throws {
    let proxy = LoopbackServer { _ in LoopbackServer.answer(407) }
    let address = "http://somebody:pa55word@127.0.0.1:\(proxy.port)"
    // The variables that curl itself would follow lead elsewhere.
    var program = try HouseProgram(
      endpoint: "https://hub.example", configuration: configuration("proxy = \"\(address)\"\nproxy_exceptions = []"))
    program.environment["https_proxy"] = "http://127.0.0.1:9"
    let poll = try await program.run("poll")
    #expect(poll.code == 78, "\(poll.errors)")
    #expect(poll.errors.contains("network.proxy") && proxy.requests.count == 1)
    let show = try await program.run("config", "show")
    #expect(show.output.contains("network.proxy = \"http://***@127.0.0.1:\(proxy.port)\""))
    let digest = try await program.run("digest")
    for text in [poll.output, poll.errors, show.output, show.errors, digest.output, digest.errors] {
      #expect(!text.contains("pa55word") && !text.contains("c29tZWJvZHk6cGE1NXdvcmQ"))
    }
  }

  @Test("S1 a program that holds a token leaves no core file")
  func noCore() async throws {
    var program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    program.environment["HF_TOKEN"] = "hf_\(String(repeating: "q", count: 34))"
    let line = """
      ulimit -c unlimited 2>/dev/null; "$0" daemon 2>/dev/null & pid=$!
      for i in $(seq 200); do
        grep -q 'Max core file size *0 *0' /proc/$pid/limits && break; sleep 0.05
      done
      grep 'Max core' /proc/$pid/limits; kill $pid; wait $pid
      """
    let outcome = try await Program(path: "/bin/bash")
      .run(["-c", line, program.program.path], environment: program.environment)
    #expect(outcome.output.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"], "\(outcome)")
    #expect(!outcome.error.contains("qqqq"))
  }

  private static let namespaces: String? = {
    guard getuid() == 0 else { return "needs root, for a network of its own" }
    for tool in ["/usr/bin/unshare", "/usr/bin/python3"] where access(tool, X_OK) != 0 { return "needs \(tool)" }
    let isThere = ["/sbin/ip", "/usr/sbin/ip", "/usr/bin/ip"].contains { (path: String) in access(path, X_OK) == 0 }
    return isThere ? nil : "needs ip"
  }()

  @Test(
    "N19 a name server that fails, knows nothing or is silent: no storm, and all is well when it is back",
    .enabled(if: namespaces == nil, "needs root, unshare, ip and python3"),
    arguments: ["SERVFAIL", "NXDOMAIN", "silence"])
  func nameServer(trouble: String) async throws {
    let folder = try TemporaryFolder()
    let program = try HouseProgram(
      endpoint: "http://hub.test:8080",
      configuration: "\(HouseProgram.card)\n[hub]\nallow_private = true\n")
    try Data("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n".utf8)
      .write(to: URL(fileURLWithPath: "\(folder.path)/resolv.conf"))
    try Data(Self.servers.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/servers.py"))
    let line = """
      PATH=$PATH:/sbin:/usr/sbin
      ip link set lo up && mount --bind \(folder.path)/resolv.conf /etc/resolv.conf || exit 99
      python3 \(folder.path)/servers.py \(folder.path) \(trouble) & servers=$!
      while [ ! -e \(folder.path)/ready ]; do sleep 0.02; done
      "$0" poll; echo "first $?"
      touch \(folder.path)/healed
      "$0" poll; echo "second $?"
      kill -9 $servers
      """
    let outcome = try await Program(path: "/usr/bin/unshare")
      .run(
        ["--net", "--mount", "--propagation", "private", "/bin/bash", "-c", line, program.program.path],
        environment: program.environment)
    #expect(outcome.output.contains("first 69") && outcome.output.contains("second 0"), "\(outcome)")
    #expect(outcome.error.contains("hub.test") && outcome.error.contains("name"))
    let queries = bytes("\(folder.path)/queries")?.count ?? 0
    #expect((1...40).contains(queries), "\(queries) questions to the name server")
  }

  /// A name server with a trouble until a file says that it is healed, and a hub without models.
  private static let servers = """
    import http.server, os, socket, struct, sys, threading
    folder, trouble = sys.argv[1:]
    class Hub(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")
        def log_message(self, *_): pass
    hub = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    open(folder + "/ready", "w").close()
    while True:
        question, sender = names.recvfrom(4096)
        healed = os.path.exists(folder + "/healed")
        if not healed:
            with open(folder + "/queries", "a") as log: log.write("q")
            if trouble == "silence": continue
        end = question.index(b"\\0", 12) + 5
        kind = struct.unpack(">H", question[end - 4:end - 2])[0]
        code = 0 if healed else {"SERVFAIL": 2, "NXDOMAIN": 3}[trouble]
        address = struct.pack(">HHHIH4s", 0xC00C, 1, 1, 60, 4, bytes([127, 0, 0, 1])) if healed and kind == 1 else b""
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 1 if address else 0, 0, 0)
        names.sendto(head + question[12:end] + address, sender)
    """
}
