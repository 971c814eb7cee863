import Foundation
import TestSupport
import Testing

/// The watch over tools, as its user runs it: the built program, a practice hub and real git repositories.
@Suite("Tools on the street")
struct ToolsTests {
  private func configuration(_ repositories: [String]) -> String {
    let list = repositories.map { "\"\($0)\"" }.joined(separator: ", ")
    return "\(HouseProgram.card)\n[tools]\nrepositories = [\(list)]\n"
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func tools(_ house: PracticeHouse, _ arguments: String...) async throws -> [[String: Any]] {
    let outcome = try await house.program.run(["tools", "--json"] + arguments)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let document = try json(outcome.output)
    #expect(document["schema"] as? String == "hubwatch.tools/1" && document["enabled"] as? Bool == true)
    return try #require(document["tools"] as? [[String: Any]])
  }

  @Test func fromTheFirstLookToTheDigest() async throws {
    let repo = try await GitRepo(name: "engine.git")
    let (one, two) = (try await repo.commit("one"), try await repo.commit("two"))
    try repo.set("refs/heads/main", one)
    try repo.set("refs/tags/b1", one)
    let house = try await PracticeHouse(configuration: configuration([repo.path]))
    // Nothing is known before the first look.
    #expect(try await tools(house)[0]["head"] is NSNull)
    let poll = try await house.program.run("poll")
    #expect(poll.code == 0 && poll.errors.contains("engine: watched from now on, at b1"), "\(poll.errors)")
    #expect(try await house.program.run("digest").output.contains("· Watched from now on:  engine (b1)"))
    #expect(try await house.program.run("digest", "--mark-read").code == 0)

    try repo.set("refs/heads/main", two)
    try repo.set("refs/tags/b2", two)
    try repo.set("refs/tags/b10", two)
    // A cycle within the interval asks nobody; a person may.
    #expect(try await house.program.run("run").errors.contains("engine") == false)
    let row = try await tools(house, "--check")[0]
    #expect(row["name"] as? String == "engine" && row["newestTag"] as? String == "b10" && row["tags"] as? Int == 3)
    #expect(row["head"] as? String == two && row["branch"] as? String == "main" && row["trouble"] is NSNull)

    let digest = try await house.program.run("digest")
    let step = "\(one.prefix(7)) → \(two.prefix(7))"
    #expect(
      digest.output.contains("New versions of your tools\n· engine  b10 (2 new tags) · \(step)"), "\(digest.output)")
    let story = try json(try await house.program.run("digest", "--json").output)
    let entries = try #require(story["tools"] as? [[String: Any]])
    #expect(entries.map { $0["kind"] as? String } == ["tag", "commit"])
    #expect(entries[0]["newTags"] as? Int == 2 && entries[0]["tag"] as? String == "b10")
    let table = try await house.program.run("tools")
    #expect(table.code == 0 && table.output.contains("engine") && table.output.contains("b10"))
    await house.stop()
  }

  @Test func aRepositoryThatIsGoneDoesNotFailTheCycle() async throws {
    let repo = try await GitRepo(name: "engine.git")
    try repo.set("refs/heads/main", try await repo.commit("one"))
    let house = try await PracticeHouse(configuration: configuration([repo.path, "/nonexistent/x.git"]))
    let run = try await house.program.run("run")
    #expect(run.code == 0 && run.errors.contains("x: '/nonexistent/x.git' does not appear"), "\(run.errors)")
    #expect(try json(try await house.program.run("digest", "--json").output)["gaps"] as? [String] == [])
    try repo.destroy()
    // Now not one answers.
    let check = try await house.program.run("tools", "--check")
    #expect(
      check.code == 1 && check.errors.contains("not one of your 2 tools answers: "), "\(check.errors)")
    #expect(check.output.contains("'/nonexistent/x.git' does not"))
    await house.stop()
  }

  @Test func withoutGitTheDigestSaysSo() async throws {
    let house = try await PracticeHouse(configuration: configuration(["/nonexistent/x.git"]))
    var program = house.program
    program.environment["PATH"] = "/nonexistent"
    let run = try await program.run("run")
    #expect(run.code == 0, "\(run.errors)")
    let digest = try await program.run("digest")
    #expect(digest.output.contains("Trouble: your tools are not watched: git is not installed"), "\(digest.output)")
    await house.stop()
  }

  @Test func aHubThatIsDownDoesNotKeepToolsFromBeingAsked() async throws {
    let repo = try await GitRepo(name: "engine.git")
    try repo.set("refs/heads/main", try await repo.commit("one"))
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9", configuration: configuration([repo.path]))
    for verb in ["run", "poll"] {
      let outcome = try await program.run(verb)
      #expect(outcome.code == 69, "\(outcome.errors)")
    }
    #expect(try await program.run("digest").output.contains("Watched from now on:  engine"))
  }

  @Test func whatIsSwitchedOffOrWrongIsRefused() async throws {
    let off = try HouseProgram(endpoint: "http://127.0.0.1:9")
    #expect(try await off.run("tools").code == 0)
    let check = try await off.run("tools", "--check")
    #expect(check.code == 78 && check.errors.contains("tools.enabled is false"), "\(check.errors)")
    let evil = try HouseProgram(
      endpoint: "http://127.0.0.1:9", configuration: configuration(["https://me:hunter2@example.org/x"]))
    let refused = try await evil.run("tools", "--check")
    #expect(refused.code == 78 && refused.errors.contains("tools.repositories"), "\(refused.errors)")
    #expect(!refused.errors.contains("hunter2"))
  }

  @Test func aKilledCheckKeepsWhatHadAnswered() async throws {
    let repo = try await GitRepo(name: "engine.git")
    let commit = try await repo.commit("one")
    try repo.set("refs/heads/main", commit)
    try repo.set("refs/tags/b1", commit)
    let house = try await PracticeHouse(configuration: configuration([repo.path, "/srv/slow"]))
    // A git that is slow with one repository; it ends by itself when nobody waits for it any more.
    let slow = "\(house.folder.path)/git"
    try Data("#!/bin/sh\ncase \"$*\" in */srv/slow*) exec sleep 20;; *) exec /usr/bin/git \"$@\";; esac\n".utf8)
      .write(to: URL(fileURLWithPath: slow))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: slow)
    var program = house.program
    program.environment["PATH"] = "\(house.folder.path):/usr/bin:/bin"
    let killed = try await program.run(["tools", "--check"]) {
      while try await house.program.run("tools", "--json").output.contains("\"newestTag\" : \"b1\"") == false {
        try await Task.sleep(for: .milliseconds(20))
      }
      return SIGKILL
    }
    #expect(killed.code == nil)
    let rows = try await tools(house, "--check")
    #expect(rows.map { $0["failures"] as? Int } == [0, 1] && rows[0]["head"] as? String == commit)
    #expect(try await house.program.run("digest").output.contains("· Watched from now on:  engine (b1)"))
    await house.stop()
  }

  @Test func twoAtOnceAreRefused() async throws {
    let house = try await PracticeHouse(configuration: configuration([]))
    let outcome = try await house.shell(
      "mkdir -p \"$HUBWATCH_STATE\"; exec flock \"$HUBWATCH_STATE/lock\" \"$0\" tools --check")
    #expect(outcome.code == 75, "\(outcome.errors)")
    await house.stop()
  }
}
