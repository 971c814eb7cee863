import Domain
import Foundation
import Subprocess

/// A tool's git repository for the demo, bare and on this disk, with one release and then a second one.
struct DemoTool {
  private let path: String

  /// The repository, with its first release; nil where there is no git, or one that is too old for the demo.
  ///
  /// - Parameter path: a folder that is not there yet.
  init?(path: String) async {
    self.path = path
    guard await git(["init", "--quiet", "--bare", "--initial-branch=main", path]) != nil, await publish("v1.0") else {
      return nil
    }
  }

  /// Publishes a commit and a tag of it; false when git would not.
  func publish(_ version: String) async -> Bool {
    guard let tree = await git(["-C", path, "hash-object", "-t", "tree", "-w", "/dev/null"]),
      let commit = await git(["-C", path, "commit-tree", "-m", version, tree]),
      await git(["-C", path, "update-ref", "refs/heads/main", commit]) != nil
    else { return false }
    return await git(["-C", path, "update-ref", "refs/tags/\(version)", commit]) != nil
  }

  /// What git says, without its line end; nil when it failed.
  private func git(_ arguments: [String]) async -> String? {
    let environment: Environment = .custom([
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
      "GIT_AUTHOR_NAME": "demo", "GIT_AUTHOR_EMAIL": "demo", "GIT_COMMITTER_NAME": "demo",
      "GIT_COMMITTER_EMAIL": "demo",
    ])
    // The demo goes on without a tool when there is no git.
    let result = try? await run(
      .name("git"), arguments: Arguments(arguments), environment: environment, output: .string(limit: 4096),
      error: .discarded)
    guard let result, result.terminationStatus.isSuccess else { return nil }
    return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
