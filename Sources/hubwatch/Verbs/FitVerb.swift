import ArgumentParser
import Catalog
import Console
import Domain
import Fit
import Foundation
import ModelFiles
import Settings
import Watch

/// What fits?
struct FitVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Says what fits a card: the whole catalog, single models, or GGUF files.",
    discussion: """
      Without --vram, --gpu, a configured card or a detected one, cards of 8, 12, 24 and 48 GiB stand side by side.
      A model fits when its need and a margin are no more than what is free. Memory is in GiB (2^30).
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "Ids of models or GGUF files; none for the whole catalog.") var models: [String] = []
  @Option(help: "A card with so many GiB and nothing else on it.") var vram: Double?
  @Option(help: "A card by name, such as \"RTX 3080 12GB\".") var gpu: String?
  @Option(name: .customLong("ctx"), help: "Context length in tokens.") var context: Int?
  @Option(help: "Type of the KV cache: f16, q8_0 or q4_0.") var kv: String?
  @Option(help: "Physical batch in tokens.") var batch: Int?
  @Flag(name: .customLong("flash-attention"), inversion: .prefixedNo, help: "Whether the engine fuses attention.")
  var flashAttention: Bool?
  @Option(help: "Only this quantization.") var quant: String?
  @Flag(help: "Every quantization instead of the best of each model.") var all = false
  @Flag(help: "One JSON document.") var json = false
  @Flag(help: "Comma-separated values.") var csv = false
  @Flag(help: "A Markdown table.") var markdown = false

  func validate() throws {
    if vram != nil, gpu != nil { throw ValidationError("--vram and --gpu exclude each other") }
    if let vram, !(vram > 0 && vram <= 100_000) { throw ValidationError("--vram takes GiB above 0") }
    if let context, !(1...16_777_216).contains(context) { throw ValidationError("--ctx takes 1 to 16777216") }
    if let batch, !(1...65_536).contains(batch) { throw ValidationError("--batch takes 1 to 65536") }
    if let kv, KVCacheType(rawValue: kv) == nil { throw ValidationError("--kv takes f16, q8_0 or q4_0") }
    if let quant, Quantization(quant) == nil { throw ValidationError("\(quant) is not a quantization") }
    if [json, csv, markdown].filter({ $0 }).count > 1 {
      throw ValidationError("--json, --csv and --markdown exclude each other")
    }
  }

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let devices = try await devices(loaded.settings.device)
    var request = DeviceChoice.request(loaded.settings.device)
    if let context { request.context = context }
    if let kv = kv.flatMap(KVCacheType.init(rawValue:)) { request.kvType = kv }
    if let batch { request.batch = batch }
    if let flashAttention { request.flashAttention = flashAttention }
    let subjects = models.isEmpty ? try catalogSubjects(loaded) : try await namedSubjects(loaded)
    let wanted = quant.flatMap { Quantization($0) }
    let rows = subjects.map { FitRow(subject: $0, devices: devices, request: request, only: wanted) }
      .filter { !$0.candidates.isEmpty }
    let output = FitOutput(rows: rows, devices: devices, request: request, showsAll: all || wanted != nil)
    if json {
      common.print(try output.json())
    } else if csv {
      common.print(output.csv())
    } else if markdown {
      common.print(output.markdown())
    } else {
      common.print(output.text(common.terminal))
    }
    return .done
  }

  private func devices(_ settings: Settings.Device) async throws -> [Device] {
    if let vram { return [.card(gibibytes: vram)] }
    if let gpu { return [try DeviceChoice.card(named: gpu)] }
    let configured = try await DeviceChoice.device(settings)
    return configured.source == .mainMemory ? [8, 12, 24, 48].map { .card(gibibytes: $0) } : [configured]
  }

  private func catalogSubjects(_ loaded: LoadedSettings) throws -> [FitSubject] {
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else { return [] }
    return try catalog.repos(in: [.sized]).compactMap { try FitSubject(catalog: catalog, repo: $0) }
  }

  private func namedSubjects(_ loaded: LoadedSettings) async throws -> [FitSubject] {
    var subjects: [FitSubject] = []
    var unknown: [RepoID] = []
    for name in models {
      if FileManager.default.fileExists(atPath: name) {
        subjects.append(try FitSubject(file: name))
      } else if let id = RepoID(name) {
        if let known = try knownSubject(id, loaded) { subjects.append(known) } else { unknown.append(id) }
      } else {
        throw InputError.noSuchFile(name)
      }
    }
    guard !unknown.isEmpty else { return subjects }
    let narrator = Narrator(terminal: common.errorTerminal)
    let asked = unknown
    return subjects
      + (try await House.open(loaded, observe: narrator.observer) { house in
        var found: [FitSubject] = []
        for id in asked {
          let repo = try await house.street.describe(id)
          guard let subject = try FitSubject(catalog: house.catalog, repo: repo) else {
            throw ChoiceError(
              problem: "the need of \(id) cannot be told: \(repo.reason ?? repo.state.rawValue)", advice: nil)
          }
          found.append(subject)
        }
        return found
      })
  }

  private func knownSubject(_ id: RepoID, _ loaded: LoadedSettings) throws -> FitSubject? {
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else { return nil }
    return try catalog.repo(id).flatMap { try FitSubject(catalog: catalog, repo: $0) }
  }
}
