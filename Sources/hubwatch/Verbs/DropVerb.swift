import ArgumentParser
import Console
import Domain
import Downloads
import Foundation
import Settings

/// Deletes a model from the disk.
struct DropVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "drop", abstract: "Deletes a fetched model from the disk.",
    discussion: """
      Only what hubwatch fetched is deleted: files of other programs in the same cache stay, and so does what another
      snapshot of the repository needs. hubwatch does not fetch a dropped model again by itself.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The model's id, organisation/name.") var model: String
  @Option(help: "Only this quantization, such as Q4_K_M.") var quant: String?
  @Flag(name: .customLong("dry-run"), help: "Say what would be deleted, and delete nothing.") var dryRun = false

  func validate() throws {
    guard RepoID(model) != nil else { throw ValidationError("\(model) is not the id of a model") }
  }

  func work() async throws -> Domain.ExitCode {
    guard let id = RepoID(model) else { throw InputError.notARepo(model) }
    let shelf = try Shelf(try LoadedSettings(environment: common.environment), readOnly: dryRun)
    let states: [CopyState] = [
      .wanted, .downloading, .waiting, .blocked, .quarantined, .lost, .verified, .tested,
    ]
    let removal = CopyRemoval(catalog: shelf.catalog, cache: shelf.cache)
    for copy in try shelf.copies(id, quantization: quant, in: states) {
      let finding = try removal.remove(copy, isDry: dryRun, reason: "dropped by hand", at: Date())
      let words = dryRun ? "would free" : "freed"
      try common.print("\(copy.repo) \(copy.quantization): \(words) \(ByteCount(finding.bytes).asDisk)")
      for path in finding.paths { try common.print("  \(ForeignText.safe(path, limit: 4096))") }
      for line in finding.left { common.note("  stays: \(ForeignText.safe(line, limit: 4096))") }
    }
    return .done
  }
}
