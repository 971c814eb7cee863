import Catalog
import Domain
import Foundation
import HubServer
import TestSupport
import Testing

/// The cache is shared with the official Python client: each finds what the other has fetched.
@Suite(
  "One cache with the Python client",
  .enabled(if: SharedData.python != nil, "needs a Python with huggingface_hub; `make python` fetches it"))
struct PythonCacheTests {
  /// Runs a script; the words after it are its `sys.argv[1:]`.
  private func python(_ script: String, _ words: [String], home: ProgramHome) async throws -> Program.Outcome {
    try await client(["-c", script] + words, home: home)
  }

  /// Runs the `hf` command that lies beside the interpreter.
  private func hf(_ words: [String], home: ProgramHome) async throws -> Program.Outcome {
    let path = try #require(SharedData.python)
    let command = URL(fileURLWithPath: path).deletingLastPathComponent().path + "/hf"
    return try await client([command] + words, home: home)
  }

  private func client(_ words: [String], home: ProgramHome) async throws -> Program.Outcome {
    var environment = home.environment
    environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
    environment["HF_HUB_DISABLE_UPDATE_CHECK"] = "1"
    environment["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    environment["HF_HUB_DISABLE_XET"] = "1"
    environment["NO_COLOR"] = "1"
    return try await Program(path: try #require(SharedData.python)).run(words, environment: environment)
  }

  /// A home in which hubwatch has fetched the model.
  private func pulled(_ town: Town) async throws -> ProgramHome {
    let home = try town.home()
    let outcome = try await hubwatch().run(["pull", Town.model], environment: home.environment)
    try #require(outcome.status == 0, "\(outcome.error)")
    return home
  }

  @Test func whatHubwatchFetchedIsListedWithoutAWarning() async throws {
    try await Town.with { town in
      let home = try await pulled(town)
      let listing = try await hf(["cache", "ls", "--show-warnings", "--json"], home: home)
      #expect(listing.status == 0 && listing.output.contains(Town.model), "\(listing.output)\(listing.error)")
      let scan = """
        import sys, huggingface_hub
        report = huggingface_hub.scan_cache_dir(sys.argv[1])
        for repo in report.repos:
          for revision in repo.revisions:
            names = [file.file_name for file in revision.files]
            print(repo.repo_id, repo.size_on_disk, sorted(revision.refs), names)
        print("warnings", [str(warning) for warning in report.warnings])
        """
      let outcome = try await python(scan, [home.cache], home: home)
      let lines = outcome.output.split(separator: "\n")
      #expect(
        lines == ["\(Town.model) \(town.size) ['main'] ['\(Town.file)']", "warnings []"],
        "\(outcome.output)\(outcome.error)")
    }
  }

  @Test func whatHubwatchFetchedIsFoundWithoutTheHub() async throws {
    try await Town.with { town in
      let home = try await pulled(town)
      await town.server.clearRequests()
      let find = """
        import sys, huggingface_hub
        repo, name = sys.argv[1:]
        print(huggingface_hub.snapshot_download(repo, local_files_only=True))
        print(huggingface_hub.hf_hub_download(repo, name, local_files_only=True))
        """
      let outcome = try await python(find, [Town.model, Town.file], home: home)
      let lines = outcome.output.split(separator: "\n").map(String.init)
      try #require(outcome.status == 0 && lines.count == 2, "\(outcome.output)\(outcome.error)")
      #expect(lines[0].hasPrefix("\(home.cache)/models--practice--tiny/snapshots/"))
      #expect(lines[1] == "\(lines[0])/\(Town.file)")
      #expect(
        FileManager.default.contents(atPath: lines[1]) == FileManager.default.contents(atPath: town.source))
      #expect(await town.server.requests.isEmpty)
    }
  }

  @Test func whatHubwatchFetchedPassesTheClientsOwnCheck() async throws {
    try await Town.with { town in
      let home = try await pulled(town)
      let good = try await hf(["cache", "verify", Town.model, "--fail-on-extra-files"], home: home)
      #expect(good.status == 0, "\(good.output)\(good.error)")
      let blobs = "\(home.cache)/models--practice--tiny/blobs"
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: blobs).first)
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: "\(blobs)/\(name)"))
      try handle.seek(toOffset: 100_000)
      try handle.write(contentsOf: Data("damage".utf8))
      try handle.close()
      #expect(try await hf(["cache", "verify", Town.model], home: home).status != 0, "the check sees damage")
    }
  }

  /// What the client says of the cache, with its warnings.
  private func scan(_ home: ProgramHome) async throws -> String {
    let script = """
      import sys, huggingface_hub
      report = huggingface_hub.scan_cache_dir(sys.argv[1])
      print("repos", sorted(repo.repo_id for repo in report.repos))
      print("warnings", [str(warning) for warning in report.warnings])
      """
    let outcome = try await python(script, [home.cache], home: home)
    #expect(outcome.status == 0, "\(outcome.error)")
    return outcome.output
  }

  @Test func aPartialDownloadIsNeitherSeenNorHarmed() async throws {
    try await Town.with(bytesPerSecond: 60_000) { town in
      let victim = try Victim(town, ["pull", Town.model])
      let home = victim.home
      _ = try await victim.start { victim.arrived > 50_000 }
      let arrived = victim.arrived
      try #require(arrived > 0 && arrived < town.size, "\(arrived) bytes had arrived")
      // The client sees a repository without a snapshot at most, prunes what it wants, and our bytes are still there.
      #expect(try await scan(home).contains("warnings []"))
      let prune = try await hf(["cache", "prune", "-y"], home: home)
      #expect(prune.status == 0, "\(prune.output)\(prune.error)")
      #expect(victim.arrived == arrived)
      await town.server.clearRequests()
      let again = try await hubwatch().run(["pull", Town.model], environment: home.environment)
      #expect(again.status == 0, "\(again.error)")
      #expect(await town.downloads.allSatisfy { $0.range?.hasPrefix("bytes=0-") == false }, "it went on")
      #expect(try await scan(home) == "repos ['\(Town.model)']\nwarnings []\n")
    }
  }

  @Test func afterDropAndGCNothingIsLeftThatTheClientMinds() async throws {
    try await Town.with { town in
      let home = try await pulled(town)
      #expect(try await hubwatch().run(["drop", Town.model], environment: home.environment).status == 0)
      #expect(try await hubwatch().run(["gc"], environment: home.environment).status == 0)
      #expect(try await scan(home) == "repos []\nwarnings []\n")
      let fetch = "import sys, huggingface_hub\nprint(huggingface_hub.hf_hub_download(*sys.argv[1:]))"
      #expect(try await python(fetch, [Town.model, Town.file], home: home).status == 0)
      #expect(try await scan(home) == "repos ['\(Town.model)']\nwarnings []\n")
    }
  }

  @Test func theClientDoesNotFetchAgain() async throws {
    try await Town.with { town in
      let home = try await pulled(town)
      await town.server.clearRequests()
      let fetch = "import sys, huggingface_hub\nprint(huggingface_hub.hf_hub_download(*sys.argv[1:]))"
      let outcome = try await python(fetch, [Town.model, Town.file], home: home)
      #expect(
        outcome.status == 0 && outcome.output.hasPrefix(home.cache), "\(outcome.output)\(outcome.error)")
      #expect(await town.server.requests.contains { $0.port == .hub }, "it did ask the hub")
      #expect(await town.server.requests.allSatisfy { $0.port == .hub }, "and not for the bytes")
    }
  }

  @Test func whatTheClientFetchedIsNotFetchedAgain() async throws {
    try await Town.with { town in
      let home = try town.home()
      let fetch = "import sys, huggingface_hub\nprint(huggingface_hub.hf_hub_download(*sys.argv[1:]))"
      let outcome = try await python(fetch, [Town.model, Town.file], home: home)
      try #require(outcome.status == 0, "\(outcome.output)\(outcome.error)")
      #expect(await town.server.requests.contains { $0.port == .cdn && $0.method == "GET" })
      await town.server.clearRequests()

      let pull = try await hubwatch().run(["pull", Town.model], environment: home.environment)
      #expect(pull.status == 0 && pull.output == outcome.output, "\(pull.output)\(pull.error)")
      #expect(await town.downloads.isEmpty)
      let id = try #require(RepoID(Town.model))
      let copies = try Catalog(folder: home.state, readOnly: true).copies(of: id)
      #expect(copies.map(\.state) == [.verified])
    }
  }
}
