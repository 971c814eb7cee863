import ArgumentParser
import Console
import Domain
import Settings
import Watch

/// Fetches one model into the Hugging Face cache.
struct PullVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Downloads a model, resumable and verified, into the Hugging Face cache.",
    discussion: """
      `--quant auto` takes the quantization with the most bits a weight that fits the configured card at the
      configured context; float weights only when nothing else is offered. Prints the file's path.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The model's id, organisation/name.") var model: String
  @Option(help: "A quantization such as Q4_K_M, or auto.") var quant = "auto"
  @Option(help: "Exactly this file of the repository.") var file: String?
  @Option(help: "A branch, tag or commit.") var revision: String?
  @Option(name: .customLong("limit-rate"), help: "Bytes a second, such as 20M.") var limitRate: String?
  @Flag(name: .customLong("dry-run"), help: "Say what would be fetched, and fetch nothing.") var dryRun = false

  func validate() throws {
    guard RepoID(model) != nil else { throw ValidationError("\(model) is not the id of a model") }
    if quant != "auto", Quantization(quant) == nil { throw ValidationError("\(quant) is not a quantization") }
    if let file, RepoPath(file) == nil { throw ValidationError("\(file) is not a path in a repository") }
    if file != nil, quant != "auto" { throw ValidationError("--file and --quant exclude each other") }
    if let limitRate, Quantity.size(limitRate) == nil {
      throw ValidationError("--limit-rate takes a size such as 20M")
    }
  }

  func work() async throws -> Domain.ExitCode {
    var loaded = try LoadedSettings(environment: common.environment)
    if let limit = limitRate.flatMap(Quantity.size) { loaded.settings.downloads.limit = limit }
    guard let id = RepoID(model) else { throw InputError.notARepo(model) }
    let narrator = Narrator(terminal: common.errorTerminal)
    return try await House.open(loaded, observe: narrator.observer) { house in
      DeviceNote.say(house.device, common)
      let choice = try await house.street.choose(
        id, revision: revision, quantization: quant == "auto" ? nil : Quantization(quant),
        file: file.flatMap(RepoPath.init))
      if dryRun {
        common.print(Self.summary(choice))
        return .done
      }
      let copy = try house.catalog.want(
        repo: id, commit: choice.commit, quantization: choice.label, files: choice.files, byHand: true, at: .now)
      common.print(try await house.street.pull(copy))
      return .done
    }
  }

  private static func summary(_ choice: Choice) -> String {
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
