import ArgumentParser
import Domain
import Foundation
import Settings

/// Where a fetched model lies.
struct PathVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Prints where a fetched model lies: its file, or its first shard.",
    discussion: "For scripts: llama-cli -m \"$(hubwatch path organisation/name)\". 1 when it was not fetched.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "The model's id, organisation/name.") var model: String
  @Option(help: "Only this quantization, such as Q4_K_M.") var quant: String?
  @Flag(help: "Every copy, not only the newest.") var all = false

  func validate() throws {
    guard RepoID(model) != nil else { throw ValidationError("\(model) is not the id of a model") }
  }

  func work() async throws -> Domain.ExitCode {
    guard let id = RepoID(model) else { throw InputError.notARepo(model) }
    let shelf = try Shelf(try LoadedSettings(environment: common.environment), readOnly: true)
    let paths = try shelf.copies(id, quantization: quant, in: Shelf.complete).map(shelf.cache.path)
      .filter { FileManager.default.fileExists(atPath: $0) }
    guard let newest = paths.first else { throw InputError.notFetched(model) }
    for path in all ? paths : [newest] { try common.print(path) }
    return .done
  }
}
