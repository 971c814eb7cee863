import Foundation

/// A bare git repository of one test, as a remote to be watched.
///
/// Commits are made by git; refs are written as the files that git reads, so that a test can have a thousand of them.
public final class GitRepo: Sendable {
  /// Its folder, which is also its address.
  public let path: String
  private let folder: TemporaryFolder

  /// git did not do what a test needs.
  public struct Failure: Error {
    /// What it said.
    public let text: String
  }

  /// A repository without commits, whose default branch is `main`.
  public init(name: String = "tool.git", objectFormat: String = "sha1") async throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/\(name)"
    _ = try await git("init --quiet --bare --initial-branch=main --object-format=\(objectFormat) '\(path)'")
  }

  private func git(_ line: String) async throws -> String {
    let person = "-c user.name=a -c user.email=a"
    let outcome = try await Program(path: "/bin/bash").run(
      ["-c", "git \(person) \(line)"],
      environment: [
        "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        // The same message makes the same commit, whenever a test runs.
        "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000",
      ])
    guard outcome.status == 0 else { throw Failure(text: outcome.error) }
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Makes a commit without files that nothing points to yet; another message makes another commit.
  public func commit(_ message: String) async throws -> String {
    let tree = try await git("-C '\(path)' hash-object -t tree -w /dev/null")
    return try await git("-C '\(path)' commit-tree -m '\(message)' \(tree)")
  }

  /// Makes an annotated tag; the result is its own object.
  public func annotate(_ tag: String, _ commit: String) async throws -> String {
    _ = try await git("-C '\(path)' tag -a -m x '\(tag)' \(commit)")
    return try await git("-C '\(path)' rev-parse 'refs/tags/\(tag)'")
  }

  /// Lets a ref such as `refs/tags/v1` name an object.
  public func set(_ ref: String, _ object: String) throws {
    let file = URL(fileURLWithPath: "\(path)/\(ref)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("\(object)\n".utf8).write(to: file)
  }

  /// Lets many tags name one object.
  public func setPacked(_ tags: [String], _ object: String) throws {
    let lines = tags.sorted().map { "\(object) refs/tags/\($0)\n" }
    try Data("# pack-refs with: peeled fully-peeled sorted \n\(lines.joined())".utf8)
      .write(to: URL(fileURLWithPath: "\(path)/packed-refs"))
  }

  /// Deletes a ref that `set` has written.
  public func remove(_ ref: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(ref)") }

  /// Deletes the whole repository.
  public func destroy() throws { try FileManager.default.removeItem(atPath: path) }
}
