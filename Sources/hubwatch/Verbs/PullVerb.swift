import ArgumentParser
import Console
import Domain
import Foundation
import Settings
import Watch

/// Fetches one model into the Hugging Face cache.
struct PullVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Downloads a model, resumable and verified, into the Hugging Face cache.",
    discussion: """
      `--quant auto` takes the quantization with the most bits a weight that fits the configured card at the
      configured context; float weights only when nothing else is offered, and at equal size an importance matrix
      and K-quantizations go first. A model without GGUF files is taken from the best source of its family. Prints
      the file's path. A file that is a pickle is scanned, never loaded.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The model's id, organisation/name.") var model: String
  @Option(help: "A quantization such as Q4_K_M, or auto.") var quant = "auto"
  @Option(help: "Exactly this file of the repository.") var file: String?
  @Option(help: "A branch, tag or commit.") var revision: String?
  @Option(name: .customLong("limit-rate"), help: "Bytes a second, such as 20M.") var limitRate: String?
  @Option(help: "A folder to put the files in under their own names, instead of the cache.") var to: String?
  @Flag(
    name: .customLong("allow-pickle"),
    help: "Let --file name a pickle (.bin, .pt, .ckpt): loading one runs whatever code its author put in.")
  var allowPickle = false
  @Flag(name: .customLong("dry-run"), help: "Say what would be fetched, and fetch nothing.") var dryRun = false

  func validate() throws {
    guard RepoID(model) != nil else { throw ValidationError("\(model) is not the id of a model") }
    if quant != "auto", Quantization(quant) == nil { throw ValidationError("\(quant) is not a quantization") }
    if let file, RepoPath(file) == nil { throw ValidationError("\(file) is not a path in a repository") }
    if file != nil, quant != "auto" { throw ValidationError("--file and --quant exclude each other") }
    if let limitRate, Quantity.size(limitRate) == nil {
      throw ValidationError("--limit-rate takes a size such as 20M")
    }
    if let to, to.isEmpty { throw ValidationError("--to takes a folder") }
    if allowPickle, file == nil { throw ValidationError("--allow-pickle needs --file") }
  }

  func work() async throws -> Domain.ExitCode {
    var loaded = try LoadedSettings(environment: common.environment)
    var wish = PullWish(model: model)
    wish.quantization = quant == "auto" ? nil : quant
    (wish.file, wish.revision, wish.limitRate) = (file, revision, limitRate)
    wish.folder = to.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    (wish.allowsPickle, wish.isDry) = (allowPickle, dryRun)
    let work = try PullWork(wish)
    if let limit = work.limit { loaded.settings.downloads.limit = limit }
    let (settled, voice) = (loaded, Voice(common))
    let farewell = Handover.Farewell(
      alone: "hubwatch: stopped; what has arrived is kept, and the same command goes on",
      handedOver: "hubwatch: stopped; what has arrived is kept, and the daemon goes on with it in its next cycle. "
        + "`hubwatch drop \(model)` gives it up")
    return try await Handover(loaded.places, common).perform(.pull(wish), farewell) {
      try await House.open(settled, observe: voice.observer) { try await work.perform($0, voice) }
    }
  }
}
