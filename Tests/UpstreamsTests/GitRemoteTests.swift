import Domain
import Foundation
import Glibc
import LoopbackServer
import TestSupport
import Testing

@testable import Upstreams

@Suite("Asking with git")
struct GitRemoteTests {
  private let environment = ["PATH": "/usr/bin:/bin"]

  private func failure(_ remote: GitRemote, _ address: String) async throws -> UpstreamError? {
    let address = try RemoteAddress(address)
    do {
      _ = try await remote.refs(of: address)
      return nil
    } catch let error as UpstreamError {
      return error
    }
  }

  @Test(arguments: ["sha1", "sha256"])
  func branchAndTags(_ format: String) async throws {
    let repo = try await GitRepo(objectFormat: format)
    let remote = GitRemote(environment: environment)
    #expect(try await remote.refs(of: RemoteAddress(repo.path)).refs.isEmpty)
    let commit = try await repo.commit("one")
    try repo.set("refs/heads/main", commit)
    let tag = try await repo.annotate("v1.0", commit)
    let answer = try await remote.refs(of: RemoteAddress("file://\(repo.path)"))
    #expect(answer.skipped == 0)
    #expect(
      answer.refs
        == RemoteRefs(head: GitObjectID(commit), branch: "main", tags: ["v1.0": try #require(GitObjectID(tag))]))
  }

  @Test func aThousandTags() async throws {
    let repo = try await GitRepo()
    try repo.setPacked((0..<1000).map { "b\($0)" }, try await repo.commit("one"))
    let refs = try await GitRemote(environment: environment).refs(of: RemoteAddress(repo.path)).refs
    #expect(refs.tags.count == 1000 && refs.newestTag == "b999")
  }

  @Test func aRepositoryThatIsNotThere() async throws {
    let error = try await failure(GitRemote(environment: environment), "/nonexistent/x.git")
    #expect(error?.kind == .refused("'/nonexistent/x.git' does not appear to be a git repository"))
  }

  @Test func withoutGitItSaysSo() async throws {
    let error = try await failure(GitRemote(environment: ["PATH": "/nonexistent"]), "/nonexistent/x.git")
    #expect(error?.kind == .gitMissing && error?.advice != nil)
  }

  @Test func aServerThatNeverAnswersIsGivenUp() async throws {
    let server = LoopbackServer { _ in [.hold] }
    let remote = GitRemote(environment: environment, timeLimit: .milliseconds(300))
    for scheme in ["git", "http"] {
      let error = try await failure(remote, "\(scheme)://127.0.0.1:\(server.port)/x")
      #expect(error?.kind == .timedOut(seconds: 0))
    }
  }

  @Test func aCancelledTaskEnds() async throws {
    let server = LoopbackServer { _ in [.hold] }
    let remote = GitRemote(environment: environment)
    let address = try RemoteAddress("http://127.0.0.1:\(server.port)/x")
    let task = Task { try await remote.refs(of: address) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func aRedirectToAnotherProtocolIsNotFollowed() async throws {
    let repo = try await GitRepo()
    let server = LoopbackServer { _ in
      [.send(Array("HTTP/1.1 302 Found\r\nLocation: file://\(repo.path)\r\nContent-Length: 0\r\n\r\n".utf8)), .close]
    }
    let error = try await failure(GitRemote(environment: environment), "http://127.0.0.1:\(server.port)/x")
    guard case .refused = error?.kind else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// A git of our own that does what a hostile one could be brought to.
  private func impostor(
    _ script: String, timeLimit: Duration = .seconds(60)
  ) throws -> (folder: TemporaryFolder, remote: GitRemote) {
    let folder = try TemporaryFolder()
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/git"))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder.path)/git")
    let remote = GitRemote(
      environment: ["PATH": "\(folder.path):/usr/bin:/bin", "SECRET": "x", "HOME": "/h"], timeLimit: timeLimit)
    return (folder, remote)
  }

  @Test func anEndlessListingIsCutOff() async throws {
    let line = String(repeating: "a", count: 40) + "\\trefs/tags/v"
    let (folder, remote) = try impostor("exec yes \"$(printf '\(line)')\"")
    #expect(try await failure(remote, "/x")?.kind == .tooMuch)
    withExtendedLifetime(folder) {}
  }

  @Test func gitsHelpersAreKilledWithIt() async throws {
    let (folder, remote) = try impostor(
      "sleep 1000 & echo $! >\"$(dirname \"$0\")/helper\"; wait", timeLimit: .milliseconds(500))
    #expect(try await failure(remote, "/x")?.kind == .timedOut(seconds: 0))
    let text = try String(contentsOfFile: "\(folder.path)/helper", encoding: .utf8)
    let helper = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // Dead, and either not yet collected by whoever inherited it or gone.
    let status = (try? String(contentsOfFile: "/proc/\(helper)/stat", encoding: .utf8)) ?? ""
    #expect(!status.contains("(sleep) S"), "\(status)")
  }

  @Test func rubbishIsNoListing() async throws {
    let (folder, remote) = try impostor("echo hello")
    #expect(try await failure(remote, "/x")?.kind == .unreadable)
    withExtendedLifetime(folder) {}
  }

  @Test func gitGetsABareEnvironmentAndTheAddressAsAnArgument() async throws {
    let (folder, remote) = try impostor(
      "env >\"$(dirname \"$0\")/env\"; printf '%s\\n' \"$@\" >\"$(dirname \"$0\")/arguments\"")
    #expect(try await failure(remote, "/srv/$(touch x);' x") == nil)
    let arguments = try String(contentsOfFile: "\(folder.path)/arguments", encoding: .utf8)
    #expect(
      arguments.split(separator: "\n")
        == ["ls-remote", "--quiet", "--symref", "--", "/srv/$(touch x);' x", "HEAD", "refs/tags/*"])
    let variables = try String(contentsOfFile: "\(folder.path)/env", encoding: .utf8)
    for variable in [
      "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_ALLOW_PROTOCOL=file",
      "HOME=/h",
    ] {
      #expect(variables.contains("\(variable)\n"))
    }
    #expect(!variables.contains("SECRET"))
  }

  @Test func theReasonIsGitsOwnWithoutWhatAnAddressMayHide() {
    let text = "warning: x\nfatal: cannot use 'https://me:hunter2@h/x' here\nmore\n"
    #expect(GitRemote.reason(text) == "cannot use 'https://h/x' here")
    let refusal = "fatal: unable to access 'https://h/x/': Could not resolve host: h"
    #expect(GitRemote.reason(refusal) == "Could not resolve host: h")
    #expect(GitRemote.reason("just this") == "just this")
    #expect(GitRemote.reason("") == nil)
  }
}
