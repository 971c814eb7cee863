import ArgumentParser
import Console
import Domain
import Downloads
import Foundation
import Settings
import Synchronization

/// Reads every model again.
struct ScrubVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "scrub", abstract: "Reads fetched models again and compares them with what they should be.",
    discussion: """
      At idle priority, and resumable: what was read in the last six days is left out. A file that has changed is set
      aside and its model marked as quarantined; one that is gone makes its model lost. 1 when there was such a file.
      """)

  @OptionGroup var common: CommonOptions
  @Flag(help: "Also what was read lately.") var all = false
  @Flag(help: "One JSON document.") var json = false

  private struct Document: Encodable {
    struct Row: Encodable {
      let id: String
      let path: String
      let verdict: String
    }
    let schema = "hubwatch.scrub/1"
    let files: Int
    let bytes: Int64
    let troubles: [Row]
  }

  func work() async throws -> Domain.ExitCode {
    let shelf = try Shelf(try LoadedSettings(environment: common.environment))
    Scrub.beIdle()
    var (files, bytes) = (0, Int64(0))
    var troubles: [Document.Row] = []
    try await Scrub(catalog: shelf.catalog, cache: shelf.cache).run(all: all) { record, verdict in
      files += 1
      bytes += record.part.file.size
      let name = ForeignText.safe("\(record.copy.repo)/\(record.part.file.path)")
      if verdict != .sound {
        troubles.append(.init(id: "\(record.copy.repo)", path: "\(record.part.file.path)", verdict: "\(verdict)"))
      }
      if !json { try common.print("\(verdict)  \(name)  \(ByteCount(record.part.file.size).asDisk)") }
    }
    if json {
      try common.print(JSONOutput.document(Document(files: files, bytes: bytes, troubles: troubles)))
    } else {
      let words = troubles.isEmpty ? "all sound" : "\(troubles.count) not sound"
      try common.print(
        files == 0
          ? "everything was read in the last six days"
          : "\(files) \(files == 1 ? "file" : "files"), \(ByteCount(bytes).asDisk): \(words)"
      )
    }
    return troubles.isEmpty ? .done : .failed
  }
}
