import ArgumentParser
import Console
import Domain
import Settings

/// Says that a model stays.
struct KeepVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "keep", abstract: "Keeps a fetched model, whatever the quota says.",
    discussion: "What you pulled by hand is never deleted to make room, whether or not it is kept.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "The model's id, organisation/name.") var model: String
  @Option(help: "Only this quantization, such as Q4_K_M.") var quant: String?
  @Flag(help: "It need not stay any longer.") var undo = false

  func validate() throws {
    guard RepoID(model) != nil else { throw ValidationError("\(model) is not the id of a model") }
  }

  func work() async throws -> Domain.ExitCode {
    guard let id = RepoID(model) else { throw InputError.notARepo(model) }
    let loaded = try LoadedSettings(environment: common.environment)
    let voice = Voice(common)
    let work = KeepWork(model: id, quantization: quant, undo: undo)
    return try await Handover(loaded.places, common).perform(
      .keep(model: model, quantization: quant, undo: undo)
    ) { try work.perform(try Shelf(loaded), voice) }
  }
}
