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
    let shelf = try Shelf(try LoadedSettings(environment: common.environment))
    for copy in try shelf.copies(id, quantization: quant, in: Shelf.complete + [.wanted, .downloading, .waiting]) {
      try shelf.catalog.setKept(copy: copy.id, !undo)
      let words = undo ? "may go when room is needed" : "stays"
      try common.print("\(ForeignText.safe("\(copy.repo) \(copy.quantization)")) \(words)")
    }
    return .done
  }
}
