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
    if let limit = limitRate.flatMap(Quantity.size) { loaded.settings.downloads.limit = BandwidthTimetable(limit) }
    guard let id = RepoID(model) else { throw InputError.notARepo(model) }
    let narrator = Narrator(terminal: common.errorTerminal)
    let (wish, settled) = (Wish(self), loaded)
    do {
      return try await StopSignal.cancelling {
        try await House.open(settled, observe: narrator.observer) { try await wish.fulfil(id, $0) }
      }
    } catch is CancellationError {
      common.note("hubwatch: stopped; what has arrived is kept, and the same command goes on")
      return .failed
    }
  }

  /// The command line's words, for a task of its own.
  private struct Wish: Sendable {
    let common: CommonOptions
    let quantization: Quantization?
    let file: RepoPath?
    let revision: String?
    let folder: String?
    let isDry: Bool
    let allowsPickle: Bool

    init(_ verb: PullVerb) {
      common = verb.common
      quantization = verb.quant == "auto" ? nil : Quantization(verb.quant)
      file = verb.file.flatMap(RepoPath.init)
      revision = verb.revision
      folder = verb.to.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
      isDry = verb.dryRun
      allowsPickle = verb.allowPickle
    }

    func fulfil(_ id: RepoID, _ house: House) async throws -> Domain.ExitCode {
      DeviceNote.say(house.device, common)
      let choice = try await house.street.choose(
        id, revision: revision, quantization: quantization, file: file, allowsPickle: allowsPickle)
      if choice.repo != id { common.note("\(id) is best taken from \(choice.repo)") }
      if isDry {
        try common.print(PullVerb.summary(choice))
        return .done
      }
      let copy = try house.catalog.want(
        repo: choice.repo, commit: choice.commit, quantization: choice.label, files: choice.files, folder: folder,
        byHand: true, at: .now)
      let path = try await house.street.pull(copy)
      try common.print(path)
      guard choice.files.contains(where: \.isPickle) else { return .done }
      return try await PickleNote.say(path, common)
    }
  }

  fileprivate static func summary(_ choice: Choice) -> String {
    var lines = ["\(choice.repo) \(choice.label) at \(choice.commit.short): \(ByteCount(choice.bytes).asDisk)"]
    for file in choice.files {
      lines.append("  \(ForeignText.safe(file.path.description))  \(ByteCount(file.size).asDisk)")
    }
    if let estimate = choice.estimate {
      lines.append("  needs \((estimate.total + estimate.margin).asMemory): \(VerdictWords.of(estimate))")
    }
    return lines.joined(separator: "\n")
  }
}
