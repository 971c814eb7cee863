import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("hubwatch serve")
struct ServeTests {
  /// What curl and a shell make of a page, while it is served.
  ///
  /// - Parameter line: bash; `$URL` is the printed address, `$PORT` its port, `$JAR` a file for cookies.
  private func looking(
    _ house: PracticeHouse, _ arguments: [String] = [], _ line: String
  ) async throws -> (look: Program.Outcome, served: Program.Outcome) {
    let server = try house.program.program.start(
      ["serve", "--port", "0"] + arguments, environment: house.program.environment)
    defer { server.signal(SIGKILL) }
    var address = ""
    while server.isRunning, address.isEmpty {
      try await Task.sleep(for: .milliseconds(20))
      address = server.outputSoFar.split(separator: "\n").first.map(String.init) ?? ""
    }
    let port = address.firstMatch(of: /:([0-9]+)\//).map { String($0.1) } ?? ""
    var environment = house.program.environment
    environment.merge(["URL": address, "PORT": port, "JAR": "\(house.folder.path)/jar"]) { $1 }
    let look = try await Program(path: "/bin/bash").run(["-c", line], environment: environment)
    server.signal(SIGTERM)
    return (look, await server.outcome())
  }

  private static let hasCurl = FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")

  @Test(.enabled(if: hasCurl, "needs curl")) func itShowsWhatWasPolledAndStopsOnSIGTERM() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    #expect(try await house.program.run("poll").code == 0)
    let (look, served) = try await looking(
      house, [],
      """
      set -e
      curl -sf "$URL" | grep -o 'tiny/llama-GGUF' | head -n 1
      curl -sf "${URL}models/tiny/llama-GGUF" | grep -o '<table class="grid">'
      curl -sf "${URL}metrics" | grep 'hubwatch_models{state="sized"} 1'
      curl -s -o /dev/null -w '%{http_code}\\n' -H 'Host: evil.example' "$URL"
      curl -s -o /dev/null -w '%{http_code}\\n' -X POST "${URL}pause"
      """)
    #expect(
      look.output.split(separator: "\n") == [
        "tiny/llama-GGUF", "<table class=\"grid\">", "hubwatch_models{state=\"sized\"} 1", "421", "405",
      ], "\(look.error)")
    #expect(served.status == 0 && served.output.hasPrefix("http://127.0.0.1:"), "\(served.error)")
    await house.stop()
  }

  @Test(.enabled(if: hasCurl, "needs curl")) func whoHasTheTokenPullsAndDrops() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    #expect(try await house.program.run("poll").code == 0)
    // What a browser does: the address with the token gives a cookie, a view gives the form, and the form goes back with both.
    let (look, served) = try await looking(
      house, ["--token"],
      """
      set -e
      root=http://127.0.0.1:$PORT
      curl -sf -c "$JAR" "$URL"
      form=$(curl -sf -b "$JAR" $root/models/tiny/llama-GGUF | grep -o 'name="form" value="[0-9a-f]*"' | head -n 1 | cut -d'"' -f4)
      post() { curl -s -o /dev/null -w '%{http_code} %{redirect_url}\\n' -b "$JAR" -H "Origin: $root" --data-urlencode "form=$form" "$@"; }
      post --data-urlencode model=tiny/llama-GGUF $root/pull | sed "s/news=.*/news/; s/:$PORT//"
      for _ in $(seq 600); do curl -sf $root/models/tiny/llama-GGUF | grep -q 'snapshots/' && break; sleep 0.1; done
      curl -sf $root/models/tiny/llama-GGUF | grep -o 'snapshots/' | head -n 1
      post --data-urlencode model=tiny/llama-GGUF $root/drop | cut -d' ' -f1
      form=wrong; post --data-urlencode model=tiny/llama-GGUF $root/pull | cut -d' ' -f1
      """)
    #expect(
      look.output.split(separator: "\n") == [
        "303 http://127.0.0.1/models/tiny/llama-GGUF?news", "snapshots/", "303", "403",
      ], "\(look.output) \(look.error)")
    #expect(served.status == 0 && served.output.contains("/?token="), "\(served.error)")
    let copies = try await house.program.run("show", "--json", "tiny/llama-GGUF")
    #expect(copies.output.contains("\"dropped\""), "\(copies.output)")
    await house.stop()
  }

  @Test(.enabled(if: hasCurl, "needs curl")) func aDigestIsMarkedAsReadBesideADaemon() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    #expect(try await house.program.run("poll").code == 0)
    let daemon = try house.program.program.start(["daemon"], environment: house.program.environment)
    defer { daemon.signal(SIGKILL) }
    let socket = "\(house.program.home.state)/control"
    while !FileManager.default.fileExists(atPath: socket) { try await Task.sleep(for: .milliseconds(20)) }
    let (look, _) = try await looking(
      house, ["--token"],
      """
      set -e
      root=http://127.0.0.1:$PORT
      curl -sf -c "$JAR" "$URL"
      page=$(curl -sf -b "$JAR" $root/)
      form=$(grep -o 'name="form" value="[0-9a-f]*"' <<<"$page" | head -n 1 | cut -d'"' -f4)
      until=$(grep -o 'name="until" value="[0-9.]*"' <<<"$page" | cut -d'"' -f4)
      curl -s -L -b "$JAR" -H "Origin: $root" --data-urlencode "form=$form" --data-urlencode "until=$until" $root/read \\
        | grep -o 'Marked as read[^<]*'
      """)
    #expect(look.output == "Marked as read: the next digest begins here\n", "\(look.output) \(look.error)")
    daemon.signal(SIGTERM)
    _ = await daemon.outcome()
    await house.stop()
  }

  @Test func aPortThatIsTakenIsSaidSo() async throws {
    let house = try await PracticeHouse()
    let port = try #require(URL(string: house.endpoint)?.port)
    let outcome = try await house.program.run("serve", "--port", "\(port)")
    #expect(outcome.code == 1 && outcome.output.isEmpty)
    #expect(outcome.errors.contains("the page cannot be served on port \(port)") && outcome.errors.contains("--port"))
    #expect(try await house.program.run("serve", "--port", "70000").code == 64)
    await house.stop()
  }
}
