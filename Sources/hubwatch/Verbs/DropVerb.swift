import ArgumentParser
import Console
import Domain
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
    let loaded = try LoadedSettings(environment: common.environment)
    let voice = Voice(common)
    let work = DropWork(model: id, quantization: quant, isDry: dryRun)
    if dryRun { return try work.perform(try Shelf(loaded, readOnly: true), voice) }
    return try await Handover(loaded.places, common).perform(.drop(model: model, quantization: quant)) {
      try work.perform(try Shelf(loaded), voice)
    }
  }
}
