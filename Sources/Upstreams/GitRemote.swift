import Domain
import Subprocess

/// Asks remote git repositories what they point to, with `git ls-remote` in a child process.
///
/// git is asked and not an API of a forge, so that any repository can be watched. Its child gets a bare environment: no
/// prompt for passwords, no configuration of the person or the system (an `insteadOf` there would ask somewhere else than
/// the address says), no other protocol than the address's own, also behind redirects.
public struct GitRemote: Sendable {
  /// The most bytes of a listing that are read.
  static let outputLimit = 8 << 20
  /// The most bytes of complaints that are read.
  private static let errorLimit = 64 << 10
  /// KiB of address space for git and each of its helpers: a server may list refs for ever.
  private static let memoryLimit = 4 << 20

  /// Variables that the child may see: where programs and trust lie, and the way to the network.
  static let passedOn: Set<String> = [
    "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    "https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
  ]

  private let environment: [String: String]
  private let timeLimit: Duration

  /// - Parameters:
  ///   - environment: the process's own; only a few variables of it are passed on.
  ///   - timeLimit: after which git and its helpers are killed.
  public init(environment: [String: String], timeLimit: Duration = .seconds(60)) {
    self.environment = environment.filter { Self.passedOn.contains($0.key) }
    self.timeLimit = timeLimit
  }

  /// What a repository points to, and how many lines of its listing had to be left out.
  ///
  /// One listing, so that branch and tags are of one moment.
  ///
  /// - Throws: `UpstreamError`; `CancellationError` when the task was cancelled, after git was killed.
  public func refs(of address: RemoteAddress) async throws -> (refs: RemoteRefs, skipped: Int) {
    let timeLimit = timeLimit
    let outcome = await withTaskGroup(of: Outcome.self) { group in
      group.addTask { await runGit(address) }
      group.addTask {
        do {
          try await Task.sleep(for: timeLimit)
          return .timedOut
        } catch {
          return .cancelled
        }
      }
      let first = await group.next() ?? .cancelled
      // Cancelling the other task kills git, whose end is then waited for.
      group.cancelAll()
      return first
    }
    try Task.checkCancellation()
    switch outcome {
    case .ended(let status, let output, let complaints): return try result(address, status, output, complaints)
    case .timedOut: throw UpstreamError(.timedOut(seconds: timeLimit.components.seconds), address)
    case .tooMuch: throw UpstreamError(.tooMuch, address)
    case .notStarted(let reason): throw UpstreamError(.notStarted(reason), address)
    case .cancelled: throw CancellationError()
    }
  }

  private enum Outcome: Sendable {
    case ended(TerminationStatus, [UInt8], String)
    case timedOut
    case tooMuch
    case cancelled
    case notStarted(String)
  }

  private func runGit(_ address: RemoteAddress) async -> Outcome {
    // The shell sets the limit and becomes git; no word of the address is ever part of its script.
    let arguments: [String] = [
      "-c", "ulimit -v \(Self.memoryLimit); exec git \"$@\"", "git", "ls-remote", "--quiet", "--symref", "--",
      address.description, "HEAD", "refs/tags/*",
    ]
    var options = PlatformOptions()
    // A session of its own has no terminal to prompt on, and its helpers can be killed with it.
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
    ]
    do {
      let result = try await run(
        .path("/bin/sh"), arguments: Arguments(arguments),
        environment: .custom(variables(address).reduce(into: [:]) { $0[.init(stringLiteral: $1.key)] = $1.value }),
        workingDirectory: "/", platformOptions: options, output: .bytes(limit: Self.outputLimit),
        error: .string(limit: Self.errorLimit))
      return .ended(result.terminationStatus, result.standardOutput, result.standardError)
    } catch is CancellationError {
      return .cancelled
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      return .tooMuch
    } catch {
      return Task.isCancelled ? .cancelled : .notStarted("\(error)")
    }
  }

  /// The child's whole environment. Meanings: `git help git`.
  func variables(_ address: RemoteAddress) -> [String: String] {
    let own = [
      "LC_ALL": "C",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
      // No repository around the working directory either.
      "GIT_DIR": "/dev/null",
      "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/true", "SSH_ASKPASS": "/bin/true",
      "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=15", "GIT_SSH_VARIANT": "ssh",
      "GIT_ALLOW_PROTOCOL": address.transport.rawValue,
      // A child that outlives us ends by itself when its server falls silent.
      "GIT_HTTP_LOW_SPEED_LIMIT": "100", "GIT_HTTP_LOW_SPEED_TIME": "60",
    ]
    return environment.merging(own) { $1 }
  }

  private func result(
    _ address: RemoteAddress, _ status: TerminationStatus, _ output: [UInt8], _ complaints: String
  ) throws(UpstreamError) -> (refs: RemoteRefs, skipped: Int) {
    switch status {
    case .exited(0):
      let listing = RefListing(output)
      guard !listing.refs.isEmpty || listing.skipped == 0 else { throw UpstreamError(.unreadable, address) }
      return (listing.refs, listing.skipped)
    // What a shell says of a program that is not there.
    case .exited(127): throw UpstreamError(.gitMissing, address)
    case .exited(let code):
      throw UpstreamError(.refused(Self.reason(complaints) ?? "git ended with code \(code)"), address)
    case .signaled(let signal): throw UpstreamError(.refused("git was stopped by signal \(signal)"), address)
    }
  }

  /// git's own reason, on one line: the first `fatal:` or the last line, without what stands before an `@` in addresses.
  static func reason(_ complaints: String) -> String? {
    let lines = complaints.split(whereSeparator: \.isNewline).map(String.init)
    guard let line = lines.first(where: { $0.hasPrefix("fatal: ") }) ?? lines.last else { return nil }
    let text = line.hasPrefix("fatal: ") ? String(line.dropFirst(7)) : line
    // Whoever reads the reason knows the address already.
    let cause = text.replacing(#/^unable to access '[^']*': /#, with: "")
    let plain = cause.replacing(/:\/\/[^\/@\s]*@/, with: "://")
    return plain.isEmpty ? nil : String(plain.prefix(200))
  }
}
