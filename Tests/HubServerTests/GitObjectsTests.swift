import Domain
import Foundation
import Testing

@testable import HubServer

@Suite("Names of git objects")
struct GitObjectsTests {
  /// Recorded from the hub: google-bert/bert-base-uncased, flax_model.msgpack and pytorch_model.bin.
  @Test(
    "pointers of recorded files have the recorded oid and size",
    arguments: [
      (
        "ea201fabe466ef7182f1f687fb5be4b62a73d3a78883f11264ff7f682cdb54bf", 438_064_459,
        "5dfe9adac0748dcecbb14ab068f6a9406d7348da"
      ),
      (
        "097417381d6c7230bd9e3557456d726de6e83245ec8b24f529f60198a67b203a", 440_473_133,
        "ba5d19791be1dd7992e33bd61f20207b0f7f50a5"
      ),
    ] as [(String, Int64, String)])
  func pointers(sha256: String, size: Int64, oid: String) {
    let pointer = GitObjects.lfsPointer(sha256: sha256, size: size)
    #expect(pointer.count == 134)
    #expect(GitObjects.blob(pointer) == oid)
  }

  @Test("trees and commits are those that git itself makes")
  func againstGit() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    let files = ["a": "1", "a.txt": "2", "a/b/c": "3", "a-b": "", "Z": "5", "a0/x": "6", "ü/é": "7"].filter {
      $0.key != "a"  // A file and a folder cannot share a name.
    }
    var blobs: [RepoPath: String] = [:]
    for (name, text) in files {
      try folder.write(name, text)
      blobs[try #require(RepoPath(name))] = GitObjects.blob(Array(text.utf8))
    }
    let trees = GitObjects.trees(blobs: blobs)
    let root = try #require(trees[""])
    let commit = GitObjects.commit(tree: root, seconds: 1_700_000_000, title: RepoContent.title)

    let script = """
      set -e; cd '\(folder.path)'; git init -q .; git config core.autocrlf false; git add -A .
      git write-tree; git rev-parse "$(git write-tree):a/b"
      export GIT_AUTHOR_NAME='hubwatch practice hub' GIT_AUTHOR_EMAIL=hub@localhost GIT_AUTHOR_DATE='1700000000 +0000'
      export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL=hub@localhost
      export GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
      git commit-tree -m '\(RepoContent.title)' "$(git write-tree)"
      """
    let (status, output) = try Subprocess.run("/bin/sh", ["-c", script])
    #expect(status == 0, "\(output)")
    #expect(output.split(separator: "\n").map(String.init) == [root, trees["a/b"], commit])
  }
}

/// Runs a program to its end.
enum Subprocess {
  /// The exit status and what it wrote to both streams; the program is ended after `seconds`.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], seconds: Double = 60
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let identifier = process.processIdentifier
    let watchdog = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: watchdog)
    let output = (try pipe.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    watchdog.cancel()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
