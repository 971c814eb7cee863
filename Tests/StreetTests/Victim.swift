import Catalog
import Domain
import Foundation
import Glibc
import HubServer
import TestSupport

@testable import Downloads

/// One home in which the program is killed and started again.
struct Victim {
  /// Where on the street a kill struck, told from what it left.
  enum Step: String, CaseIterable {
    case start, poll, headers, download, verification, naming, smoke, end
  }

  let town: Town
  let home: ProgramHome
  let arguments: [String]

  init(_ town: Town, _ arguments: [String]) throws {
    self.town = town
    home = try town.home()
    self.arguments = arguments
  }

  /// Starts the program, and kills it as soon as `isTime` says so.
  ///
  /// - Returns: how it ended; without a status when it was killed.
  func start(killedWhen isTime: () -> Bool) async throws -> Program.Outcome {
    let program = try hubwatch().start(arguments, environment: home.environment)
    while program.isRunning {
      if isTime() {
        program.signal(SIGKILL)
        break
      }
      try await Task.sleep(for: .microseconds(200))
    }
    return await program.outcome()
  }

  /// Starts the program and lets it end by itself.
  func finish() async throws -> Program.Outcome {
    try await hubwatch().run(arguments, environment: home.environment)
  }

  private func entries(_ folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  private var repoFolder: String { "\(home.cache)/models--practice--tiny" }

  /// Bytes of the model that have arrived: of its partial file, or all when the blob has its name.
  var arrived: Int64 {
    if hasBlob { return town.size }
    guard let name = entries(home.partial).first(where: { $0.hasSuffix(".progress") }) else { return 0 }
    return ProgressRecord(path: "\(home.partial)/\(name)")?.arrived.count ?? 0
  }

  /// Whether the model's blob has its final name.
  var hasBlob: Bool { !entries("\(repoFolder)/blobs").isEmpty }
  /// Whether the model is found by its file name.
  var hasLink: Bool { !entries("\(repoFolder)/snapshots").isEmpty }
  /// Whether the branch is known.
  var hasRef: Bool { !entries("\(repoFolder)/refs").isEmpty }
  /// Whether the database has been made.
  var hasCatalog: Bool { access("\(home.state)/hubwatch.sqlite", F_OK) == 0 }

  /// Where a kill has just struck.
  func step() throws -> Step {
    guard hasCatalog, let catalog = try? Catalog(folder: home.state, readOnly: true) else { return .start }
    guard let id = RepoID(Town.model), let repo = try catalog.repo(id) else { return .poll }
    guard let copy = try catalog.copies(of: id).first else {
      // Of a cycle the last pass over the listing leaves its mark; pull asks for one model only.
      let isListed = try arguments.first == "pull" || catalog.mark("poll.llama.lastModified") != nil
      return isListed || repo.state != .seen ? .headers : .poll
    }
    switch copy.state {
    case .tested: return .end
    case .verified: return arguments.first == "run" ? .smoke : .end
    default:
      if hasBlob { return .naming }
      return arrived == town.size ? .verification : .download
    }
  }
}
