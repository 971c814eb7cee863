import Foundation
import HubServer

/// A practice hub and the program that watches it, in a folder of one test.
public final class PracticeHouse: Sendable {
  public let folder: TemporaryFolder
  public let server: HubServer
  /// The program, with a home of its own and the hub's address.
  public let program: HouseProgram
  /// The hub's address.
  public let endpoint: String

  /// Starts a hub; its repositories are added by `addRepo`.
  public init(bytesPerSecond: Int? = nil, configuration: String = HouseProgram.card) async throws {
    folder = try TemporaryFolder()
    let root = "\(folder.path)/hub"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    var options = HubServerOptions()
    options.bytesPerSecond = bytesPerSecond
    options.quotas = .init(api: 1_000_000, resolvers: 1_000_000, pages: 1_000_000)
    server = try HubServer(root: root, options: options)
    endpoint = try await server.start().endpoint.absoluteString
    program = try HouseProgram(endpoint: endpoint, configuration: configuration)
  }

  /// Adds a repository.
  ///
  /// - Parameters:
  ///   - name: `organisation/name`.
  ///   - files: name to content.
  ///   - change: what its sidecar says.
  public func addRepo(
    _ name: String, _ files: [String: [UInt8]], _ change: (inout RepoSidecar) -> Void = { _ in }
  ) throws {
    let place = "\(folder.path)/hub/\(name)"
    for (file, bytes) in files {
      let path = URL(fileURLWithPath: "\(place)/\(file)")
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: path)
    }
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    var sidecar = RepoSidecar()
    sidecar.createdAt = Date(timeIntervalSinceNow: -3600)
    sidecar.lastModified = Date(timeIntervalSinceNow: -1800)
    change(&sidecar)
    try sidecar.write(toRepoFolder: place)
  }

  /// Runs a line of bash in the program's environment; `$0` is the program.
  public func shell(_ line: String) async throws -> HouseProgram.Outcome {
    let outcome = try await Program(path: "/bin/bash")
      .run(["-c", line, program.program.path], environment: program.environment)
    return HouseProgram.Outcome(code: outcome.status, output: outcome.output, errors: outcome.error)
  }

  /// The commit of a repository, as the hub tells it.
  public func commit(of name: String) async throws -> String {
    let outcome = try await shell(
      "/usr/bin/python3 - '\(endpoint)/api/models/\(name)' <<'E'\n" + """
        import json, sys, urllib.request
        print(json.load(urllib.request.urlopen(sys.argv[1]))["sha"])
        E
        """)
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Bytes of bodies that the CDN port has sent for a file.
  public func bytesSent(_ file: String) async -> Int64 {
    await server.requests.filter { $0.port == .cdn && $0.path.hasSuffix(file) }.reduce(0) { $0 + $1.bodyBytes }
  }

  /// Stops the hub.
  public func stop() async { await server.stop() }
}
