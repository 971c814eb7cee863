import ArgumentParser
import Console
import Domain
import Downloads
import Settings

/// Clears what nothing needs any more.
struct GCVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Deletes partial downloads that nothing waits for, and files that were set aside.",
    discussion: "Only files of hubwatch's own in its folder for partial downloads; models are deleted with drop.")

  @OptionGroup var common: CommonOptions
  @Flag(name: .customLong("dry-run"), help: "Say what would be deleted, and delete nothing.") var dryRun = false
  @Flag(help: "One JSON document.") var json = false

  private struct Document: Encodable {
    struct Row: Encodable {
      let path: String
      let bytes: Int64
      let reason: String
    }
    let schema = "hubwatch.gc/1"
    let dryRun: Bool
    let bytes: Int64
    let files: [Row]
  }

  func work() async throws -> Domain.ExitCode {
    let shelf = try Shelf(try LoadedSettings(environment: common.environment), readOnly: dryRun)
    if !dryRun { try ModelStore(catalog: shelf.catalog, cache: shelf.cache).adopt() }
    let leftovers = try PartialSweep(catalog: shelf.catalog, cache: shelf.cache).sweep(
      isDry: dryRun, takesDamaged: true)
    let bytes = leftovers.reduce(0) { $0 + $1.bytes }
    if json {
      let rows = leftovers.map { Document.Row(path: $0.path, bytes: $0.bytes, reason: $0.reason) }
      try common.print(JSONOutput.document(Document(dryRun: dryRun, bytes: bytes, files: rows)))
      return .done
    }
    for one in leftovers {
      try common.print("\(ForeignText.safe(one.path, limit: 4096))  \(ByteCount(one.bytes).asDisk)  \(one.reason)")
    }
    let words = dryRun ? "would be freed" : "freed"
    try common.print(leftovers.isEmpty ? "nothing to clear" : "\(ByteCount(bytes).asDisk) \(words)")
    return .done
  }
}
